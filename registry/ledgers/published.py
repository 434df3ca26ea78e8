"""Published tables as dated rows: rates, conversion rules, reward tiers, access lists. Empty until a registrar adds.

A row is never edited. A row for the same thing with a later first day ends the one before it; a row that only says
"ended" leaves nothing in its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from secrets import token_urlsafe
from typing import Any, Literal

from pymongo import ASCENDING, IndexModel
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from keys.errors import Refused
from registry.places import lineage
from registry.policy.access import Listing
from registry.policy.credits import ConversionRule, Tier
from registry.policy.ledger import Rate
from registry.policy.model import Window

Table = Literal["rates", "conversion_rules", "credit_tiers", "access_list"]
SEPARATOR = "\x1f"  # ASCII unit separator: stands in no code or name

# What makes two rows speak of the same thing.
KEYS: Mapping[Table, tuple[str, ...]] = {
    "rates": ("region", "kind", "level", "occupation"),
    "conversion_rules": ("school", "programme", "course", "kind", "occupation", "level"),
    "credit_tiers": ("region", "name"),
    "access_list": ("region", "occupation"),
}


@dataclass(frozen=True)
class PublishedRow:
    """One row: its cells, the days it holds, the publication it is taken from, who entered it and when."""

    id: str
    table: Table
    cells: Mapping[str, Any]
    window: Window
    source: str
    by: str
    at: datetime
    ended: bool = False
    """True: says only that there is nothing from that day on."""

    @property
    def key(self) -> str:
        """Equal for rows that speak of the same thing."""
        return SEPARATOR.join(str(self.cells.get(name) or "") for name in KEYS[self.table])


class PublishedTables:
    """The published_rows collection."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._rows = database["published_rows"]

    def prepare(self) -> None:
        """Make the indexes; does nothing where they are."""
        order = [("table", ASCENDING), ("key", ASCENDING), ("since", ASCENDING)]
        self._rows.create_indexes([IndexModel(order, name="row", unique=True)])

    def add(
        self,
        table: Table,
        cells: Mapping[str, Any],
        window: Window,
        *,
        source: str,
        by: str,
        at: datetime,
        ended: bool = False,
    ) -> PublishedRow:
        """Add a row. Refused ``published.window`` (ends before it begins), ``published.exists`` (same first day)."""
        if window.until is not None and window.until <= window.since:
            raise Refused("published.window", field="until")
        if "region" in cells:
            lineage(cells["region"])
        row = PublishedRow(token_urlsafe(12), table, dict(cells), window, source, by, at, ended)
        try:
            self._rows.insert_one(_to_document(row))
        except DuplicateKeyError:
            raise Refused("published.exists", field="from") from None
        return row

    def end(self, table: Table, row_id: str, *, on: date, source: str, by: str, at: datetime) -> PublishedRow:
        """Let a row hold no longer from ``on``: a row of its own that only says so.

        Refused ``published.unknown``, ``published.window`` unless the row holds that day, ``published.exists``.
        """
        found = next((row for row in self.rows(table) if row.id == row_id), None)
        if found is None:
            raise Refused("published.unknown", field="id")
        if on <= found.window.since or not found.window.covers(on):
            raise Refused("published.window", field="from")
        return self.add(table, found.cells, Window(on), source=source, by=by, at=at, ended=True)

    def rows(self, table: Table) -> tuple[PublishedRow, ...]:
        """All rows of a table with the days they really hold, by key and first day."""
        found = self._rows.find({"table": table}).sort([("key", ASCENDING), ("since", ASCENDING)])
        return close_windows(_from_document(document) for document in found)

    def rates(self) -> tuple[Rate, ...]:
        """Subsidy rates (ZJ-05, HH-27)."""
        return tuple(Rate(window=row.window, source=row.source, **row.cells) for row in self.rows("rates"))

    def conversion_rules(self) -> tuple[ConversionRule, ...]:
        """Schools' rows: which result counts how much toward which course (DG-07, JL-03)."""
        return tuple(
            ConversionRule(id=row.id, window=row.window, reference=row.source, **row.cells)
            for row in self.rows("conversion_rules")
        )

    def tiers(self) -> tuple[Tier, ...]:
        """Regions' rewards from so many credits on (DG-04)."""
        return tuple(Tier(window=row.window, **row.cells) for row in self.rows("credit_tiers"))

    def access_list(self, region: str) -> tuple[Listing, ...]:
        """The access list that holds in ``region``: its own rows and those of what contains it (NM-06)."""
        places = lineage(region)
        return tuple(
            Listing(row.cells["occupation"], row.window, row.source)
            for row in self.rows("access_list")
            if row.cells["region"] in places
        )


def close_windows(rows: Iterable[PublishedRow]) -> tuple[PublishedRow, ...]:
    """Rows (by key and first day) cut where the next of the same key begins; the "ended" ones left out."""
    closed = []
    for _, group in groupby(rows, key=lambda row: row.key):
        following: date | None = None
        for row in reversed(list(group)):
            ends = [day for day in (row.window.until, following) if day is not None]
            window = Window(row.window.since, min(ends, default=None))
            following = row.window.since
            if not row.ended:
                closed.append(replace(row, window=window))
    return tuple(closed)


def _to_document(row: PublishedRow) -> dict[str, Any]:
    until = row.window.until
    return {
        "_id": row.id,
        "table": row.table,
        "key": row.key,
        "cells": row.cells,
        "since": row.window.since.isoformat(),
        "until": until.isoformat() if until else None,
        "source": row.source,
        "by": row.by,
        "at": row.at,
        "ended": row.ended,
    }


def _from_document(document: Mapping[str, Any]) -> PublishedRow:
    until = document["until"]
    window = Window(date.fromisoformat(document["since"]), date.fromisoformat(until) if until else None)
    return PublishedRow(
        document["_id"],
        document["table"],
        document["cells"],
        window,
        document["source"],
        document["by"],
        document["at"],
        document["ended"],
    )
