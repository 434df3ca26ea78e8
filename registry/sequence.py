"""Numbers handed out once: leased from MongoDB in blocks, taken from memory.

A process that dies loses the rest of its block, never gives a number twice: gaps are allowed, doubles are not.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from threading import Lock
from typing import Any

from pymongo import ReturnDocument
from pymongo.collection import Collection

BLOCK = 32  # numbers a lease: one round trip for 32 certificates; a crash leaves a gap of at most 32


class Sequence:
    """Counters by name, each starting at 1."""

    def __init__(self, collection: Collection[dict[str, Any]], *, block: int = BLOCK) -> None:
        self._collection = collection
        self._block = block
        self._leased: dict[str, Iterator[int]] = {}
        self._lock = Lock()

    def take(self, name: str) -> int:
        """The next number of ``name``, never given before to anybody."""
        return self.take_many(name, 1)[0]

    def take_many(self, name: str, count: int) -> list[int]:
        """The next ``count`` numbers of ``name``, in order but not always side by side; one round trip at most."""
        with self._lock:
            taken = list(islice(self._leased.get(name, iter(())), count))
            if missing := count - len(taken):
                self._leased[name] = self._lease(name, max(missing, self._block))
                taken += islice(self._leased[name], missing)
            return taken

    def _lease(self, name: str, count: int) -> Iterator[int]:
        counter: dict[str, Any] | None = self._collection.find_one_and_update(
            {"_id": name},
            {"$inc": {"taken": count}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        assert counter is not None  # noqa: S101 - upserted
        last: int = counter["taken"]
        return iter(range(last - count + 1, last + 1))
