"""Limits at their edges."""

from datetime import date

import pytest

from registry.policy.loading import load_policies
from registry.policy.ratios import (
    check_adjustment,
    check_period,
    check_ratio,
    completion_allowed,
    dual_teacher,
)

POLICIES = load_policies()


def rule(rule_id):
    return POLICIES.find(rule_id)


@pytest.mark.parametrize(
    ("rule_id", "amounts", "passed"),
    [
        ("HH-18", {"front_line_training": 60, "training_fund": 100}, True),
        ("HH-18", {"front_line_training": 59_999_999, "training_fund": 100_000_000}, False),
        ("ZJ-13", {"public_trainings": 12, "enrolled_students": 10}, True),
        ("ZJ-13", {"public_trainings": 1199, "enrolled_students": 1000}, False),
        ("JL-15", {"dual_post_teachers": 3, "specialist_teachers": 5}, True),
        ("JL-15", {"dual_post_teachers": 2, "specialist_teachers": 5}, False),
        ("NM-20", {"skilled_training": 50, "training_fund": 100, "high_skill_training": 30}, True),
        ("NM-20", {"skilled_training": 49, "training_fund": 100, "high_skill_training": 49}, False),
        ("NM-20", {"skilled_training": 50, "training_fund": 100, "high_skill_training": 29}, False),
        ("NM-20", {"skilled_training": 0, "training_fund": 100, "high_skill_training": 0}, False),
    ],
)
def test_each_ratio_at_its_edge(rule_id, amounts, passed):
    assert check_ratio(rule(rule_id), amounts).passed is passed


def test_a_ratio_of_nothing_is_no_ratio():
    found = check_ratio(rule("HH-18"), {"front_line_training": 0, "training_fund": 0})
    assert (found.outcome, found.passed) == ("no_base", False)


@pytest.mark.parametrize(
    ("until", "passed"),
    [
        (date(2021, 2, 28), False),
        (date(2021, 3, 1), True),
        (date(2022, 3, 1), True),
        (date(2022, 3, 2), False),
    ],
)
def test_each_period_at_its_edge(until, passed):
    assert check_period(rule("HH-19"), since=date(2020, 3, 1), until=until).passed is passed
    terms = [check_period(rule("JL-05"), terms=number).passed for number in (0, 1, 2, 3)]
    assert terms == [False, True, True, False]


def test_a_period_in_another_unit_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="another unit"):
        check_period(rule("HH-19"), terms=1)


@pytest.mark.parametrize(
    ("pilot", "changed", "items", "missing"),
    [
        (True, 30, 100, ()),
        (True, 31, 100, ("share",)),
        (False, 1, 100, ("pilot_enterprise",)),
        (False, 0, 100, ()),
        (True, 1, 0, ("share",)),
    ],
)
def test_only_a_pilot_enterprise_adjusts_and_at_most_thirty_percent(pilot, changed, items, missing):
    found = check_adjustment(
        POLICIES, pilot=pilot, changed=changed, items=items, region="150100", on=date(2010, 1, 1)
    )
    assert (found.passed, found.missing) == (not missing, missing)


def test_nothing_may_be_adjusted_without_a_rule():
    asked = {"pilot": True, "items": 100, "region": "330100", "on": date(2022, 1, 1)}
    assert [check_adjustment(POLICIES, changed=changed, **asked).passed for changed in (0, 1)] == [
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("filed_on", "filed_in", "missing"),
    [
        (date(2022, 3, 1), "330100", ()),
        (date(2022, 3, 2), "330100", ("filing",)),
        (None, "330100", ("filing",)),
        (date(2022, 1, 1), "330200", ("filing_region",)),
    ],
)
def test_no_completion_certificate_before_the_filing(filed_on, filed_in, missing):
    found = completion_allowed(
        POLICIES, filed_on=filed_on, filed_in=filed_in, insured_in="330100", on=date(2022, 3, 1)
    )
    assert (found.passed, found.missing) == (not missing, missing)


def test_where_no_rule_asks_for_a_filing_none_is_needed():
    found = completion_allowed(
        POLICIES, filed_on=None, filed_in=None, insured_in="220100", on=date(2022, 3, 1)
    )
    assert (found.passed, found.outcome) == (True, "no_rule")


@pytest.mark.parametrize(
    ("kind", "level", "passed"),
    [
        ("qualification", "3", True),
        ("qualification", "1", True),
        ("qualification", "4", False),
        ("qualification", None, False),
        ("one_plus_x", "3", False),
    ],
)
def test_a_dual_teacher_holds_level_three_or_above(kind, level, passed):
    found = dual_teacher(POLICIES, kind=kind, level=level, region="150100", on=date(2010, 1, 1))
    assert found.passed is passed
    assert (
        dual_teacher(POLICIES, kind=kind, level=level, region="330100", on=date(2022, 1, 1)).outcome
        == "no_rule"
    )
