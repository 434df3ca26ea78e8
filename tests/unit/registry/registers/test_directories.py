"""Directories: half-open days, no overlap, corrections as new rows, a version and a digest for every day."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import Refused
from registry.registers.directories import (
    check_cells,
    decide_end,
    decide_entry,
    directories,
    find_directory,
    standing,
    version,
    version_csv,
    version_document,
)
from registry.registers.rows import check_chain, make_row

SHORTAGE = find_directory("shortage_occupations")
CELLS = {"occupation": "6-31-01-03", "region": "330000", "document": "示例〔2026〕1号"}
FIRST = date(2026, 1, 1)


def record(rows, content, *, at=datetime(2026, 1, 1, tzinfo=UTC)):
    return [*rows, make_row("directory:x", rows[-1] if rows else None, content, at=at, by="x")]


def added(rows, start=FIRST, end=None, **changes):
    replaces = changes.pop("replaces", None)
    return record(
        rows, decide_entry(SHORTAGE, rows, CELLS | changes, start=start, end=end, replaces=replaces)
    )


def refused_code(act):
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.code


def test_the_four_directories_of_hohhot_and_their_like_are_there():
    assert list(directories()) == [
        "subsidised_training",
        "training_bodies",
        "assessors",
        "qualifications",
        "shortage_occupations",
        "standards",
        "evaluations",
    ]


def test_an_entry_holds_from_its_first_day_to_the_day_before_its_last():
    entries = standing(added([], end=date(2026, 2, 1)))
    held = [
        len(version(SHORTAGE, entries, on=day).entries)
        for day in days("2025-12-31", "2026-01-01", "2026-01-31", "2026-02-01")
    ]
    assert held == [0, 1, 1, 0]


def test_a_correction_is_a_new_row_and_the_old_one_can_still_be_asked_for():
    rows = added([])
    later = datetime(2026, 3, 1, tzinfo=UTC)
    rows = record(
        rows,
        decide_entry(SHORTAGE, rows, CELLS | {"document": "更正"}, start=FIRST, end=None, replaces=1),
        at=later,
    )
    now = version(SHORTAGE, standing(rows), on=FIRST)
    before = version(SHORTAGE, standing(rows, known_at=later - timedelta(days=1)), on=FIRST)
    assert [entry.cells["document"] for entry in now.entries] == ["更正"]
    assert [entry.cells["document"] for entry in before.entries] == [CELLS["document"]]
    assert now.digest != before.digest


def test_one_row_is_replaced_once():
    rows = added(added([]), replaces=1)
    assert refused_code(lambda: added(rows, replaces=1)) == "directory.replaced"
    assert refused_code(lambda: added(rows, replaces=9)) == "directory.replaced"


def test_an_entry_ended_on_its_first_day_never_held():
    rows = added([])
    rows = record(rows, decide_end(SHORTAGE, rows, 1, end=FIRST))
    assert standing(rows) == []
    assert len(standing(added(rows))) == 1


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [
        (date(2026, 1, 1), None, "directory.overlap"),
        (date(2025, 1, 1), date(2026, 1, 2), "directory.overlap"),
        (date(2026, 2, 1), date(2026, 2, 1), "directory.window"),
        (date(1900, 1, 1), None, "directory.window"),
    ],
)
def test_windows_that_collide_or_are_none(start, end, code):
    rows = added([], end=date(2026, 2, 1))
    assert refused_code(lambda: added(rows, start=start, end=end)) == code


def test_another_trade_is_another_entry():
    assert len(standing(added(added([]), job="维修"))) == 2


@pytest.mark.parametrize(
    ("cells", "code", "field"),
    [
        ({**CELLS, "occupation": "9"}, "occupation.code_malformed", "cells.occupation"),
        ({**CELLS, "region": "999999"}, "place.unknown", "cells.region"),
        ({**CELLS, "document": " "}, "field.missing", "cells.document"),
        ({**CELLS, "document": "x" * 501}, "field.length", "cells.document"),
        ({**CELLS, "document": ["x"]}, "field.missing", "cells.document"),
        ({**CELLS, "other": "x"}, "field.unknown", "cells.other"),
    ],
)
def test_cells_are_of_their_columns_types(cells, code, field):
    with pytest.raises(Refused) as refused:
        check_cells(SHORTAGE, cells)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_an_address_must_be_of_the_web():
    cells = {"code": "1", "title": "x", "developer": "x", "url": "javascript:alert(1)"}
    with pytest.raises(Refused):
        check_cells(find_directory("standards"), cells)


def test_a_derived_directory_takes_no_rows():
    assert (
        refused_code(lambda: decide_entry(find_directory("assessors"), [], {}, start=FIRST, end=None))
        == "directory.derived"
    )


def test_a_cell_of_the_csv_starts_no_formula():
    found = version(SHORTAGE, standing(added([], document="=cmd()")), on=FIRST)
    assert "'=cmd()" in version_csv(found, "zh")
    assert version_document(found)["entries"][0]["cells"]["document"] == "=cmd()"


windows = st.tuples(st.integers(0, 40), st.integers(1, 20) | st.none())


@given(st.lists(windows, max_size=12), st.integers(0, 70))
def test_no_entry_ever_stands_twice_on_one_day(wanted, asked):
    """Whatever is added in whatever order, what was let in never overlaps; the digest does not know the order."""
    rows = []
    for start, length in wanted:
        first = FIRST + timedelta(days=start)
        end = first + timedelta(days=length) if length else None
        with suppress(Refused):  # the overlap, by the example above
            rows = added(rows, start=first, end=end)
    on = FIRST + timedelta(days=asked)
    entries = standing(rows)
    assert len(version(SHORTAGE, entries, on=on).entries) <= 1
    assert version(SHORTAGE, entries, on=on).digest == version(SHORTAGE, entries[::-1], on=on).digest
    check_chain(rows)


@given(st.integers(0, 2), st.sampled_from(["by", "number", "digest"]))
def test_an_altered_row_breaks_the_chain(place, name):
    rows = added(added(added([]), job="a"), job="b")
    changed = {"by": "y", "number": 9, "digest": "0" * 64}[name]
    altered = [*rows[:place], type(rows[place])(**{**vars(rows[place]), name: changed}), *rows[place + 1 :]]
    assert refused_code(lambda: check_chain(altered)) == "register.altered"


def test_a_row_taken_away_breaks_the_chain():
    rows = added(added(added([]), job="a"), job="b")
    assert refused_code(lambda: check_chain([rows[0], rows[2]])) == "register.altered"


def days(*texts):
    return [date.fromisoformat(text) for text in texts]
