"""Batches of every assessor for the bureau, which reads them: no name of a person, no row, no file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pymongo import DESCENDING, IndexModel
from pymongo.collection import Collection
from pymongo.database import Database

from issuers.batches.chunks import Document
from issuers.batches.store import BatchState

PAGE = 50


@dataclass(frozen=True)
class Wanted:
    """Which batches: of one assessor, in one of some states; empty for all."""

    assessor: str = ""
    states: tuple[BatchState, ...] = ()

    def query(self) -> dict[str, Any]:
        """The question to MongoDB."""
        query: dict[str, Any] = {"assessor": self.assessor} if self.assessor else {}
        return query | ({"state": {"$in": [state.value for state in self.states]}} if self.states else {})


class BatchOverview:
    """Reads the collections batches and batch_chunks."""

    def __init__(self, database: Database[Document]) -> None:
        self._batches: Collection[Document] = database["batches"]
        self._chunks: Collection[Document] = database["batch_chunks"]

    def prepare(self) -> None:
        """Make the index of what only the bureau asks; does nothing where it is."""
        self._batches.create_indexes([IndexModel([("received_at", DESCENDING), ("_id", DESCENDING)])])

    def page(
        self, wanted: Wanted, *, before: str = "", limit: int = PAGE
    ) -> tuple[list[Document], str | None]:
        """Batches, newest first, and the id of the one that the next page begins after (None at the end)."""
        query = wanted.query()
        if last := self._batches.find_one({"_id": before}, {"received_at": 1}) if before else None:
            at = last["received_at"]
            query["$or"] = [{"received_at": {"$lt": at}}, {"received_at": at, "_id": {"$lt": before}}]
        order = [("received_at", DESCENDING), ("_id", DESCENDING)]
        found = list(self._batches.find(query).sort(order).limit(limit + 1))
        return found[:limit], found[limit - 1]["_id"] if len(found) > limit else None

    def refusals(self, batch: Document) -> Mapping[str, int]:
        """How many mistakes of each code its check found, and how many rows were refused for it at issuing."""
        counts = Counter(dict(batch.get("problems", ())))
        if batch.get("approved_by") and "part" in batch:
            counts.update(self._refused_at_issuing(batch["part"]))
        return dict(counts.most_common())

    def _refused_at_issuing(self, part: str) -> dict[str, int]:
        steps: list[Mapping[str, Any]] = [
            {"$match": {"part": part, "done": True, "failed.0": {"$exists": True}}},
            {"$unwind": "$failed"},
            {"$group": {"_id": {"$arrayElemAt": ["$failed", 1]}, "n": {"$sum": 1}}},
        ]
        return {one["_id"]: one["n"] for one in self._chunks.aggregate(steps)}
