"""Foreign standards, results of elsewhere, 1+X bundles."""

from datetime import date

import pytest

from keys.errors import Refused
from registry.policy.benefits import benefits
from registry.policy.loading import load_policies
from registry.policy.model import Window
from registry.policy.recognition import Bundle, Recognised, bundle, labour_level, recognise

POLICIES = load_policies()
WINDOW = Window(date(2020, 1, 1), date(2024, 1, 1))
TABLE = [
    Recognised("EX-CNC-3", "Example Board", "6-18-01-01", "3", "440000", WINDOW, "synthetic"),
    Recognised("EX-CNC-3", "Example Board", "6-18-01-01", "4", "441900", WINDOW, "synthetic"),
]


@pytest.mark.parametrize(
    ("region", "on", "level"),
    [
        ("441900", date(2020, 1, 1), "4"),
        ("440100", date(2020, 1, 1), "3"),
        ("441900", date(2023, 12, 31), "4"),
        ("441900", date(2024, 1, 1), None),
        ("441900", date(2019, 12, 31), None),
        ("330100", date(2020, 1, 1), None),
    ],
)
def test_a_foreign_standard_maps_only_while_it_is_recognised(region, on, level):
    found = recognise(POLICIES, TABLE, standard="EX-CNC-3", region=region, on=on)
    assert (found.row.level if found.row else None) == level


def test_recognition_cites_the_rules_that_call_for_it():
    dongguan = recognise(POLICIES, [], standard="EX-CNC-3", region="441900", on=date(2020, 1, 1))
    assert (dongguan.row, [rule.id for rule in dongguan.rules]) == (None, ["DG-03"])
    hohhot = recognise(POLICIES, [], standard="EX-CNC-3", region="150100", on=date(2020, 1, 1))
    assert [rule.id for rule in hohhot.rules] == ["HH-05", "HH-10"]


def test_a_bundle_never_satisfies_a_labour_level():
    asked = {"diploma": "D1", "region": "220100", "on": date(2021, 1, 1)}
    found = bundle(
        POLICIES, certificates=[("X1", "one_plus_x"), ("X2", "one_plus_x"), ("X1", "one_plus_x")], **asked
    )
    assert found == Bundle("D1", ("X1", "X2"))
    with pytest.raises(Refused, match=r"bundle\.kind"):
        bundle(POLICIES, certificates=[("X1", "one_plus_x"), ("S1", "skill_level")], **asked)
    assert (labour_level("one_plus_x", "3"), labour_level("skill_level", "3")) == (None, "3")
    for level in ("3", "高级"):
        answers = benefits(
            POLICIES, kind="one_plus_x", level=level, occupation=None, region="330100", on=date(2022, 1, 1)
        )
        assert answers.allowances == ()
