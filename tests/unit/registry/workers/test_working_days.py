"""Working days are Monday to Friday."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.workers.working_days import add_working_days, working_days_until

DAYS = st.dates(date(2020, 1, 1), date(2040, 1, 1))


@pytest.mark.parametrize(
    ("day", "count", "due"),
    [
        (date(2026, 11, 20), 1, date(2026, 11, 23)),  # Friday
        (date(2026, 11, 22), 10, date(2026, 12, 4)),  # Sunday
        (date(2026, 11, 23), 10, date(2026, 12, 7)),  # Monday
    ],
)
def test_weekends_do_not_count(day, count, due):
    assert add_working_days(day, count) == due


@given(DAYS, st.integers(1, 40))
def test_a_deadline_is_a_weekday_and_as_far_as_asked(day, count):
    due = add_working_days(day, count)
    assert due.weekday() < 5
    assert working_days_until(due, day) == count
    assert working_days_until(due, due + timedelta(days=1)) == 0
