"""The published tables as data describes them, and how a row gets into one: what a page and the API share."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, cast, get_args

from marshmallow import Schema

from issuers.archive_routes import desk
from issuers.archive_schemas import ConversionRuleSchema, ListingSchema, RateSchema, TierSchema
from issuers.session import note
from keys.errors import Refused
from registry.archive.entries import EDITION
from registry.kinds import find_kind
from registry.ledgers.published import PublishedRow, Table
from registry.levels import find_level
from registry.occupations import find_occupation
from registry.places import find_place
from registry.policy.model import Text, Window
from registry.services import registry

SCHEMAS: Mapping[Table, Schema] = {
    "rates": RateSchema(),
    "conversion_rules": ConversionRuleSchema(),
    "credit_tiers": TierSchema(),
    "access_list": ListingSchema(),
}


@dataclass(frozen=True)
class Column:
    """One column of a table. ``type``: place, kind, level, occupation, whole or text; ``hint`` None: needs none."""

    id: str
    type: str
    name: Text
    optional: bool
    hint: Text | None


@dataclass(frozen=True)
class Described:
    """A table in words: its name, what it is for, what its emptiness means, its columns."""

    id: Table
    name: Text
    lead: Text
    empty: Text
    columns: tuple[Column, ...]


@cache
def described_tables() -> Mapping[str, Described]:
    """Every published table by its id, in the order of ``issuers/data/published_tables.toml``."""
    content = tomllib.loads((files("issuers") / "data" / "published_tables.toml").read_text("utf-8"))
    return {name: _describe(name, row) for name, row in content.items() if name in get_args(Table)}


def find_table(name: str) -> Described:
    """The table of that id. Refused ``published.table``."""
    found = described_tables().get(name)
    if found is None:
        raise Refused("published.table", field="table")
    return found


def publish(table: Table, asked: dict[str, Any], *, by: str) -> PublishedRow:
    """Check the cells of a row, add it and note it. Refused at the cell's own name."""
    since, until = asked.pop("since"), asked.pop("until")
    source, ended = asked.pop("source"), asked.pop("ended")
    cells = {name: _cell(name, value) for name, value in asked.items()}
    row = desk().tables.add(
        table, cells, Window(since, until), source=source, by=by, at=registry().clock(), ended=ended
    )
    note("published.added", _subject(row), why=row.source, after=_facts(row))
    return row


def end(table: Table, row_id: str, *, on: date, source: str, by: str) -> PublishedRow:
    """End a row on a day, and note it. Refused ``published.unknown``, ``published.window``, ``published.exists``."""
    row = desk().tables.end(table, row_id, on=on, source=source, by=by, at=registry().clock())
    note("published.ended", _subject(row), why=row.source, after=_facts(row))
    return row


def at(field: str, find: Callable[[], str]) -> str:
    """What ``find`` gives; its refusal at ``field``."""
    try:
        return find()
    except Refused as refused:
        raise refused.at(field) from None


def _subject(row: PublishedRow) -> str:
    return f"published:{row.table}:{row.id}"


def _facts(row: PublishedRow) -> dict[str, Any]:
    told = {key: value for key, value in row.cells.items() if value is not None}
    return told | {"from": row.window.since.isoformat()}


_CHECKS: Mapping[str, Callable[[str], str]] = {
    "region": lambda code: find_place(code).code,
    "kind": lambda kind: find_kind(kind).id,
    "level": lambda level: find_level(level).id,
    "occupation": lambda code: find_occupation(code, EDITION).code,
}


def _cell(name: str, value: Any) -> Any:
    check = _CHECKS.get(name)
    return value if check is None or value is None else at(name, lambda: check(value))


def _describe(name: str, row: Mapping[str, Any]) -> Described:
    columns = tuple(
        Column(
            column["id"],
            column["type"],
            Text(column["zh"], column["en"]),
            column.get("optional", False),
            Text(column["hint_zh"], column["hint_en"]) if "hint_zh" in column else None,
        )
        for column in row["column"]
    )
    return Described(
        cast("Table", name),
        Text(row["zh"], row["en"]),
        Text(row["lead_zh"], row["lead_en"]),
        Text(row["empty_zh"], row["empty_en"]),
        columns,
    )
