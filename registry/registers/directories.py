"""The public directories: dated entries, a version for every day, pure.

Sources: HH-13 (四个目录,及时向社会公开并实行动态调整), HH-22, HH-04, DG-02, DG-10, ZJ-10, ZJ-20. An entry holds from
its first day up to and without its last; what was wrong is replaced by a new row that names the old one.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from keys.errors import Refused
from registry.credit_code import parse_credit_code
from registry.levels import find_level
from registry.occupations import editions, find_occupation
from registry.places import find_place
from registry.registers.rows import Row, digest_of
from registry.spreadsheet import safe_cell
from registry.tables import index_unique, read_table

MAX_CELL = 500  # characters of one cell: a scope of training is the longest text
WEB = re.compile(r"https?://[!-~]{1,400}")  # printable ASCII only: an address is shown as a link
FIRST_DAY = date(1949, 10, 1)
MOST_YUAN = 10_000_000  # above any subsidy for a person: a slip of the keyboard


@dataclass(frozen=True)
class Column:
    """A column: its id, what may stand in it, what it is called."""

    id: str
    type: str
    zh: str
    en: str
    optional: bool = False


@dataclass(frozen=True)
class Directory:
    """One directory; ``key`` are the columns that tell entries apart."""

    id: str
    zh: str
    en: str
    rules: tuple[str, ...]
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    derived: bool = False


@dataclass(frozen=True)
class Entry:
    """One entry as it stands: ``cells`` are text; ``end`` is the first day it no longer holds."""

    number: int
    cells: Mapping[str, str]
    start: date
    end: date | None
    recorded_at: datetime | None = None

    def holds(self, on: date) -> bool:
        """Whether it is in the directory on that day."""
        return self.start <= on and (self.end is None or on < self.end)


@dataclass(frozen=True)
class Version:
    """A directory as of one day, with the digest of its entries (SHA-256 of their canonical JSON)."""

    directory: Directory
    on: date
    entries: tuple[Entry, ...]
    digest: str


@cache
def directories() -> dict[str, Directory]:
    """Every directory by id, in the order of the data file."""
    rows = [_read(row) for row in read_table("directories")["directory"]]
    return index_unique("directories", [(row.id, row) for row in rows])


def find_directory(directory_id: str) -> Directory:
    """By id. Refused ``directory.unknown``."""
    if directory_id not in directories():
        raise Refused("directory.unknown", field="directory")
    return directories()[directory_id]


def standing(rows: Iterable[Row], *, known_at: datetime | None = None) -> list[Entry]:
    """The entries that rows give, corrections applied; ``known_at``: as recorded up to that moment."""
    seen = [row for row in rows if known_at is None or row.recorded_at <= known_at]
    replaced = {row.content["replaces"] for row in seen if row.content["replaces"] is not None}
    return [
        _entry(row) for row in seen if row.number not in replaced and row.content["from"] != row.content["to"]
    ]


def version(directory: Directory, entries: Iterable[Entry], *, on: date) -> Version:
    """The directory on that day, entries in order of their cells, whatever order they came in."""
    held = sorted(
        (entry for entry in entries if entry.holds(on)),
        key=lambda entry: ([entry.cells.get(name, "") for name in directory.key], entry.start),
    )
    data = [_data(entry) for entry in held]
    return Version(directory, on, tuple(held), digest_of([directory.id, on.isoformat(), data]))


def decide_entry(
    directory: Directory,
    rows: Sequence[Row],
    cells: Mapping[str, Any],
    *,
    start: date,
    end: date | None,
    replaces: int | None = None,
) -> dict[str, Any]:
    """The content of the next row.

    Refused ``directory.derived``, ``directory.window``, ``directory.replaced`` (no such row, or already replaced),
    ``directory.overlap`` (the entry is already there on one of the days), or what a cell is refused for.
    """
    if directory.derived:
        raise Refused("directory.derived", field="directory")
    checked = check_cells(directory, cells)
    if start < FIRST_DAY or (end is not None and (end < start or (end == start and replaces is None))):
        raise Refused("directory.window", field="to")
    others = standing(rows)
    if replaces is not None:
        if all(entry.number != replaces for entry in others):
            raise Refused("directory.replaced", field="replaces")
        others = [entry for entry in others if entry.number != replaces]
    if start != end and any(_collide(directory, entry, checked, start, end) for entry in others):
        raise Refused("directory.overlap", field="from")
    return {
        "cells": checked,
        "from": start.isoformat(),
        "to": end.isoformat() if end else None,
        "replaces": replaces,
    }


def decide_end(directory: Directory, rows: Sequence[Row], number: int, *, end: date) -> dict[str, Any]:
    """The row that ends entry ``number``; an entry ended on its first day never held. Refused as `decide_entry`."""
    found = next((entry for entry in standing(rows) if entry.number == number), None)
    if found is None:
        raise Refused("directory.replaced", field="replaces")
    return decide_entry(directory, rows, found.cells, start=found.start, end=end, replaces=number)


def check_cells(directory: Directory, cells: Mapping[str, Any]) -> dict[str, str]:
    """The cells as text, each of its column's type; empty optional ones are left out. Refused names the column."""
    known = {column.id for column in directory.columns}
    for name in cells:
        if name not in known:
            raise Refused("field.unknown", field=f"cells.{name}" if name.isascii() else "cells")
    return dict(_check_all(directory, cells))


