"""Preparatory technicians, skip-level, promotion by contest."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.policy.loading import load_policies
from registry.policy.model import Window
from registry.policy.progression import (
    ContestResult,
    Post,
    contest_promotion,
    preparatory_technician,
    skip_level,
    years_in_level,
)
from registry.policy.settings import PolicySettings

POLICIES = load_policies()
START = date(2010, 7, 1)


def prepare(posts, on=date(2020, 1, 1), approved=True, settings=None, region="150100"):
    return preparatory_technician(
        POLICIES,
        occupation="6-31-01-03",
        certificate_on=START,
        posts=posts,
        approved=approved,
        region=region,
        on=on,
        settings=settings or PolicySettings(),
    )


def post(since, until=None, occupation="6-31-01-03"):
    return Post(occupation, Window(since, until))


@pytest.mark.parametrize(
    ("posts", "apply_from"),
    [
        ([post(START)], date(2012, 7, 1)),
        ([post(date(2008, 1, 1))], date(2012, 7, 1)),
        ([post(START, date(2012, 7, 1))], date(2012, 7, 1)),
        ([post(START, date(2012, 6, 30))], None),
        ([post(START, date(2011, 7, 1)), post(date(2011, 10, 9))], date(2012, 10, 9)),
        ([post(START), post(date(2010, 8, 1), date(2011, 1, 1))], date(2012, 7, 1)),
        (
            [post(START, date(2011, 7, 1)), post(date(2011, 1, 1), date(2012, 7, 1), "6-31-01-99")],
            date(2012, 7, 1),
        ),
        ([post(START, occupation="6-31-02-01")], None),
        ([], None),
    ],
)
def test_preparatory_technician_after_two_years_in_post(posts, apply_from):
    found = prepare(posts)
    assert (found.apply_from, found.may) == (apply_from, apply_from is not None)
    assert found.missing == (() if apply_from else ("years_in_post",))
    assert found.rule.id == "NM-01"


def test_years_in_post_may_have_to_be_unbroken():
    broken = [post(START, date(2011, 7, 1)), post(date(2011, 10, 9), date(2013, 1, 1))]
    unbroken = PolicySettings(post_years="continuous")
    assert (prepare(broken).may, prepare(broken, settings=unbroken).may) == (True, False)
    assert prepare([*broken, post(date(2014, 1, 1))], settings=unbroken).apply_from == date(2016, 1, 1)
    assert "post_years=continuous" in [step.code for step in prepare(broken, settings=unbroken).steps]


def test_preparatory_technician_needs_the_employer_the_day_and_a_rule():
    assert prepare([post(START)], approved=False).missing == ("employer_approval",)
    early = prepare([post(START)], on=date(2012, 6, 30))
    assert (early.may, early.apply_from) == (False, date(2012, 7, 1))
    assert prepare([post(START)], region="330100").missing == ("rule",)


@given(
    st.lists(st.tuples(st.dates(date(2009, 1, 1), date(2014, 1, 1)), st.integers(0, 900)), max_size=6),
    st.randoms(),
)
def test_the_order_of_posts_changes_nothing(spans, random):
    posts = [post(since, date.fromordinal(since.toordinal() + days)) for since, days in spans]
    first = prepare(posts)
    random.shuffle(posts)
    assert prepare(posts) == first
    worked = {
        day
        for p in posts
        for day in range(max(p.window.since, START).toordinal(), p.window.until.toordinal())
    }
    if first.may:
        assert len(worked) >= 730


def test_skip_level_lists_the_waived_limits():
    hohhot = skip_level(
        POLICIES, target="2", region="150102", on=date(2020, 6, 1), evidence=True, approver="board-1"
    )
    assert hohhot.may
    assert hohhot.waived == ("age", "education", "seniority", "status", "years_of_work", "level_held")
    assert [rule.id for rule in hohhot.rules] == ["HH-07", "NM-03"]
    later = skip_level(
        POLICIES, target="1", region="150102", on=date(2022, 6, 1), evidence=True, approver="board-1"
    )
    assert later.waived == ("years_of_work", "level_held")


@pytest.mark.parametrize(
    ("changed", "missing"),
    [
        ({"target": "3"}, ("rule",)),
        ({"target": "chief"}, ("rule",)),
        ({"region": "330100"}, ("rule",)),
        ({"evidence": False}, ("evidence",)),
        ({"approver": None}, ("approver",)),
    ],
)
def test_skip_level_waives_nothing_without_rule_evidence_and_approver(changed, missing):
    asked = {
        "target": "2",
        "region": "150100",
        "on": date(2020, 6, 1),
        "evidence": True,
        "approver": "board-1",
    }
    found = skip_level(POLICIES, **(asked | changed))
    assert (found.may, found.waived, found.missing) == (False, (), missing)


def promote(
    *, contest="city_class_1", rank=10, who="worker", level=None, contestants=40, region="120101", **more
):
    result = ContestResult(contest, rank, contestants, who, date(2025, 6, 1))
    found = contest_promotion(POLICIES, result, level=level, region=region, **more)
    return found.outcome if found.level is None else found.level


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ({}, "2"),
        ({"level": "3"}, "2"),
        ({"level": "2"}, "1"),
        ({"level": "1"}, "not_in_table"),
        ({"rank": 11}, "not_in_table"),
        ({"who": "student"}, "3"),
        ({"who": "student", "level": "3"}, "not_in_table"),
        ({"contest": "district", "rank": 6, "level": "3"}, "2"),
        ({"contest": "district", "rank": 7}, "not_in_table"),
        ({"contest": "city_class_2", "rank": 1, "who": "student"}, "4"),
        ({"contest": "enterprise_or_school", "rank": 12, "contestants": 40}, "4"),
        ({"contest": "enterprise_or_school", "rank": 13, "contestants": 40}, "not_in_table"),
        ({"contest": "village"}, "not_in_table"),
        ({"promoted_on": [date(2025, 1, 1)]}, "already_this_year"),
        ({"promoted_on": [date(2024, 12, 31)]}, "2"),
        ({"region": "150100"}, "priority"),
        ({"region": "330100"}, "no_rule"),
    ],
)
def test_contest_promotion_by_class_and_rank(asked, answer):
    """The table of TJ-CONTEST-2024; where no region has published one, NM-09 gives priority."""
    assert promote(**asked) == answer


@pytest.mark.parametrize(
    ("held_since", "on", "years"),
    [
        (date(2020, 3, 1), date(2022, 2, 28), 1),
        (date(2020, 3, 1), date(2022, 3, 1), 2),
        (date(2020, 2, 29), date(2021, 2, 28), 1),
        (date(2020, 3, 1), date(2019, 1, 1), 0),
    ],
)
def test_years_in_level(held_since, on, years):
    assert years_in_level(held_since, on) == years
