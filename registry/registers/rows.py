"""Rows that are added and never edited: one log a stream, numbered without a gap, chained by digests.

A row's digest covers its content, its time, its author and the digest of the row before it, so a row that was
altered or taken away breaks every digest after it. What a change needs to know of earlier rows is read, decided
and written as one step: two writers compute the same next number, the unique ``_id`` lets one of them through,
and the other decides again with the new row in sight.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import rfc8785
from pymongo import ASCENDING, IndexModel
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from keys.errors import Refused
from registry.view import describe_instant

ATTEMPTS = 50  # writers to one stream at one moment before one is sent away; each round lets one through
NO_DIGEST = "0" * 64  # before the first row

Content = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """One row: ``number`` counts from 1 in its stream, ``digest`` is SHA-256 (hex) over it and those before."""

    stream: str
    number: int
    content: Content
    recorded_at: datetime
    by: str
    digest: str


Decide = Callable[[Sequence[Row]], Content]
"""From the rows so far to the content of the next one; may refuse."""


class RowLog:
    """The ``register_rows`` collection."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._rows: Collection[dict[str, Any]] = database["register_rows"]

    def prepare(self) -> None:
        """Make the indexes; does nothing where they are."""
        self._rows.create_indexes(
            [
                IndexModel([("stream", ASCENDING), ("number", ASCENDING)], name="stream", unique=True),
                IndexModel(
                    [("register", ASCENDING), ("content.subject", ASCENDING)],
                    name="subject",
                    partialFilterExpression={"content.subject": {"$exists": True}},
                ),
                IndexModel(
                    [("register", ASCENDING), ("stream", ASCENDING), ("number", ASCENDING)], name="register"
                ),
            ]
        )

    def read(self, stream: str, *, session: ClientSession | None = None) -> list[Row]:
        """The rows of a stream, oldest first."""
        found = self._rows.find({"stream": stream}, session=session).sort("number", ASCENDING)
        return [_from_document(one) for one in found]

    def read_register(self, register: str, **wanted: Any) -> list[Row]:
        """The rows of every stream of a register (the part of its name before ``:``), stream by stream."""
        order = [("stream", ASCENDING), ("number", ASCENDING)]
        found = self._rows.find({"register": register, **wanted}).sort(order)
        return [_from_document(one) for one in found]

    def append(
        self, stream: str, decide: Decide, *, at: datetime, by: str, session: ClientSession | None = None
    ) -> Row:
        """The new row that ``decide`` made; Refused what it refuses, or ``register.busy``.

        In a ``session``'s transaction there is one attempt: a collision ends the transaction.
        """
        for _ in range(1 if session else ATTEMPTS):
            rows = self.read(stream, session=session)
            last = rows[-1] if rows else None
            row = make_row(stream, last, decide(rows), at=at, by=by)
            try:
                self._rows.insert_one(_to_document(row), session=session)
            except DuplicateKeyError:
                continue
            return row
        raise Refused("register.busy")


def make_row(stream: str, last: Row | None, content: Content, *, at: datetime, by: str) -> Row:
    """The row after ``last``."""
    number, before = (last.number + 1, last.digest) if last else (1, NO_DIGEST)
    return Row(stream, number, content, at, by, _digest(stream, number, content, at, by, before))


def check_chain(rows: Iterable[Row]) -> None:
    """Refused ``register.altered`` (with the row's number) unless the rows of one stream are all there, untouched."""
    last: Row | None = None
    for row in rows:
        if row != make_row(row.stream, last, row.content, at=row.recorded_at, by=row.by):
            raise Refused("register.altered", number=row.number)
        last = row


def digest_of(document: object) -> str:
    """SHA-256 (hex) of a JSON value in its canonical form (RFC 8785)."""
    return hashlib.sha256(rfc8785.dumps(document)).hexdigest()  # type: ignore[arg-type]  # JSON by construction


def _digest(stream: str, number: int, content: Content, at: datetime, by: str, before: str) -> str:
    return digest_of([stream, number, dict(content), describe_instant(at), by, before])


def _to_document(row: Row) -> dict[str, Any]:
    return {
        "_id": f"{row.stream}#{row.number}",
        "register": row.stream.partition(":")[0],
        "stream": row.stream,
        "number": row.number,
        "content": dict(row.content),
        "recorded_at": row.recorded_at,
        "by": row.by,
        "digest": row.digest,
    }


def _from_document(document: Mapping[str, Any]) -> Row:
    names = ("stream", "number", "content", "recorded_at", "by", "digest")
    return Row(**{name: document[name] for name in names})
