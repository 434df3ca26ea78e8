"""Tokens signed anew for a wallet's key: nothing is signed without a record, so a digest of each is kept.

Kept are the digest of what was signed, the certificate and the time: neither the token nor the wallet's key.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Any

from pymongo import IndexModel
from pymongo.collection import Collection
from pymongo.database import Database


class BoundTokens:
    """The bound_tokens collection."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._tokens: Collection[dict[str, Any]] = database["bound_tokens"]

    def prepare(self) -> None:
        """Make the index; does nothing where it is."""
        self._tokens.create_indexes([IndexModel("code", name="code")])

    def keep(self, token: str, code: str, *, at: datetime) -> None:
        """Record what was signed for the certificate ``code``, before it is given away."""
        self._tokens.update_one(
            {"_id": _digest(token)}, {"$setOnInsert": {"code": code, "at": at}}, upsert=True
        )

    def find(self, token: str, code: str) -> datetime | None:
        """When the token was signed for the certificate ``code``; None when it was not."""
        found = self._tokens.find_one({"_id": _digest(token), "code": code})
        return found["at"] if found else None

    def count(self, code: str) -> int:
        """How many tokens were signed for a certificate."""
        return self._tokens.count_documents({"code": code})


def _digest(token: str) -> bytes:
    return sha256(token.encode("ascii")).digest()
