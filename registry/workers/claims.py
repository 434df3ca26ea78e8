"""What became of claim links: used, or replaced by a newer one. A link that was never touched has no document."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from keys.errors import Refused
from registry.claiming import Claim, check_age


@dataclass(frozen=True)
class ClaimState:
    """The newest link of a certificate: its generation, when it was made (None: at issue), whether it was used."""

    generation: int = 0
    made_at: datetime | None = None
    used: bool = False


class ClaimLinks:
    """The worker_claims collection."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._claims: Collection[dict[str, Any]] = database["worker_claims"]

    def state(self, code: str) -> ClaimState:
        """The newest link of a certificate."""
        found = self._claims.find_one({"_id": code})
        if found is None:
            return ClaimState()
        return ClaimState(found["generation"], found.get("made_at"), "used_at" in found)

    def check(self, claim: Claim, *, recorded_at: datetime, now: datetime) -> None:
        """Refused ``claim.used``, ``claim.replaced``, ``claim.expired``."""
        state = self.state(claim.code)
        if claim.generation != state.generation:
            raise Refused("claim.replaced")
        if state.used:
            raise Refused("claim.used")
        check_age(state.made_at or recorded_at, now)

    def use(self, claim: Claim, *, at: datetime) -> None:
        """Use the link up, in one write. Refused ``claim.used``: somebody was faster."""
        unused = {"_id": claim.code, "generation": claim.generation, "used_at": {"$exists": False}}
        try:
            self._claims.update_one(unused, {"$set": {"used_at": at}}, upsert=True)
        except DuplicateKeyError:  # it is there, but used or replaced
            raise Refused("claim.used") from None

    def renew(self, code: str, *, by: str, at: datetime) -> int:
        """Make a new link; every earlier one is dead. Gives its generation."""
        update = {
            "$inc": {"generation": 1},
            "$set": {"made_at": at, "made_by": by},
            "$unset": {"used_at": ""},
        }
        found = self._claims.find_one_and_update({"_id": code}, update, upsert=True, return_document=True)
        return int((found or {})["generation"])
