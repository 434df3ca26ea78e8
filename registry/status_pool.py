"""Where status indices come from: pools shuffled when made, claimed in blocks, in order of the shuffle.

A counter would tell the order of issue to whoever sees two certificates; a random draw would have to look for a
free place. The order of a pool of SIZE entries is shuffled once by the system's randomness and stored; a claim moves
the pool's pointer atomically. The order lies in a document of its own: half a megabyte would else be written anew with
each claim. Both lists of that name, revocation and suspension, use the same index.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from threading import Lock
from typing import Any

from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from registry.credential import StatusEntry
from registry.status_list import SIZE

BLOCK = 32  # as for numbers: one round trip for 32 certificates
ITEM = "I"  # unsigned 32 bit in the pool's bytes


class StatusPool:
    """Hands out free places in the status lists, opening the next list when one is full."""

    def __init__(self, collection: Collection[dict[str, Any]], *, block: int = BLOCK) -> None:
        self._pools = collection
        self._orders = collection.database["status_orders"]
        self._block = block
        self._shuffled: tuple[str, array[int]] | None = None
        self._claimed: Iterator[StatusEntry] = iter(())
        self._lock = Lock()

    def take(self) -> StatusEntry:
        """A place that nobody has had before."""
        return self.take_many(1)[0]

    def take_many(self, count: int) -> list[StatusEntry]:
        """``count`` places that nobody has had before; one round trip, two where a list becomes full."""
        with self._lock:
            taken = list(islice(self._claimed, count))
            while missing := count - len(taken):
                self._claimed = self._claim(max(missing, self._block))
                taken += islice(self._claimed, missing)
            return taken

    def lists(self) -> list[str]:
        """Names of all lists opened so far, oldest first."""
        return [pool["_id"] for pool in self._pools.find({}, {"_id": 1}).sort("opened", 1)]

    def _claim(self, count: int) -> Iterator[StatusEntry]:
        pool = self._pools.find_one_and_update(
            {"next": {"$lt": SIZE}},
            {"$inc": {"next": count}},
            projection={"next": 1},
            sort=[("opened", 1)],
        )
        if pool is None:
            self._open()
            return iter(())
        indices = self._indices(pool["_id"])[pool["next"] : pool["next"] + count]
        return iter([StatusEntry(pool["_id"], index) for index in indices])

    def _indices(self, list_id: str) -> array[int]:
        # half a megabyte, read once for 131,072 certificates and then kept
        if self._shuffled is None or self._shuffled[0] != list_id:
            wanted = {"_id": list_id}
            order = self._orders.find_one(wanted) or self._pools.find_one(
                wanted
            )  # older pools hold their own
            assert order is not None  # noqa: S101 - orders are never deleted
            self._shuffled = (list_id, array(ITEM, order["shuffled"]))
        return self._shuffled[1]

    def _open(self) -> None:
        number = self._pools.count_documents({}) + 1
        name, order = str(number), _shuffle(SIZE).tobytes()
        # another process may be opening it too: what is there first holds, the order before the pool
        with suppress(DuplicateKeyError):
            self._orders.insert_one({"_id": name, "shuffled": order})
        with suppress(DuplicateKeyError):
            self._pools.insert_one({"_id": name, "opened": number, "next": 0})


def _shuffle(size: int) -> array[int]:
    """The numbers below ``size`` in an order that the system's randomness alone decides: sorted by random keys.

    Of 64-bit keys two are alike once in a billion pools; those two would stand in order. `SystemRandom.shuffle` would
    ask the system once a number, which takes three times as long.
    """
    keys = array("Q", os.urandom(8 * size))
    return array(ITEM, sorted(range(size), key=keys.__getitem__))