def version_document(found: Version) -> dict[str, Any]:
    """A version as JSON."""
    return {
        "directory": found.directory.id,
        "name": {"zh": found.directory.zh, "en": found.directory.en},
        "on": found.on.isoformat(),
        "digest": found.digest,
        "columns": [
            {"id": column.id, "zh": column.zh, "en": column.en} for column in found.directory.columns
        ],
        "entries": [{"number": entry.number, **_data(entry)} for entry in found.entries],
    }


def version_csv(found: Version, language: str) -> str:
    """A version as CSV, its heading in ``zh`` or ``en``; no cell can start a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    columns = found.directory.columns
    heads = [column.zh if language == "zh" else column.en for column in columns]
    writer.writerow([*heads, *(("起", "止") if language == "zh" else ("from", "to"))])
    for entry in found.entries:
        cells = [safe_cell(entry.cells.get(column.id, "")) for column in columns]
        writer.writerow([*cells, entry.start.isoformat(), entry.end.isoformat() if entry.end else ""])
    return text.getvalue()


def _check_all(directory: Directory, cells: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for column in directory.columns:
        value, field = cells.get(column.id), f"cells.{column.id}"
        text = str(value).strip() if isinstance(value, (str, int)) else ""
        if not text:
            if not column.optional:
                raise Refused("field.missing", field=field)
            continue
        if len(text) > MAX_CELL or not text.isprintable():
            raise Refused("field.length", field=field)
        try:
            yield column.id, _CHECKS[column.type](text)
        except Refused as refused:
            raise Refused(refused.code, field=field, **refused.params) from None


def _check_web(text: str) -> str:
    if not WEB.fullmatch(text):
        raise Refused("field.url")
    return text


def _check_yuan(text: str) -> str:
    if not (text.isascii() and text.isdecimal() and int(text) <= MOST_YUAN):
        raise Refused("field.yuan")
    return str(int(text))


_CHECKS = {
    "text": lambda text: text,
    "occupation": lambda text: find_occupation(text, editions()[0]).code,
    "level": lambda text: find_level(text).id,
    "region": lambda text: find_place(text).code,
    "credit_code": lambda text: parse_credit_code(text).code,
    "yuan": _check_yuan,
    "url": _check_web,
}


def _collide(
    directory: Directory, entry: Entry, cells: Mapping[str, str], start: date, end: date | None
) -> bool:
    same = all(entry.cells.get(name) == cells.get(name) for name in directory.key)
    return same and (end is None or entry.start < end) and (entry.end is None or start < entry.end)


def _entry(row: Row) -> Entry:
    content = row.content
    end = date.fromisoformat(content["to"]) if content["to"] else None
    return Entry(row.number, content["cells"], date.fromisoformat(content["from"]), end, row.recorded_at)


def _data(entry: Entry) -> dict[str, Any]:
    return {
        "cells": dict(entry.cells),
        "from": entry.start.isoformat(),
        "to": entry.end.isoformat() if entry.end else None,
    }


def _read(row: Mapping[str, Any]) -> Directory:
    columns = tuple(Column(**column) for column in row["columns"])
    names = {column.id for column in columns}
    if not names.issuperset(row["key"]) or any(column.type not in _CHECKS for column in columns):
        raise ValueError(f"registry/data/directories.toml: {row['id']} names an unknown column or type")
    lists = {name: tuple(row[name]) for name in ("rules", "key")}
    return Directory(
        row["id"], row["zh"], row["en"], **lists, columns=columns, derived=row.get("derived", False)
    )
