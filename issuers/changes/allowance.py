"""How many certificates one side may change on one person's word: more need two people.

Single changes are counted for each owner (an assessor, the registry) whoever acts for it, at a page or with a token.
Otherwise a program, or ten accounts, could do by single calls what a change of many asks a second person for.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from keys.errors import Refused

ALONE = 10  # certificates: "four eyes wherever more than ten certificates change"
WINDOW = timedelta(hours=1)


class Allowance:
    """The collection change_allowance: one small document an owner, the changes of the last hour."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._owners: Collection[dict[str, Any]] = database["change_allowance"]

    @contextmanager
    def one(self, owner: str, *, at: datetime) -> Iterator[None]:
        """Count one change that the block makes; nothing is counted when it fails. Refused ``state.four_eyes``."""
        token = self._take(owner, at)
        try:
            yield
        except Refused:
            self._owners.update_one({"_id": owner}, {"$pull": {"taken": {"token": token}}})
            raise

    def _take(self, owner: str, at: datetime) -> str:
        token = secrets.token_hex(8)
        recent = {
            "$filter": {
                "input": {"$ifNull": ["$taken", []]},
                "cond": {"$gt": ["$$this.at", at - WINDOW]},
            }
        }
        mine = [{"token": token, "at": at}]
        fits = {"$lt": [{"$size": "$taken"}, ALONE]}
        added = {"$cond": [fits, {"$concatArrays": ["$taken", mine]}, "$taken"]}
        steps: list[dict[str, Any]] = [{"$set": {"taken": recent}}, {"$set": {"taken": added}}]
        found = self._update(owner, steps)
        if token not in [one["token"] for one in found["taken"]]:
            raise Refused("state.four_eyes", limit=ALONE)
        return token

    def _update(self, owner: str, steps: list[dict[str, Any]]) -> dict[str, Any]:
        for _ in range(
            2
        ):  # of two first changes at once, one insert collides; its next update finds the document
            try:
                found: dict[str, Any] = self._owners.find_one_and_update(  # type: ignore[assignment]
                    {"_id": owner}, steps, upsert=True, return_document=True
                )
                return found
            except DuplicateKeyError:
                continue
        raise Refused("state.four_eyes", limit=ALONE)
