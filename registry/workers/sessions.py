"""Sessions of workers: kept here, not in the cookie, so that each can be ended from another phone.

Nothing of the device is kept, neither address nor browser: when it began, how, and the day it was last used.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from secrets import token_urlsafe
from typing import Any

from pymongo import IndexModel
from pymongo.collection import Collection
from pymongo.database import Database

from registry.credential import china_date

SESSION_LIFE = timedelta(days=30)
"""A certificate is shown at a gate once in a while; who signs in anew each time goes back to paper."""
TOKEN_BYTES = 32  # 256 bits of randomness: a plain SHA-256 is enough to keep it
MAX_TOKEN = 100  # characters; a token of ours has 43


@dataclass(frozen=True)
class WorkerSession:
    """One session. ``way`` is how it began: ``passkey``, ``password``, ``claim`` or ``recovery``."""

    id: str
    account: str
    way: str
    made_at: datetime
    used_on: date


class WorkerSessions:
    """The worker_sessions collection."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._sessions: Collection[dict[str, Any]] = database["worker_sessions"]

    def prepare(self) -> None:
        """Make the indexes; does nothing where they are."""
        self._sessions.create_indexes([IndexModel("account"), IndexModel("until", expireAfterSeconds=0)])

    def begin(self, account_id: str, way: str, *, at: datetime) -> str:
        """Begin a session; gives the token of its cookie, of which only the hash is kept."""
        token = token_urlsafe(TOKEN_BYTES)
        self._sessions.insert_one(
            {
                "_id": _hash(token),
                "id": token_urlsafe(12),
                "account": account_id,
                "way": way,
                "made_at": at,
                "used_on": china_date(at).isoformat(),
                "until": at + SESSION_LIFE,
            }
        )
        return token

    def find(self, token: str, *, at: datetime) -> WorkerSession | None:
        """The living session of a token; notes the day of its use."""
        if not 0 < len(token) <= MAX_TOKEN:
            return None
        found = self._sessions.find_one({"_id": _hash(token), "until": {"$gt": at}})
        if found is None:
            return None
        today = china_date(at).isoformat()
        if found["used_on"] != today:
            self._sessions.update_one({"_id": found["_id"]}, {"$set": {"used_on": today}})
        return _from_document(found)

    def of_account(self, account_id: str, *, at: datetime) -> list[WorkerSession]:
        """The living sessions of an account, newest first."""
        found = self._sessions.find({"account": account_id, "until": {"$gt": at}}).sort("made_at", -1)
        return [_from_document(one) for one in found]

    def end(self, account_id: str, session_id: str) -> None:
        """End one session of the account; another's is not touched."""
        self._sessions.delete_one({"account": account_id, "id": session_id})

    def end_all(self, account_id: str, *, but: str | None = None) -> None:
        """End every session of the account, but perhaps one."""
        wanted: dict[str, Any] = {"account": account_id}
        self._sessions.delete_many(wanted | ({"id": {"$ne": but}} if but else {}))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _from_document(document: Mapping[str, Any]) -> WorkerSession:
    return WorkerSession(
        document["id"],
        document["account"],
        document["way"],
        document["made_at"],
        date.fromisoformat(document["used_on"]),
    )
