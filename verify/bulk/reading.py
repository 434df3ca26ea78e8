"""Rows out of an upload: CSV, XLSX (see `registry.sheets`) or NDJSON, told apart by their first bytes."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from typing import IO

from keys.errors import Refused
from keys.strict_json import loads
from registry.sheets import PIECE, Bounds, is_workbook, read_cells
from verify.bulk.limits import MAX_ROWS
from verify.bulk.rows import Row, find_fields, make_row, unreadable

MAX_LINE = 8_192  # bytes of a line of NDJSON: a QR text of 1,000 characters, escaped, and a name
BOUNDS = Bounds(
    columns=40,  # lists of people have a dozen or two; we read at most six of them
    unpacked=160 * 1024 * 1024,  # 100,000 rows with a QR text each unpack to about 60 MB
)


def find_format(file: IO[bytes]) -> str:
    """``xlsx``, ``ndjson`` or ``csv``; the file is left at its beginning."""
    if is_workbook(file):
        return "xlsx"
    start = file.read(512)
    file.seek(0)
    return "ndjson" if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else "csv"


def read_rows(file: IO[bytes]) -> Iterator[Row]:
    """The rows of an upload, in its order.

    Refused ``bulk.no_rows``, ``bulk.too_many_rows``, ``bulk.no_heading``, and as `read_cells` refuses.
    A single row that cannot be asked is a `Row` with its problem.
    """
    rows = _read_ndjson(file) if find_format(file) == "ndjson" else _read_table(read_cells(file, BOUNDS))
    count = 0
    for count, row in enumerate(rows, start=1):
        if count > MAX_ROWS:
            raise Refused("bulk.too_many_rows", field="file", limit=MAX_ROWS)
        yield row
    if not count:
        raise Refused("bulk.no_rows", field="file")


def _read_table(table: Iterable[list[str]]) -> Iterator[Row]:
    """Rows of cells: a heading row first, or a single column of codes, QR texts without one."""
    fields: list[str | None] | None = None
    for position, cells in enumerate(table, start=1):
        if not any(cell.strip() for cell in cells):
            continue
        if fields is None:
            fields = find_fields(cells)
            if fields:
                continue
            fields = _without_heading(cells)
        yield make_row(position, _values(fields, cells))


def _without_heading(cells: list[str]) -> list[str | None]:
    if sum(1 for cell in cells if cell.strip()) > 1:
        raise Refused("bulk.no_heading", field="file")
    return ["code"]  # an address there is read as a QR text


def _values(fields: list[str | None], cells: list[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, cell in zip(fields, cells, strict=False):
        if name and not values.get(name):  # two columns of one meaning: the first that says something
            values[name] = cell
    return values


def _read_ndjson(file: IO[bytes]) -> Iterator[Row]:
    position = 0
    while line := file.readline(MAX_LINE + 1):
        position += 1
        if len(line) > MAX_LINE:
            _skip_line(file, line)
            yield unreadable(position)
        elif line.strip():
            yield _read_line(position, line)


def _skip_line(file: IO[bytes], line: bytes) -> None:
    while line and not line.endswith(b"\n"):
        line = file.readline(PIECE)


def _read_line(position: int, line: bytes) -> Row:
    try:
        parsed = loads(line.strip().removeprefix(codecs.BOM_UTF8), max_depth=2)
    except Refused:
        return unreadable(position)
    if not isinstance(parsed, dict) or not all(isinstance(value, str) for value in parsed.values()):
        return unreadable(position)
    fields = find_fields(list(parsed))
    if fields is None or None in fields:  # a misspelt member would otherwise go unasked
        return unreadable(position)
    return make_row(position, _values(fields, [str(value) for value in parsed.values()]))
