"""Slows guessing: only misses count, so that who knows what they ask for is never stopped.

Counted in MongoDB, so that every server process sees the same count. Kept for a window of time under a keyed hash:
neither an address nor a number lies in the database, and nothing is left when the window is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

from pymongo import IndexModel, UpdateOne, WriteConcern
from pymongo.collection import Collection
from pymongo.database import Database

from keys.vault import Vault

PURPOSE = "look-up misses"


@dataclass(frozen=True)
class Limit:
    """So many misses in so long a window."""

    misses: int
    window: timedelta


# A clerk with a pile of paper mistypes a few; 30 in ten minutes from one address is a program. An office behind one
# address shares the count, and has the bulk check for piles.
PER_ADDRESS = Limit(30, timedelta(minutes=10))

Counted = tuple[Limit, str]


class Guesses:
    """The lookup_misses collection."""

    def __init__(self, database: Database[dict[str, Any]], vault: Vault) -> None:
        # a primary that dies may take its last counts along: a few tries more, and no look-up waits for the others
        quick = WriteConcern(w=1, j=False)
        self._misses: Collection[dict[str, Any]] = database["lookup_misses"].with_options(write_concern=quick)
        self._vault = vault

    def prepare(self) -> None:
        """Make the index; does nothing where it is."""
        self._misses.create_indexes([IndexModel("until", expireAfterSeconds=0)])

    def begin(self, counted: Sequence[Counted], *, at: datetime) -> int | None:
        """Count a try before it is judged, so that many at once get no more than one after the other would.

        The seconds to wait where a limit is reached: then nothing is counted, and nothing may be judged. Who was
        right gives the try back with `forgive`; until then it counts as one, so of one address no more than
        `PER_ADDRESS` are judged side by side.
        """
        over = [_end(limit, at) for limit, what in counted if self._add(limit, what, at) > limit.misses]
        if not over:
            return None
        self.forgive(counted, at=at)
        return ceil((max(over) - at).total_seconds())

    def forgive(self, counted: Sequence[Counted], *, at: datetime) -> None:
        """Take back what `begin` counted: it was no miss."""
        self._misses.bulk_write(
            [UpdateOne({"_id": self._key(limit, what, at)}, {"$inc": {"n": -1}}) for limit, what in counted],
            ordered=False,
        )

    def _add(self, limit: Limit, what: str, at: datetime) -> int:
        found = self._misses.find_one_and_update(
            {"_id": self._key(limit, what, at)},
            {"$inc": {"n": 1}, "$setOnInsert": {"until": _end(limit, at)}},
            upsert=True,
            return_document=True,
        )
        return int((found or {})["n"])

    def _key(self, limit: Limit, what: str, at: datetime) -> bytes:
        return self._vault.digest(f"{_end(limit, at).isoformat()} {what}".encode(), purpose=PURPOSE)


def _end(limit: Limit, at: datetime) -> datetime:
    seconds = int(limit.window.total_seconds())
    return datetime.fromtimestamp((int(at.timestamp()) // seconds + 1) * seconds, UTC)
