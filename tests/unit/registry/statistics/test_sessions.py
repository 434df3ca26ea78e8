"""Sessions: what is refused, what is summed, and rates that give no small group away."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import Refused
from registry.statistics.sessions import Rate, Session, check_session, rate, sectors, sums_of

TODAY = date(2026, 11, 22)


def session(**changes):
    given_ = {
        "id": "2026-1",
        "body": "S000033000002",
        "kind": "training",
        "sector": "elderly_care",
        "level": "5",
        "region": "330100",
        "held_on": date(2026, 11, 1),
        "enrolled": 40,
        "passed": 38,
        "employed": 30,
        "subsidised": 20,
    }
    return Session(**(given_ | changes))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"id": "a b"}, "session.id"),
        ({"kind": "party"}, "session.kind"),
        ({"sector": "nothing"}, "session.sector"),
        ({"level": "9"}, "level.unknown"),
        ({"region": "999999"}, "place.unknown"),
        ({"held_on": date(2026, 11, 23)}, "session.day"),
        ({"enrolled": 0}, "session.heads"),
        ({"passed": 41}, "session.heads"),
        ({"employed": -1}, "session.heads"),
        ({"subsidised": 41}, "session.heads"),
    ],
)
def test_what_cannot_be_is_refused(changes, code):
    with pytest.raises(Refused) as refused:
        check_session(session(**changes), today=TODAY)
    assert refused.value.code == code


def test_a_training_counts_for_its_place_and_all_that_contain_it():
    names = set(sums_of(session()))
    assert names == {
        "body|2026|S000033000002",
        *(f"region|2026|{place}" for place in ("330100", "330000", "000000")),
        *(f"sector|2026|{place}:elderly_care" for place in ("330100", "330000", "000000")),
    }


def test_an_assessment_is_no_training():
    assert set(sums_of(session(kind="assessment"))) == {"body|2026|S000033000002"}


def test_every_sector_of_the_targets_has_a_name():
    from registry.policy.loading import load_policies  # noqa: PLC0415

    rules = [rule for rule in load_policies().rules if rule.id in {"ZJ-22", "ZJ-23"}]
    named = {str(row["name"]) for rule in rules for row in rule.rows} - {"all"}
    assert named <= sectors().keys()


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        (0, 0, None),
        (2, 4, None),
        (5, 5, Rate(100, 100)),
        (0, 9, Rate(0, 0)),
        (30, 40, Rate(75, 75)),
        (38, 40, Rate(90, 98)),
        (1, 40, Rate(2, 10)),
        (3, 6, None),
        (1, 6, None),
        (1, 8, None),
        (1, 9, Rate(11, 45)),
    ],
)
def test_rates(part, whole, expected):
    assert rate(part, whole) == expected


@given(st.integers(5, 500), st.data())
def test_a_rate_holds_the_truth_and_never_pins_a_small_group(whole, data):
    part = data.draw(st.integers(0, whole))
    found = rate(part, whole)
    if found:
        assert found.low <= round(100 * part / whole) <= found.high
    else:
        assert whole < 9
    fitting = [n for n in range(whole + 1) if rate(n, whole) == found]
    for small in (part, whole - part):
        if 0 < small < 5:
            assert len(fitting) >= 4
