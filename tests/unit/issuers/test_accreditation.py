from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from issuers.accreditation import Scope, covering
from keys.errors import Refused

ASKED = Scope("skill_level", ("6-31-01-03", "2022"), "3", "330000", date(2026, 11, 22))

# In the order in which they are asked: what an accreditation must be to fail the limb, and the field to blame.
LIMBS = {
    "scope.kind": ({"kind": "single_skill"}, "kind"),
    "scope.occupation": ({"occupations": frozenset({("6-31-01-03", "2015")})}, "occupation.code"),
    "scope.level": ({"levels": frozenset({"4"})}, "level"),
    "scope.region": ({"region": "150000"}, "region"),
    "scope.date": ({"valid_until": date(2026, 11, 22)}, "issued_on"),
}


def refusal(held, asked=ASKED):
    with pytest.raises(Refused) as caught:
        covering(held, asked)
    return caught.value.code, caught.value.field


def test_it_covers(accreditation):
    assert covering([accreditation], ASKED) == accreditation


@pytest.mark.parametrize("code", LIMBS)
def test_each_limb_is_refused_by_name(accreditation, code):
    change, field = LIMBS[code]
    assert refusal([replace(accreditation, **change)]) == (code, field)


def test_no_accreditation_fails_the_first_limb():
    assert refusal([]) == ("scope.kind", "kind")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(missed=st.lists(st.sets(st.sampled_from(list(LIMBS)), min_size=1), min_size=1, max_size=4))
def test_the_limb_named_is_the_furthest_that_any_accreditation_reaches(accreditation, missed):
    held = [
        replace(accreditation, **{name: value for code in codes for name, value in LIMBS[code][0].items()})
        for codes in missed
    ]
    order = list(LIMBS)
    reached = max(min(order.index(code) for code in codes) for codes in missed)
    assert refusal(held)[0] == order[reached]


def test_limbs_of_two_accreditations_do_not_add_up(accreditation):
    held = [
        replace(accreditation, levels=frozenset({"4"})),
        replace(accreditation, valid_until=date(2026, 2, 1)),
    ]
    assert refusal(held)[0] == "scope.date"


@pytest.mark.parametrize(
    ("on", "holds"),
    [
        (date(2025, 12, 31), False),
        (date(2026, 1, 1), True),
        (date(2027, 12, 31), True),
        (date(2028, 1, 1), False),
    ],
)
def test_the_last_day_is_the_one_before_the_end(accreditation, on, holds):
    assert accreditation.in_force(on) is holds


def test_without_an_end_it_goes_on(accreditation):
    assert replace(accreditation, valid_until=None).in_force(date.max - timedelta(days=1))


@pytest.mark.parametrize(
    ("held", "asked", "covers"),
    [
        ("000000", "330000", True),
        ("330000", "330106", True),
        ("330100", "330106", True),
        ("330106", "330000", False),
        ("440000", "330000", False),
    ],
)
def test_a_region_covers_what_lies_in_it(accreditation, held, asked, covers):
    scope, one = replace(ASKED, region=asked), replace(accreditation, region=held)
    if covers:
        assert covering([one], scope) == one
    else:
        assert refusal([one], scope) == ("scope.region", "region")


def test_a_kind_without_level_asks_for_none(accreditation):
    held = replace(accreditation, kind="single_skill", levels=frozenset())
    assert covering([held], replace(ASKED, kind="single_skill", level=None)) == held
