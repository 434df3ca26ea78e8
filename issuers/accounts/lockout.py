"""Slows guessing at passwords and codes: after a few failures each further attempt waits, longer every time.

Counted in MongoDB before the password is looked at, so that a hundred attempts at one moment are not a hundred
guesses. Kept under keyed hashes: neither an address nor an account's name lies in the collection, and names that do
not exist count like those that do.

A stranger must not lock the owner out. So a browser that has signed in before carries a signed cookie (OWASP's device
cookie), and its attempts count for themselves; the strangers of an account share one count. A reset by the registrar
forgets all counts of the account.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from pymongo import IndexModel
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from keys.errors import Refused
from keys.vault import Vault

PURPOSE = "sign-in attempts"
KEPT = 24 * 3600  # seconds after the last attempt; longer than any `forget`


@dataclass(frozen=True)
class Limit:
    """``free`` attempts at once; each one more waits twice as long as the one before, up to ``longest``."""

    name: str
    free: int
    longest: timedelta
    forget: timedelta  # without an attempt for so long, the count begins anew


# Five slips of the finger. Then 2, 4, 8 ... s: an attacker has 5 + 9 guesses in the first quarter of an hour, then 4 an
# hour, under 100 a day (NIST SP 800-63B-4 section 3.2.2 allows 100 in a row); the owner at a new machine waits 15 min.
PER_ACCOUNT = Limit("account", 5, timedelta(minutes=15), timedelta(hours=12))
# An office of 30 people behind one address comes in at eight; a success takes its attempt back.
PER_ADDRESS = Limit("address", 30, timedelta(minutes=5), timedelta(hours=1))
# Of a million six-digit codes three are right: with the password known, 14 guesses, then 4 an hour.
PER_CODE = Limit("code", 5, timedelta(minutes=15), timedelta(hours=12))

Counted = tuple[Limit, str]


class Attempts:
    """The attempts collection."""

    def __init__(self, database: Database[dict[str, Any]], vault: Vault) -> None:
        self._attempts: Collection[dict[str, Any]] = database["attempts"]
        self._vault = vault

    def prepare(self) -> None:
        """Make the index; does nothing where it is."""
        self._attempts.create_indexes([IndexModel("at", expireAfterSeconds=KEPT)])

    def begin(self, counted: Sequence[Counted], *, at: datetime) -> None:
        """Count an attempt. Refused ``auth.wait`` with the seconds to wait, where it comes too early; then it counts
        nowhere, so that knocking does not make the wait longer.
        """
        for place, (limit, what) in enumerate(counted):
            try:
                self._attempts.update_one(
                    {"_id": self._key(limit, what), "until": {"$lte": at}},
                    _counted_once_more(limit, at),
                    upsert=True,
                )
            except DuplicateKeyError:  # it is there, and its time has not come
                self.forgive(counted[:place])
                raise Refused("auth.wait", retry_after=self._seconds_left(limit, what, at)) from None

    def forgive(self, counted: Sequence[Counted]) -> None:
        """Take an attempt back that was right."""
        for limit, what in counted:
            self._attempts.update_one({"_id": self._key(limit, what), "n": {"$gt": 0}}, {"$inc": {"n": -1}})

    def forget(self, counted: Sequence[Counted]) -> None:
        """Forget every attempt: the right one came."""
        self._attempts.delete_many({"_id": {"$in": [self._key(limit, what) for limit, what in counted]}})

    def _seconds_left(self, limit: Limit, what: str, at: datetime) -> int:
        found = self._attempts.find_one({"_id": self._key(limit, what)})
        return max(1, ceil((found["until"] - at).total_seconds())) if found else 1

    def _key(self, limit: Limit, what: str) -> bytes:
        return self._vault.digest(f"{limit.name} {what}".encode("utf-8", "replace"), purpose=PURPOSE)


def seconds_after(limit: Limit, attempts: int) -> float:
    """How long the next attempt waits after so many."""
    over = attempts - limit.free
    return 0.0 if over < 0 else min(limit.longest.total_seconds(), 2.0 ** min(over + 1, 20))


def _counted_once_more(limit: Limit, at: datetime) -> list[dict[str, Any]]:
    """The update as MongoDB computes it, in one step: `seconds_after` of one attempt more."""
    is_old = {"$lt": [{"$ifNull": ["$at", at]}, at - limit.forget]}
    n = {"$add": [{"$cond": [is_old, 0, {"$ifNull": ["$n", 0]}]}, 1]}
    over = {"$subtract": ["$n", limit.free]}
    wait = {"$min": [limit.longest.total_seconds(), {"$pow": [2, {"$min": [{"$add": [over, 1]}, 20]}]}]}
    until = {"$add": [at, {"$multiply": [1000, {"$cond": [{"$lt": [over, 0]}, 0, wait]}]}]}
    return [{"$set": {"n": n, "at": at}}, {"$set": {"until": until}}]
