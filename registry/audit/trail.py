"""The trail in MongoDB: appended to, read, never changed. One document says where it ends.

An append is one transaction: the end is moved on the condition that it is where this writer saw it, the entries are
inserted, and what they were made from is done with (acts leave their collection, the change stream's token moves).
So a writer killed at any moment leaves all of it or nothing, and of two writers one is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pymongo
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from registry.audit.entries import NOTHING_BEFORE, Happening, chain
from registry.following import Overtaken

END = "end"  # the one document of `trail_end`
PAGE = 50
ABOUT = "after.assessor"  # whose certificate it was done to, where another did it
DECISIONS = (  # what the bureau decides about an assessor, the subject; single votes are the committee's own matter
    "accreditation.applied",
    "accreditation.approved",
    "accreditation.ended",
    "accreditation.proposed",
    "accreditation.recorded",
    "accreditation.refused",
    "assessor.admitted",
    "key.adopted",
    "key.declined",
)
# A writer killed within its transaction holds the end until the server gives it up: 60 s unless set otherwise.
APPEND_SECONDS = 90.0

Also = Callable[[ClientSession], None]


@dataclass(frozen=True)
class End:
    """The last entry's number and hash, and since when; number 0 where there is none."""

    seq: int
    hash: str
    at: datetime | None
    state: Mapping[str, Any]  # how far the writer has followed the certificates


NOWHERE = End(0, NOTHING_BEFORE, None, {})


@dataclass(frozen=True)
class Filter:
    """Which entries: each field as given, empty for all. Days are moments: from the first, before the last."""

    by: str = ""
    owner: str = ""
    act: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None
    about: str = ""
    """An assessor: its own acts, the registry's on its certificates, and what was decided about it."""

    def query(self) -> dict[str, Any]:
        """The question to MongoDB."""
        wanted: dict[str, Any] = {
            name: getattr(self, name) for name in ("by", "owner", "act", "subject") if getattr(self, name)
        }
        if self.since:
            wanted.setdefault("moment", {})["$gte"] = self.since
        if self.until:
            wanted.setdefault("moment", {})["$lt"] = self.until
        if self.about:
            wanted["$or"] = self._what_concerns(self.about)
        return wanted

    def _what_concerns(self, assessor: str) -> list[dict[str, Any]]:
        concerning: list[dict[str, Any]] = [{"owner": assessor}, {ABOUT: assessor}]
        # Who decided is not told, and must not be found by asking for one after the other either.
        if not self.by:
            concerning.append({"subject": f"assessor:{assessor}", "act": {"$in": DECISIONS}})
        return concerning


def is_decision_about(entry: Mapping[str, Any], assessor: str) -> bool:
    """Whether an entry is what others decided about an assessor: it learns that, but not which person did it."""
    return bool(entry["subject"] == f"assessor:{assessor}" and entry["owner"] != assessor)


class Trail:
    """The trail, trail_end and trail_checks collections."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._database = database
        self._trail: Collection[dict[str, Any]] = database["trail"]
        self._end: Collection[dict[str, Any]] = database["trail_end"]

    def prepare(self) -> None:
        """Make the indexes; does nothing where they are."""
        by_place = [[(name, ASCENDING), ("_id", DESCENDING)] for name in ("by", "owner", "act", "subject")]
        about = IndexModel(
            [(ABOUT, ASCENDING), ("_id", DESCENDING)], partialFilterExpression={ABOUT: {"$exists": True}}
        )
        self._trail.create_indexes(
            [IndexModel("event", unique=True), IndexModel("moment"), *map(IndexModel, by_place), about]
        )
        try:
            self._end.insert_one({"_id": END, **vars(NOWHERE)})
        except DuplicateKeyError:
            return

    def end(self) -> End:
        """Where the trail ends."""
        found = self._end.find_one({"_id": END}) or {
            "seq": 0,
            "hash": NOTHING_BEFORE,
            "at": None,
            "state": {},
        }
        return End(found["seq"], found["hash"], found["at"], found["state"])

    def append(
        self,
        end: End,
        happenings: Sequence[Happening],
        *,
        at: datetime,
        state: Mapping[str, Any] | None = None,
        also: Also | None = None,
    ) -> End:
        """Append what is not there yet, keep how far the writer is, do ``also``: all in one transaction.

        Raises `Overtaken`.
        """
        known = self._known(happenings)
        fresh = list({one.event: one for one in happenings if one.event not in known}.values())
        entries = chain(fresh, seq=end.seq, previous=end.hash)
        after = replace(end, state=end.state if state is None else state)
        if entries:
            after = replace(after, seq=entries[-1]["_id"], hash=entries[-1]["hash"], at=at)

        def write(session: ClientSession) -> None:
            moved = self._end.update_one(
                {"_id": END, "seq": end.seq, "hash": end.hash, "state": end.state},
                {"$set": {name: getattr(after, name) for name in ("seq", "hash", "at", "state")}},
                session=session,
            )
            if not moved.matched_count:
                raise Overtaken
            if entries:
                self._trail.insert_many(entries, session=session)
            if also:
                also(session)

        with pymongo.timeout(APPEND_SECONDS), self._database.client.start_session() as session:
            session.with_transaction(write)
        return after

    def _known(self, happenings: Sequence[Happening]) -> set[str]:
        events = [one.event for one in happenings]
        if not events:
            return set()
        found = self._trail.find({"event": {"$in": events}}, {"_id": 0, "event": 1})
        return {one["event"] for one in found}

    # --- reading ---

    def page(
        self, wanted: Filter, *, before: int | None = None, limit: int = PAGE
    ) -> tuple[list[dict[str, Any]], int | None]:
        """Entries, newest first, and the number before which the next page begins."""
        query = wanted.query() | ({"_id": {"$lt": before}} if before else {})
        found = list(self._trail.find(query).sort("_id", DESCENDING).limit(limit + 1))
        return found[:limit], found[limit - 1]["_id"] if len(found) > limit else None

    def walk(self, wanted: Filter | None = None, *, after: int = 0) -> Iterator[dict[str, Any]]:
        """Entries in order."""
        query = (wanted.query() if wanted else {}) | {"_id": {"$gt": after}}
        yield from self._trail.find(query, batch_size=1_000).sort("_id", ASCENDING)

    def acts(self) -> list[str]:
        """The names of all acts in the trail."""
        return sorted(self._trail.distinct("act"))
