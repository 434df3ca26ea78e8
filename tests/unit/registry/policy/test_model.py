"""Windows and the look-up from the nearest place to the country."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import Refused
from registry.policy.loading import load_policies
from registry.policy.model import Window

POLICIES = load_policies()
DAYS = st.dates(date(2000, 1, 1), date(2040, 1, 1))


def test_hohhot_answers_only_in_its_two_years():
    answers = {
        on: POLICIES.find("HH-12", on) is not None
        for on in (date(2019, 10, 3), date(2019, 10, 4), date(2021, 10, 3), date(2021, 10, 4))
    }
    assert list(answers.values()) == [False, True, True, False]


def test_hohhots_window_follows_from_its_own_figures():
    rule = POLICIES.find("HH-26")
    start = rule.document.published + timedelta(days=rule.figure("days"))
    assert rule.window == Window(start, start.replace(year=start.year + rule.figure("years")))


def test_the_nearest_place_comes_first_and_the_country_last():
    places = [rule.place for rule in POLICIES.in_force("150102", date(2020, 6, 1))]
    assert sorted(set(places), key=places.index) == ["150100", "150000", "000000"]


def test_nothing_found_is_no_rule():
    assert POLICIES.nearest("allowance", region="110000", on=date(2026, 1, 1)) is None
    assert POLICIES.find("XX-01") is None


def test_an_unknown_place_is_refused():
    with pytest.raises(Refused, match=r"place\.unknown"):
        POLICIES.in_force("990000", date(2026, 1, 1))


@given(DAYS, DAYS, DAYS, DAYS)
def test_half_open_windows_leave_no_gap_and_no_overlap(first, second, third, on):
    since, border, until = sorted((first, second, third))
    assert Window(since, border).covers(on) + Window(border, until).covers(on) == Window(since, until).covers(
        on
    )


@given(DAYS)
def test_one_row_of_a_rule_at_most_answers_on_a_day(on):
    ids = [rule.id for rule in POLICIES.rules if rule.window.covers(on)]
    assert len(ids) == len(set(ids))
