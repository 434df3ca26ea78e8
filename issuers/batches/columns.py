"""Which columns a list has: headings in Chinese or English, in any order (``data/batch_columns.toml``). Pure."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from keys.errors import Refused
from registry.sheets import heading_key

REQUIRED = (("name",), ("id_number",), ("occupation", "occupation_name"), ("issued_on",))


@dataclass(frozen=True)
class Column:
    """One column that is read. ``national``: it belongs to the national reporting row."""

    id: str
    zh: str
    en: str
    national: bool
    aliases: tuple[str, ...]
    example: str
    template: bool = True


@dataclass(frozen=True)
class Heading:
    """The heading row of a list: which column each field stands in (0 first), and headings that nobody reads."""

    places: Mapping[str, int]
    unread: tuple[str, ...] = ()

    def values(self, cells: Sequence[str]) -> dict[str, str]:
        """What a row says, trimmed, without empty cells."""
        found = {name: cells[place].strip() for name, place in self.places.items() if place < len(cells)}
        return {name: text for name, text in found.items() if text}

    def cell(self, name: str, row: int) -> str:
        """The address of a field as a spreadsheet writes it: ``C12``; empty where there is no such column."""
        return f"{_letters(self.places[name])}{row}" if name in self.places else ""


def read_heading(cells: Sequence[str]) -> Heading | None:
    """The heading row in ``cells``; None where none of its cells is known.

    Refused ``batch.column_twice``, ``batch.columns_missing`` (with the ``columns``).
    """
    found = [_by_heading().get(heading_key(cell)) for cell in cells]
    known = [name for name in found if name]
    if not known:
        return None
    twice = next((name for name, count in Counter(known).items() if count > 1), None)
    if twice:
        raise Refused("batch.column_twice", field="file", column=find_column(twice).zh)
    missing = [choices for choices in REQUIRED if not set(choices) & set(known)]
    if missing:
        raise Refused("batch.columns_missing", field="file", columns=_name_choices(missing))
    unread = [cell.strip()[:40] for cell, name in zip(cells, found, strict=True) if not name and cell.strip()]
    return Heading({name: place for place, name in enumerate(found) if name}, tuple(unread))


@cache
def columns() -> tuple[Column, ...]:
    """Every column that is read, in the order of the data file: the national ones first."""
    return tuple(Column(**{**row, "aliases": tuple(row["aliases"])}) for row in table()["column"])


def find_column(name: str) -> Column:
    """The column called ``name``."""
    return next(column for column in columns() if column.id == name)


@cache
def table() -> dict[str, Any]:
    """The data file as it is."""
    return tomllib.loads((files("issuers") / "data" / "batch_columns.toml").read_text("utf-8"))


@cache
def _by_heading() -> dict[str, str]:
    pairs = [
        (heading_key(text), column.id)
        for column in columns()
        for text in {column.zh, column.en, *column.aliases}
    ]
    index = dict(pairs)
    if any(index[key] != name for key, name in pairs):
        raise ValueError("issuers/data/batch_columns.toml: one heading leads to two columns")
    return index


def _name_choices(missing: Sequence[Sequence[str]]) -> str:
    return ", ".join("/".join(find_column(name).zh for name in choices) for choices in missing)


def _letters(place: int) -> str:
    head, last = divmod(place, 26)
    return (_letters(head - 1) if head else "") + chr(ord("A") + last)
