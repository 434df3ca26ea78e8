"""Finding certificates for who works at the record: every search begins at an index, and says when it is too wide.

A number, a name or an identity document leads to few certificates by an index of its own. Everything else walks the
certificates of the asked assessors, newest first, by ``assessor_recent``; days of recording bound the walk.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pymongo import DESCENDING
from pymongo.cursor import Cursor
from pymongo.database import Database
from pymongo.errors import ExecutionTimeout

from keys.errors import Refused
from keys.vault import Vault
from registry.certificate import CertificateRecord
from registry.credential import day_start
from registry.people import name_key, open_holder
from registry.places import within
from registry.record_documents import from_document
from registry.state import State

PAGE = 50  # certificates a page of a list
MOST_MILLISECONDS = 3_000  # then the search is too wide; a page should not wait longer
WHOLE_NUMBER = 22  # characters of a certificate's number
CODES = 10_000  # of one question to the record: a document of under 400 kB
NEWEST = [("recorded_at", DESCENDING), ("_id", DESCENDING)]


@dataclass(frozen=True)
class Query:
    """What is asked for; everything given must fit. ``assessors`` bound it: one's own id, or all there are.

    ``number`` is the start of a number, ``numbers`` whole ones, ``codes`` those of a batch. ``names`` and ``persons``
    are keyed hashes, so that no query holds a person. Days are included at both ends, in China.
    """

    assessors: tuple[str, ...]
    number: str = ""
    numbers: tuple[str, ...] = ()
    codes: tuple[str, ...] = field(default=(), repr=False)
    names: tuple[bytes, ...] = field(default=(), repr=False)
    persons: tuple[bytes, ...] = field(default=(), repr=False)
    occupations: tuple[str, ...] = ()
    level: str = ""
    state: str = ""
    issued_from: date | None = None
    issued_to: date | None = None
    recorded_from: date | None = None
    recorded_to: date | None = None
    act: str = ""

    def document(self) -> dict[str, Any]:
        """As MongoDB is asked."""
        wanted: dict[str, Any] = {"assessor": {"$in": list(self.assessors)}}
        if self.number:
            whole = len(self.number) == WHOLE_NUMBER
            wanted["number"] = self.number if whole else {"$regex": f"^{re.escape(self.number)}"}
        wanted |= {name: {"$in": list(values)} for name, values in self._lists().items() if values}
        wanted |= {name: value for name, value in self._words().items() if value}
        return wanted | {name: limits for name, limits in self._spans().items() if limits}

    @property
    def hint(self) -> str | list[tuple[str, int]]:
        """The index that the search begins at."""
        if self.codes:
            return [("_id", 1)]
        if self.numbers or self.number:
            return "number_standing"
        if self.persons:
            return "person"
        return "name_key" if self.names else "assessor_recent"

    def _lists(self) -> dict[str, Sequence[object]]:
        return {
            "number": self.numbers,
            "_id": self.codes,
            "person": self.persons,
            "name_key": self.names,
            "occupation.code": self.occupations,
        }

    def _words(self) -> dict[str, str]:
        return {"level": self.level, "state": self.state, "changes.act": self.act}

    def _spans(self) -> dict[str, dict[str, object]]:
        issued = {"$gte": self.issued_from, "$lte": self.issued_to}
        after = self.recorded_to + timedelta(days=1) if self.recorded_to else None
        recorded = {"$gte": self.recorded_from, "$lt": after}  # before the first moment of the day after
        return {
            "issued_on": {sign: day.isoformat() for sign, day in issued.items() if day},
            "recorded_at": {sign: _start(day) for sign, day in recorded.items() if day},
        }


def _start(day: date) -> datetime:
    return datetime.fromisoformat(day_start(day))


class Searching:
    """Reads the certificates collection for queries."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._certificates = database["certificates"]

    def page(
        self, query: Query, *, before: str | None = None, limit: int = PAGE
    ) -> tuple[list[CertificateRecord], str | None]:
        """Those that fit, newest first, and the next page's cursor. Refused ``record.cursor``, ``search.wide``."""
        try:
            found = [from_document(one) for one in self.find(query, before=before, limit=limit + 1)]
        except ExecutionTimeout:
            raise Refused("search.wide") from None
        return _cut(found, limit)

    def find(self, query: Query, *, before: str | None = None, limit: int = 0) -> Cursor[dict[str, Any]]:
        """The documents that fit, newest first."""
        wanted = query.document()
        if before:
            wanted["$or"] = older_than(before)
        found = self._certificates.find(wanted, hint=query.hint, max_time_ms=MOST_MILLISECONDS)
        return found.sort(NEWEST).limit(limit)

    def holders(
        self,
        assessors: Sequence[str],
        *,
        kinds: Sequence[str],
        levels: Sequence[str | None],
        region: str,
        before: str | None = None,
        limit: int = PAGE,
    ) -> tuple[list[CertificateRecord], str | None]:
        """Certificates in force of these assessors, kinds and levels in a region, newest first, and the next cursor.

        The assessors bound the search by the index ``assessor_recent``. Refused ``record.cursor``.
        """
        wanted: dict[str, Any] = {
            "assessor": {"$in": list(assessors)},
            "kind": {"$in": list(kinds)},
            "level": {"$in": list(levels)},
            "region": {"$regex": f"^{re.escape(within(region))}"},
            "state": State.VALID.value,
        }
        if before:
            wanted["$or"] = older_than(before)
        found = self._certificates.find(wanted).sort(NEWEST).limit(limit + 1)
        return _cut([from_document(one) for one in found], limit)

    def codes(self, query: Query, *, limit: int) -> list[str]:
        """The codes of those that fit, ``limit`` at most. Refused ``search.wide``."""
        try:
            found = self._certificates.find(
                query.document(), {"_id": 1}, hint=query.hint, max_time_ms=10 * MOST_MILLISECONDS
            )
            return [one["_id"] for one in found.limit(limit)]
        except ExecutionTimeout:
            raise Refused("search.wide") from None

    def index_names(self, vault: Vault) -> int:
        """Give certificates from before names were searched their keyed hash; how many. Running it again is safe."""
        done = 0
        missing = {"name_key": {"$exists": False}}
        for one in self._certificates.find(missing, {"holder": 1}):
            name = open_holder(vault, one["holder"], code=one["_id"]).name
            update = {"$set": {"name_key": name_key(vault, name)}}
            done += self._certificates.update_one({"_id": one["_id"]} | missing, update).modified_count
        return done

    def count_by(self, codes: Sequence[str], *fields: str) -> list[tuple[tuple[Any, ...], int]]:
        """How many of the codes there are of each combination of fields, most first."""
        group = {name.replace(".", "_"): f"${name}" for name in fields}
        found: dict[tuple[Any, ...], int] = {}
        for start in range(0, len(codes), CODES):
            some = {"$match": {"_id": {"$in": list(codes[start : start + CODES])}}}
            for one in self._certificates.aggregate([some, {"$group": {"_id": group, "n": {"$sum": 1}}}]):
                key = tuple(one["_id"].get(name) for name in group)
                found[key] = found.get(key, 0) + one["n"]
        return sorted(found.items(), key=lambda pair: (-pair[1], str(pair[0])))


def _cut(found: list[CertificateRecord], limit: int) -> tuple[list[CertificateRecord], str | None]:
    return found[:limit], cursor_of(found[limit - 1]) if len(found) > limit else None


def cursor_of(last: CertificateRecord) -> str:
    """Where the page after this certificate begins."""
    return f"{last.recorded_at.isoformat()} {last.code}"


def older_than(cursor: str) -> list[dict[str, Any]]:
    """What fits behind a cursor. Refused ``record.cursor``."""
    moment, _, code = cursor.partition(" ")
    try:
        at = datetime.fromisoformat(moment).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused("record.cursor", field="before") from None
    return [{"recorded_at": {"$lt": at}}, {"recorded_at": at, "_id": {"$lt": code}}]
