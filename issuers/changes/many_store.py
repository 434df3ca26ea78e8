"""Changes of many certificates in MongoDB: prepared by one person, approved by another, done in leased chunks.

Who prepared may not approve: one conditional update decides it, not the page. A chunk whose worker is killed comes
again when its lease ends; a certificate changed already is found changed by this very act, so nothing happens twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.database import Database

from keys.errors import Refused

CHUNK = 200  # certificates: at about 3 ms each well below a second
LEASE = timedelta(seconds=60)
Document = dict[str, Any]


class ManyChanges:
    """The collections many_changes and many_chunks."""

    def __init__(self, database: Database[Document]) -> None:
        self._acts = database["many_changes"]
        self._chunks = database["many_chunks"]

    def prepare_indexes(self) -> None:
        """Make the indexes; does nothing where they are."""
        self._acts.create_indexes([IndexModel([("owner", ASCENDING), ("prepared_at", DESCENDING)])])
        self._chunks.create_indexes(
            [
                IndexModel([("many", ASCENDING), ("n", ASCENDING)], unique=True),
                IndexModel([("done", ASCENDING), ("lease_until", ASCENDING)]),
            ]
        )

    def keep(self, act: Document, codes: Sequence[str]) -> None:
        """Keep a prepared act with the certificates that it is about; ``act`` has its ``_id``."""
        for n, start in enumerate(range(0, len(codes), CHUNK)):
            some = list(codes[start : start + CHUNK])
            self._chunks.insert_one({"many": act["_id"], "n": n, "codes": some, "done": None, "changed": 0})
        # the act last: what a crash leaves behind is chunks that nobody ever lets begin
        self._acts.insert_one(act | {"state": "prepared", "total": len(codes)})

    def approve(self, many_id: str, owner: str, *, by: str, at: datetime) -> Document:
        """Let a prepared act begin. Refused ``many.second_person``, ``many.not_waiting``, ``many.unknown``."""
        return self._decide(many_id, owner, by, {"state": "running", "approved_by": by, "approved_at": at})

    def decline(self, many_id: str, owner: str, *, by: str, at: datetime) -> Document:
        """Drop a prepared act; who prepared it may take it back. Refused ``many.not_waiting``, ``many.unknown``."""
        update = {"state": "declined", "declined_by": by, "declined_at": at}
        wanted = {"_id": many_id, "owner": owner, "state": "prepared"}
        found: Document | None = self._acts.find_one_and_update(
            wanted, {"$set": update}, return_document=True
        )
        return found or self._why_not(self.find(many_id, owner), "")

    def _decide(self, many_id: str, owner: str, by: str, update: Document) -> Document:
        wanted = {"_id": many_id, "owner": owner, "state": "prepared", "prepared_by": {"$ne": by}}
        found: Document | None = self._acts.find_one_and_update(
            wanted, {"$set": update}, return_document=True
        )
        if found is None:
            return self._why_not(self.find(many_id, owner), by)
        self.release(many_id)
        return found

    def _why_not(self, act: Document, by: str) -> Document:
        if act["state"] == "prepared" and act["prepared_by"] == by:
            raise Refused("many.second_person")
        raise Refused("many.not_waiting")

    def release(self, many_id: str) -> None:
        """Let the chunks of an approved act be worked on."""
        self._chunks.update_many(
            {"many": many_id, "done": None},
            {"$set": {"done": False, "lease_until": datetime.fromisoformat("2000-01-01T00:00:00+00:00")}},
        )

    def take_chunk(self, worker: str, *, at: datetime) -> Document | None:
        """The next chunk under a lease."""
        taken: Document | None = self._chunks.find_one_and_update(
            {"done": False, "lease_until": {"$lte": at}},
            {"$set": {"lease_until": at + LEASE, "worker": worker}},
            sort=[("lease_until", ASCENDING)],
            return_document=True,
        )
        return taken

    def finish_chunk(self, chunk: Document, changed: int) -> None:
        """Say how many of the chunk the act has changed; the first who says so is believed."""
        self._chunks.update_one(
            {"_id": chunk["_id"], "done": False}, {"$set": {"done": True, "changed": changed}}
        )

    def tidy(self, *, at: datetime) -> None:
        """Finish what is done, and release what a crash left between an approval and its work."""
        for act in self._acts.find({"state": "running"}, {"_id": 1}):
            self.release(act["_id"])
            if self._chunks.find_one({"many": act["_id"], "done": {"$ne": True}}, {"_id": 1}) is None:
                self._acts.update_one(
                    {"_id": act["_id"], "state": "running"}, {"$set": {"state": "done", "done_at": at}}
                )

    def find(self, many_id: str, owner: str | None = None) -> Document:
        """An act, of that owner where one is named. Refused ``many.unknown``, for another's too."""
        found = self._acts.find_one({"_id": many_id} | ({"owner": owner} if owner else {}))
        if found is None:
            raise Refused("many.unknown", field="id")
        return found

    def latest(self, owner: str, *, limit: int) -> list[Document]:
        """The owner's acts, newest first."""
        return list(self._acts.find({"owner": owner}).sort("prepared_at", DESCENDING).limit(limit))

    def waiting(self, owner: str) -> int:
        """How many acts of the owner wait for a second person."""
        return self._acts.count_documents({"owner": owner, "state": "prepared"})

    def progress(self, many_id: str) -> tuple[int, int]:
        """How many certificates the act has gone through, and how many of them it changed."""
        gone = changed = 0
        for chunk in self._chunks.find({"many": many_id, "done": True}, {"codes": 1, "changed": 1}):
            gone, changed = gone + len(chunk["codes"]), changed + chunk["changed"]
        return gone, changed

    def codes(self, many_id: str) -> Iterator[str]:
        """The certificates that an act is about."""
        for chunk in self._chunks.find({"many": many_id}, {"codes": 1}).sort("n", ASCENDING):
            yield from chunk["codes"]
