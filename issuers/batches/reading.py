"""Rows out of an upload: the heading row, then one person a row. Streaming; nothing is held but one row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

from issuers.batches.columns import Heading, read_heading, table
from issuers.batches.limits import BOUNDS, MAX_LINES, MAX_ROWS
from keys.errors import Refused
from registry.sheets import read_cells

LOOKED_THROUGH = 10  # rows above the heading row: a title, a note
MAX_CELL = 200  # characters; every field has a tighter rule of its own behind it


@dataclass(frozen=True)
class Row:
    """One person as sent: where, and what the cells of known columns say. ``position`` counts as a spreadsheet does."""

    position: int
    values: dict[str, str] = field(repr=False)


@dataclass(frozen=True)
class List:
    """An upload: its heading row, and its rows as they are read."""

    heading: Heading
    rows: Iterator[Row]


def read_list(file: IO[bytes]) -> List:
    """The list in ``file``.

    Refused ``batch.no_heading``, ``batch.column_twice``, ``batch.columns_missing``, ``batch.no_rows``,
    ``batch.too_many_rows`` (the last two while rows are read), and as `registry.sheets.read_cells` refuses.
    """
    table_ = enumerate(read_cells(file, BOUNDS), start=1)
    for position, cells in table_:
        if heading := read_heading(cells):
            return List(heading, _read_rows(heading, table_))
        if position >= LOOKED_THROUGH:
            break
    raise Refused("batch.no_heading", field="file")


def _read_rows(heading: Heading, cells: Iterator[tuple[int, list[str]]]) -> Iterator[Row]:
    count, example = 0, table()["words"]["example"]
    for position, row in cells:
        values = heading.values(row)
        if count >= MAX_ROWS or position > MAX_LINES:
            if values or position > MAX_LINES:
                raise Refused("batch.too_many_rows", field="file", limit=MAX_ROWS)
            continue
        if values and not values.get("name", "").startswith(example):
            count += 1
            yield Row(position, {name: text[: MAX_CELL + 1] for name, text in values.items()})
    if not count:
        raise Refused("batch.no_rows", field="file")
