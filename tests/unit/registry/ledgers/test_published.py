"""Published tables: half-open days without gap or overlap, whatever the order of the rows."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from registry.ledgers.published import PublishedRow, close_windows
from registry.policy.model import Window

AT = datetime(2026, 11, 22, tzinfo=UTC)
FIRST = date(2026, 1, 1)


def make_row(since, until=None, *, ended=False, region="330000"):
    cells = {"region": region, "kind": "skill_level", "level": "3", "occupation": None, "amount": 1}
    days = Window(FIRST + timedelta(since), None if until is None else FIRST + timedelta(until))
    return PublishedRow(f"{region}-{since}", "rates", cells, days, "s", "clerk", AT, ended)


def days_of(rows):
    return [((r.window.since - FIRST).days, r.window.until and (r.window.until - FIRST).days) for r in rows]


def test_a_later_row_ends_the_one_before_and_leaves_its_own_end():
    rows = close_windows([make_row(0), make_row(10, 15), make_row(20)])
    assert sorted(days_of(rows)) == [(0, 10), (10, 15), (20, None)]


def test_an_ended_row_leaves_nothing_in_its_place():
    assert days_of(close_windows([make_row(0), make_row(10, ended=True)])) == [(0, 10)]


def test_rows_of_other_places_are_left_alone():
    rows = close_windows([make_row(0, region="330000"), make_row(5, region="440000")])
    assert sorted(days_of(rows)) == [(0, None), (5, None)]


@given(
    st.lists(
        st.tuples(st.integers(0, 50), st.none() | st.integers(1, 20), st.booleans()), unique_by=lambda r: r[0]
    )
)
def test_no_two_rows_hold_on_one_day_and_the_latest_does(asked):
    rows = [
        make_row(since, None if length is None else since + length, ended=ended)
        for since, length, ended in sorted(asked, key=lambda each: each[0])
    ]
    closed = close_windows(rows)
    for day in range(75):
        on = FIRST + timedelta(day)
        holding = [row.id for row in closed if row.window.covers(on)]
        latest = max(
            (row for row in rows if row.window.since <= on), key=lambda row: row.window.since, default=None
        )
        expected = [latest.id] if latest and not latest.ended and latest.window.covers(on) else []
        assert holding == expected
