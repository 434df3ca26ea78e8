"""Working days: Monday to Friday. Pure.

Public holidays are announced anew each year and are not kept here; a deadline that ignores them is the stricter one
for who must answer.
"""

from __future__ import annotations

from datetime import date, timedelta

SATURDAY = 5


def add_working_days(day: date, count: int) -> date:
    """The ``count``-th working day after ``day``."""
    while count > 0:
        day += timedelta(days=1)
        count -= day.weekday() < SATURDAY
    return day


def working_days_until(due: date, today: date) -> int:
    """Working days after ``today`` up to and with ``due``; 0 when it has passed."""
    days = (today + timedelta(days=n) for n in range(1, (due - today).days + 1))
    return sum(day.weekday() < SATURDAY for day in days)
