"""Allowances over a career, and the chief technician's months."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.policy.benefits import allowance
from registry.policy.loading import load_policies
from registry.policy.model import Window
from registry.policy.schedule import Held, allowance_schedule, chief_months, whole_months

POLICIES = load_policies()
CAREER = [
    Held("4", "330106", Window(date(2018, 7, 1))),
    Held("3", "330106", Window(date(2020, 6, 1))),
    Held("2", "330106", Window(date(2022, 6, 1))),
    Held("special", "330106", Window(date(2024, 1, 1), date(2025, 1, 1))),
]


def test_a_career_with_level_changes():
    periods = allowance_schedule(POLICIES, CAREER, since=date(2020, 1, 1), until=date(2026, 1, 1))
    told = [
        (str(p.window.since), str(p.window.until), p.level, p.answer and p.answer.amount, p.total)
        for p in periods
    ]
    assert told == [
        ("2020-01-01", "2020-06-01", "4", None, None),
        ("2020-06-01", "2021-03-29", "3", None, None),
        ("2021-03-29", "2022-06-01", "3", 500, 14 * 500),
        ("2022-06-01", "2024-01-01", "2", 800, 19 * 800),
        ("2024-01-01", "2025-01-01", "special", 2000, 12 * 2000),
        ("2025-01-01", "2026-01-01", "2", 800, 12 * 800),
    ]


def test_days_without_a_level_are_left_out():
    assert allowance_schedule(POLICIES, [], since=date(2020, 1, 1), until=date(2026, 1, 1)) == ()


@given(
    st.lists(st.dates(date(2015, 1, 1), date(2030, 1, 1)), min_size=2, max_size=2, unique=True),
    st.dates(date(2015, 1, 1), date(2030, 1, 1)),
)
def test_every_day_has_the_answer_of_that_day_once(ends, on):
    since, until = sorted(ends)
    found = [p for p in allowance_schedule(POLICIES, CAREER, since=since, until=until) if p.window.covers(on)]
    if not (since <= on < until and on >= CAREER[0].window.since):
        assert found == []
        return
    (period,) = found
    assert period.answer == allowance(POLICIES, level=period.level, region="330106", on=on)


@pytest.mark.parametrize(
    ("since", "until", "months"),
    [
        (date(2022, 1, 31), date(2022, 2, 28), 1),
        (date(2022, 1, 15), date(2022, 2, 14), 0),
        (date(2021, 3, 29), date(2022, 6, 1), 14),
        (date(2022, 1, 1), date(2022, 1, 1), 0),
    ],
)
def test_whole_months(since, until, months):
    assert whole_months(since, until) == months


def chief(on, ended_on=None, monthly=None, appointed_on=date(2019, 5, 1), region="441900"):
    return chief_months(
        POLICIES, appointed_on=appointed_on, ended_on=ended_on, region=region, on=on, monthly=monthly
    )


def test_chief_technician_is_paid_thirty_six_months():
    term = chief(date(2019, 5, 1), monthly=1000)
    assert (term.months, term.paid, term.remaining, term.total) == (36, 1, 35, 36000)
    assert (term.window, term.rule.id) == (Window(date(2019, 5, 1), date(2022, 5, 1)), "DG-09")
    assert (chief(date(2022, 4, 30)).remaining, chief(date(2030, 1, 1)).paid) == (0, 36)
    assert chief(date(2019, 4, 30)).paid == 0


def test_the_chiefs_months_end_with_the_post_and_never_exceed_the_term():
    assert chief(date(2021, 1, 1), ended_on=date(2020, 5, 15)).months == 12
    assert chief(date(2021, 1, 1), ended_on=date(2019, 4, 1)).months == 0
    assert chief(date(2021, 1, 1), ended_on=date(2040, 1, 1)).months == 36


def test_without_a_rate_or_a_rule_nothing_is_invented():
    assert chief(date(2020, 1, 1)).total is None
    assert chief(date(2020, 1, 1), region="330100") is None
    assert chief(date(2020, 1, 1), appointed_on=date(2018, 8, 20)) is None


@given(st.dates(date(2018, 8, 21), date(2030, 1, 1)), st.integers(0, 2000))
def test_paid_and_remaining_always_make_the_whole(appointed_on, days):
    term = chief(appointed_on + timedelta(days=days), appointed_on=appointed_on)
    assert term.paid + term.remaining == term.months == 36
    assert 0 <= term.paid <= 36
