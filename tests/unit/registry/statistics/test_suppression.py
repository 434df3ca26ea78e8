"""Small cells: withheld, and nowhere given away, neither by a total nor by any sum of published figures."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.statistics.suppression import THRESHOLD, Table, add_up, is_safe, publish

VALUES = [f"v{number}" for number in range(4)]  # few, so that often all but one are listed
cells = st.dictionaries(st.sampled_from(VALUES), st.integers(0, 40) | st.integers(0, 6), max_size=4)


@pytest.mark.parametrize(
    ("given_cells", "rows", "withheld", "total"),
    [
        ({}, {}, 0, 0),
        ({"a": 0}, {}, 0, 0),
        ({"a": 5}, {"a": 5}, 0, 5),
        ({"a": 4}, {}, 0, None),
        ({"a": 1, "b": 2}, {}, 0, None),
        ({"a": 9, "b": 2}, {}, 11, 11),  # one small cell takes a second along
        ({"a": 9, "b": 2, "c": 7}, {"a": 9}, 9, 18),  # the smaller of the two
        ({"a": 9, "b": 2, "c": 1}, {}, 12, 12),  # 3 together are not enough
        ({"a": 9, "b": 2, "c": 3}, {"a": 9}, 5, 14),
        ({"a": 1, "b": 1, "c": 1, "d": 1, "e": 1}, {}, 5, 5),
    ],
)
def test_examples(given_cells, rows, withheld, total):
    assert publish(given_cells) == Table(rows, withheld, total)


@given(cells)
def test_no_small_cell_is_published_and_nothing_is_lost(held):
    table = publish(held)
    assert all(count >= THRESHOLD for count in table.rows.values())
    assert table.total is None or sum(table.rows.values()) + table.withheld == table.total == sum(
        held.values()
    )
    assert (table.total is None) == (0 < sum(held.values()) < THRESHOLD)


@given(cells)
def test_the_merged_row_tells_of_no_cell_whether_it_is_small(held):
    """Whoever knows every value and sees the merged sum can think each of them none, small, or large."""
    table = publish(held)
    unlisted = [value for value in VALUES if value not in table.rows]
    if table.withheld:
        assert table.withheld >= THRESHOLD
        assert len(unlisted) >= 2  # so each may hold anything from 0 to the sum


@given(st.lists(cells, min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_no_combination_of_published_figures_computes_a_withheld_cell(years, random):
    """Several years, each divided in two ways: no linear combination of what is published gives a small cell.

    Unknowns are the cells of every year and view; each published row, total and merged sum is an equation.
    """
    unknowns, equations = {}, []
    for year, held in enumerate(years):
        other = split_anew(held, random)
        for view, divided in (("a", held), ("b", other)):
            table = publish(divided)
            names = {value: unknowns.setdefault((year, view, value), len(unknowns)) for value in VALUES}
            equations += [({names[value]}, count) for value, count in table.rows.items()]
            if table.total is not None:
                rest = {names[value] for value in VALUES if value not in table.rows}
                equations += [(set(names.values()), table.total), (rest, table.withheld)]
    known = solved(equations, len(unknowns))
    for (year, view, value), place in unknowns.items():
        held = years[year] if view == "a" else None
        if held and 0 < held.get(value, 0) < THRESHOLD:
            assert place not in known


@given(st.lists(cells, min_size=1, max_size=4))
def test_years_together_say_no_more_than_each_by_itself(years):
    tables = [publish(held) for held in years]
    together, whole = add_up(tables)
    assert together.rows == {
        value: sum(table.rows.get(value, 0) for table in tables)
        for value in {value for table in tables for value in table.rows}
    }
    assert together.withheld == sum(table.withheld for table in tables)
    assert whole == all(table.total is not None for table in tables)


def test_parts_of_a_published_total():
    assert is_safe(0, 7)
    assert is_safe(5, 5)
    assert not is_safe(4, 90)


def split_anew(held, random):
    """The same total, divided in another way."""
    divided = dict.fromkeys(VALUES, 0)
    for _ in range(sum(held.values())):
        divided[random.choice(VALUES)] += 1
    return divided


def solved(equations, size):
    """The unknowns that the equations determine: Gauss and Jordan over the fractions."""
    rows = [[Fraction(place in names) for place in range(size)] for names, _ in equations]
    pivots, done = [], 0
    for column in range(size):
        pivot = next((at for at in range(done, len(rows)) if rows[at][column]), None)
        if pivot is None:
            continue
        rows[done], rows[pivot] = rows[pivot], rows[done]
        head = rows[done][column]
        rows[done] = [cell / head for cell in rows[done]]
        for at, row in enumerate(rows):
            if at != done and row[column]:
                rows[at] = [cell - row[column] * own for cell, own in zip(row, rows[done], strict=True)]
        pivots.append(column)
        done += 1
    return {column for at, column in enumerate(pivots) if sum(map(bool, rows[at])) == 1}
