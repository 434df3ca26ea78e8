"""Batches and their uploads in MongoDB; their chunks are in `issuers.batches.chunks`.

A batch is received, checked, prepared; approved it runs, may be paused, and is done or cancelled. Whoever works takes
the next chunk under a lease; what became of its rows is written once, in one update. So workers may be many, and each
may be killed at any moment: the rows of a chunk have codes of their own, and a code is recorded once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from issuers.batches.chunks import Chunks, Counts, Document
from issuers.batches.limits import (
    CHECK_LEASE,
    OPEN_BATCHES,
    PREPARED_LIFE,
    RECEIVING,
    RESULT_LIFE,
)
from keys.errors import Refused


class BatchState(StrEnum):
    """Where a batch stands."""

    RECEIVING = "receiving"
    CHECKING = "checking"
    REFUSED = "refused"
    """The file is no list: nothing of it was kept."""
    PREPARED = "prepared"
    WITHDRAWN = "withdrawn"
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    DONE = "done"


OPEN = (BatchState.RECEIVING, BatchState.CHECKING, BatchState.PREPARED, BatchState.RUNNING, BatchState.PAUSED)
TURNS: Mapping[str, tuple[tuple[BatchState, ...], BatchState]] = {
    "pause": ((BatchState.RUNNING,), BatchState.PAUSED),
    "resume": ((BatchState.PAUSED,), BatchState.RUNNING),
    "cancel": ((BatchState.RUNNING, BatchState.PAUSED), BatchState.CANCELLED),
    "withdraw": ((BatchState.PREPARED,), BatchState.WITHDRAWN),
}


class Batches:
    """The collections batches and batch_pieces, and the chunks."""

    def __init__(self, database: Database[Document]) -> None:
        self._batches: Collection[Document] = database["batches"]
        self.chunks = Chunks(database)
        self._pieces: Collection[Document] = database["batch_pieces"]

    def prepare(self) -> None:
        """Make the indexes; does nothing where they are."""
        self.chunks.prepare()
        self._batches.create_indexes(
            [
                IndexModel([("assessor", ASCENDING), ("received_at", DESCENDING)]),
                IndexModel([("state", ASCENDING), ("received_at", ASCENDING)]),
                IndexModel("keep_until", expireAfterSeconds=0),
            ]
        )
        self._pieces.create_indexes(
            [
                IndexModel([("batch", ASCENDING), ("n", ASCENDING)], unique=True),
                IndexModel("keep_until", expireAfterSeconds=0),
            ]
        )

    # --- receiving and checking ---

    def open(self, batch_id: str, assessor: str, *, by: str, at: datetime) -> bool:
        """Begin a batch; False where it was begun before. Refused ``batch.busy`` when too many are open."""
        if (
            self._batches.count_documents({"assessor": assessor, "state": {"$in": list(OPEN)}})
            >= OPEN_BATCHES
        ):
            raise Refused("batch.busy", limit=OPEN_BATCHES)
        batch = {
            "_id": batch_id,
            "assessor": assessor,
            "by": by,
            "state": BatchState.RECEIVING.value,
            "received_at": at,
            "lease_until": at,
            "tries": 0,
            "keep_until": at + PREPARED_LIFE,
        }
        try:
            self._batches.insert_one(batch)
        except DuplicateKeyError:
            return False
        return True

    def add_piece(self, batch_id: str, n: int, sealed: bytes, *, at: datetime) -> None:
        """Keep a piece of an upload, sealed."""
        self._pieces.insert_one({"batch": batch_id, "n": n, "data": sealed, "keep_until": at + PREPARED_LIFE})

    def received(self, batch_id: str, facts: Mapping[str, Any]) -> None:
        """The upload is whole: a worker may check it."""
        self._batches.update_one(
            {"_id": batch_id}, {"$set": {"state": BatchState.CHECKING.value, "facts": facts}}
        )

    def drop(self, batch_id: str) -> None:
        """Forget a batch that was not received whole."""
        self._pieces.delete_many({"batch": batch_id})
        self._batches.delete_one({"_id": batch_id, "state": BatchState.RECEIVING.value})

    def take_upload(self, *, at: datetime) -> Document | None:
        """The next upload to check, under a lease; an attempt that another began is left behind."""
        taken = self._batches.find_one_and_update(
            {"state": BatchState.CHECKING.value, "lease_until": {"$lte": at}},
            {"$set": {"lease_until": at + CHECK_LEASE, "checked": 0}, "$inc": {"tries": 1}},
            sort=[("received_at", ASCENDING)],
            return_document=True,
        )
        if taken:
            self.chunks.clear_attempts(taken["_id"])
        return taken

    def pieces(self, batch_id: str) -> Iterator[Document]:
        """The pieces of an upload, in order, one at a time."""
        yield from self._pieces.find({"batch": batch_id}, batch_size=2).sort("n", ASCENDING)

    def renew(self, batch: Document, checked: int, *, at: datetime) -> None:
        """Tell how many rows were checked, and go on holding the lease."""
        self._batches.update_one(
            {"_id": batch["_id"], "tries": batch["tries"]},
            {"$set": {"checked": checked, "lease_until": at + CHECK_LEASE}},
        )

    def checked(self, batch: Document, summary: Mapping[str, Any]) -> None:
        """The batch is prepared. Nothing happens where another attempt was quicker."""
        prepared = {"state": BatchState.PREPARED.value, "part": part_of(batch), **summary}
        self._batches.update_one(self._attempt(batch), {"$set": prepared, "$unset": {"lease_until": ""}})
        self._pieces.delete_many({"batch": batch["_id"]})

    def refuse(self, batch: Document, refused: Refused, *, at: datetime) -> None:
        """The file is no list: keep why, and nothing else."""
        why = {"code": refused.code, "params": dict(refused.params)}
        update = {"state": BatchState.REFUSED.value, "refusal": why, "finished_at": at}
        self._batches.update_one(self._attempt(batch), {"$set": update})
        self._pieces.delete_many({"batch": batch["_id"]})
        self.chunks.clear(part_of(batch))

    def _attempt(self, batch: Document) -> Document:
        return {"_id": batch["_id"], "state": {"$in": _BEFORE}, "tries": batch["tries"]}

    # --- deciding ---

    def approve(self, batch_id: str, *, by: str, at: datetime) -> None:
        """Let the work begin. Refused ``batch.state``."""
        update = {
            "state": BatchState.RUNNING.value,
            "approved_by": by,
            "approved_at": at,
            "running_since": at,
        }
        update |= {"ran": 0.0, "keep_until": at + RESULT_LIFE}
        part = self.find(batch_id).get("part", "")
        self.chunks.keep(part, until=at + RESULT_LIFE)
        self._change(batch_id, (BatchState.PREPARED,), update)

    def turn(self, batch_id: str, act: str, *, by: str, at: datetime) -> None:
        """Pause, resume, cancel or withdraw. Refused ``batch.state`` where it cannot be done now."""
        before, after = TURNS[act]
        batch = self.find(batch_id)
        update: Document = {"state": after.value, "turned_by": by, "turned_at": at}
        if batch["state"] == BatchState.RUNNING.value:
            update["ran"] = batch["ran"] + (at - batch["running_since"]).total_seconds()
        if after is BatchState.RUNNING:
            update["running_since"] = at
        if after in {BatchState.CANCELLED, BatchState.WITHDRAWN}:
            update["finished_at"] = at
        self._change(batch_id, before, update)

    def _change(self, batch_id: str, before: Sequence[BatchState], update: Document) -> None:
        wanted = {"_id": batch_id, "state": {"$in": [state.value for state in before]}}
        if not self._batches.update_one(wanted, {"$set": update}).matched_count:
            raise Refused("batch.state")

    # --- working ---

    def chunks_waiting(self) -> int:
        """How many chunks of the running batches are not done yet."""
        running = self._batches.find({"state": BatchState.RUNNING.value}, {"part": 1})
        parts = [one["part"] for one in running if "part" in one]
        return self.chunks.count_waiting(parts)

    def take_chunks(self, worker: str, *, at: datetime, limit: int) -> list[Document]:
        """The next chunks of a batch under a lease, first chunks first: a short batch need not wait for a long one.

        Of a cancelled batch only what was begun: whoever was killed over it may have recorded a part.
        """
        states = (BatchState.RUNNING.value, BatchState.CANCELLED.value)
        found = list(self._batches.find({"state": {"$in": states}, "settled": None}, {"part": 1, "state": 1}))
        for state in states:
            parts = [one["part"] for one in found if one["state"] == state]
            begun = state == BatchState.CANCELLED.value
            if taken := self.chunks.take(parts, worker, at=at, limit=limit, only_begun=begun):
                return taken
        return []

    def finish(self, batch_id: str, counts: Counts, *, at: datetime) -> None:
        """The batch is done; who says so first stands."""
        batch = self.find(batch_id)
        ran = batch["ran"] + (at - batch["running_since"]).total_seconds()
        update = {"state": BatchState.DONE.value, "finished_at": at, "ran": ran, **vars(counts)}
        self._batches.update_one({"_id": batch_id, "state": BatchState.RUNNING.value}, {"$set": update})

    def settle(self, batch_id: str, counts: Counts) -> None:
        """A cancelled batch: nothing of it is under way any more; its names are forgotten."""
        part = self.find(batch_id)["part"]
        self.chunks.forget_left(part)
        self._batches.update_one({"_id": batch_id}, {"$set": {"settled": True, **vars(counts)}})

    def tidy(self, *, at: datetime) -> list[Document]:
        """Put right what a killed process left behind; the batches that are to be finished or settled."""
        stale = {"state": BatchState.RECEIVING.value, "received_at": {"$lt": at - RECEIVING}}
        for batch in self._batches.find(stale, {"_id": 1}):
            self.drop(batch["_id"])
        ended = {"state": BatchState.WITHDRAWN.value, "settled": None}
        for batch in list(self._batches.find(ended)):
            self.chunks.forget_all(batch["part"])
            self._batches.update_one({"_id": batch["_id"]}, {"$set": {"settled": True}})
        running = list(self._batches.find({"state": BatchState.RUNNING.value}))
        cancelled = list(self._batches.find({"state": BatchState.CANCELLED.value, "settled": None}))
        return [one for one in running if self.chunks.are_done(one["part"])] + [
            one for one in cancelled if not self.chunks.are_under_way(one["part"])
        ]

    # --- reading ---

    def find(self, batch_id: str, assessor: str | None = None) -> Document:
        """A batch, of that assessor where one is named. Refused ``batch.unknown``, for another's too."""
        found = self._batches.find_one({"_id": batch_id} | ({"assessor": assessor} if assessor else {}))
        if found is None:
            raise Refused("batch.unknown", field="id")
        return found

    def find_part(self, part: str) -> Document:
        """The batch of an accepted part."""
        return self.find(part.rpartition(".")[0])

    def latest(self, assessor: str, *, limit: int) -> list[Document]:
        """The assessor's batches, newest first."""
        return list(self._batches.find({"assessor": assessor}).sort("received_at", DESCENDING).limit(limit))

    def count(self, assessor: str, *states: BatchState) -> int:
        """How many batches of the assessor are in one of the states."""
        wanted = {"assessor": assessor, "state": {"$in": [state.value for state in states]}}
        return self._batches.count_documents(wanted)

    def running(self) -> int:
        """How many batches of everybody are being issued."""
        return self._batches.count_documents({"state": BatchState.RUNNING.value})

    def codes(self, batch_id: str) -> Iterator[str]:
        """The codes of every certificate that a batch has issued, in the order of its rows."""
        for chunk in self.chunks.each(self.find(batch_id).get("part", ""), "issued"):
            yield from (code for _, _, code in chunk.get("issued", ()))


_BEFORE = [BatchState.RECEIVING.value, BatchState.CHECKING.value]


def part_of(batch: Document) -> str:
    """The name of the chunks that this attempt at a batch makes."""
    return f"{batch['_id']}.{batch['tries']}"
