"""The chunks of batches in MongoDB: a few hundred rows each, taken under a lease, done once.

``part`` names the chunks that one attempt at a batch makes (`issuers.batches.store.part_of`), ``n`` counts them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.write_concern import WriteConcern

from issuers.batches.limits import LEASE, PREPARED_LIFE

Document = dict[str, Any]

UNAWAITED = WriteConcern(w=1, j=False)
"""For a chunk's lease: where a crash loses one, the chunk is worked on again, each row under its own code."""
_LEFT = {"done": False}
_UNDER_WAY = {"done": False, "tries": {"$gt": 0}}


@dataclass(frozen=True)
class ChunkDone:
    """What became of a chunk: (row, number, code) of what was issued, (row, reason) of what was not."""

    issued: Sequence[tuple[int, str, str]]
    failed: Sequence[tuple[int, str]]


@dataclass(frozen=True)
class Counts:
    """How many rows of a batch were dealt with so far."""

    issued: int = 0
    failed: int = 0

    @property
    def done(self) -> int:
        """Rows that are done, one way or the other."""
        return self.issued + self.failed


class Chunks:
    """The collection batch_chunks."""

    def __init__(self, database: Database[Document]) -> None:
        self._chunks: Collection[Document] = database["batch_chunks"]
        self._leases = self._chunks.with_options(write_concern=UNAWAITED)

    def prepare(self) -> None:
        """Make the indexes; does nothing where they are."""
        self._chunks.create_indexes(
            [
                IndexModel([("part", ASCENDING), ("n", ASCENDING)], unique=True),
                IndexModel([("part", ASCENDING), ("done", ASCENDING), ("n", ASCENDING)]),
                IndexModel("keep_until", expireAfterSeconds=0),
            ]
        )

    # --- as long as a batch is checked and waits ---

    def add(self, part: str, n: int, chunk: Mapping[str, Any], *, at: datetime) -> None:
        """Keep a chunk: ``rows`` good ones sealed in ``input``, ``wrong`` others, their ``findings`` sealed."""
        state = {"done": False, "tries": 0, "lease_until": at, "keep_until": at + PREPARED_LIFE}
        self._chunks.insert_one({"part": part, "n": n, **chunk, **state})

    def clear(self, part: str) -> None:
        """Forget the chunks of an attempt."""
        self._chunks.delete_many({"part": part})

    def clear_attempts(self, batch_id: str) -> None:
        """Forget the chunks of every attempt at a batch."""
        self._chunks.delete_many({"part": {"$regex": f"^{batch_id}\\."}})

    def keep(self, part: str, *, until: datetime) -> None:
        """Keep the chunks as long as that."""
        self._chunks.update_many({"part": part}, {"$set": {"keep_until": until}})

    def forget_left(self, part: str) -> None:
        """Forget the rows that are not done, of a batch that was cancelled."""
        self._chunks.update_many({"part": part, **_LEFT}, {"$unset": {"input": ""}})

    def forget_all(self, part: str) -> None:
        """Forget rows and mistakes, of a batch that was withdrawn."""
        self._chunks.update_many({"part": part}, {"$unset": {"input": "", "findings": ""}})

    # --- while it is issued ---

    def take(
        self, parts: Iterable[str], worker: str, *, at: datetime, limit: int, only_begun: bool = False
    ) -> list[Document]:
        """The next chunks, of one part, under a lease: first chunks first, whichever part they are of.

        One that was begun before comes alone: if it ends workers, it takes no others with it.
        """
        first = self._take(
            {"part": {"$in": list(parts)}, **(_UNDER_WAY if only_begun else _LEFT)}, worker, at
        )
        taken = [first] if first else []
        while first and first["tries"] == 1 and len(taken) < limit:
            chunk = self._take({"part": first["part"], "tries": 0, **_LEFT}, worker, at)
            if chunk is None:
                break
            taken.append(chunk)
        return taken

    def _take(self, wanted: Mapping[str, Any], worker: str, at: datetime) -> Document | None:
        return self._leases.find_one_and_update(
            {**wanted, "lease_until": {"$lte": at}},
            {"$set": {"lease_until": at + LEASE, "worker": worker}, "$inc": {"tries": 1}},
            sort=[("n", ASCENDING)],
            return_document=True,
        )

    def finish(self, chunk: Document, done: ChunkDone) -> None:
        """Keep what became of a chunk's rows, and forget the rows. The first to finish stands."""
        update = {
            "$set": {
                "done": True,
                "issued": [list(one) for one in done.issued],
                "failed": [list(one) for one in done.failed],
                "counts": [len(done.issued), len(done.failed)],
            },
            "$unset": {"input": "", "lease_until": "", "worker": ""},
        }
        self._chunks.update_one({"_id": chunk["_id"], **_LEFT}, update)

    # --- reading ---

    def are_done(self, part: str) -> bool:
        """Whether every chunk is done."""
        return self._chunks.find_one({"part": part, **_LEFT}, {"_id": 1}) is None

    def are_under_way(self, part: str) -> bool:
        """Whether a chunk was begun and is not done."""
        return self._chunks.find_one({"part": part, **_UNDER_WAY}, {"_id": 1}) is not None

    def count_waiting(self, parts: Sequence[str]) -> int:
        """How many chunks of these parts are not done."""
        return self._chunks.count_documents({"part": {"$in": list(parts)}, **_LEFT}) if parts else 0

    def counts(self, part: str) -> Counts:
        """How many rows are done so far."""
        found = self._chunks.find({"part": part, "done": True}, {"_id": 0, "counts": 1})
        pairs = [one["counts"] for one in found]
        return Counts(sum(issued for issued, _ in pairs), sum(failed for _, failed in pairs))

    def each(self, part: str, *only: str, first: int = 0) -> Iterator[Document]:
        """The chunks in order from ``first`` on, one at a time, with the fields ``only``."""
        projection = dict.fromkeys(("part", "n", *only), 1)
        wanted = {"part": part, "n": {"$gte": first}}
        yield from self._chunks.find(wanted, projection, batch_size=4).sort("n", ASCENDING)
