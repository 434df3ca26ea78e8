"""Sessions: who is signed in where. The cookie holds a secret name, the collection its hash, so that a copy of the
database lets nobody in, and a session can be ended from elsewhere.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.collection import Collection
from pymongo.database import Database

# NIST SP 800-63B-4 section 2.2.3 (AAL2): idle no more than an hour, 24 hours altogether. A working day is enough.
IDLE_LIFE = timedelta(hours=1)
WHOLE_LIFE = timedelta(hours=8)
TOUCH = timedelta(minutes=1)  # how exactly "last seen" is kept: a page a second must not write each time
SECRET_BYTES = 32
_BROWSERS = re.compile(r"(Edg|OPR|Firefox|Chrome|Safari|curl)[a-zA-Z]*/(\d+)")
_SYSTEMS = ("Windows", "Android", "iPhone", "iPad", "Mac OS", "Linux", "HarmonyOS")


@dataclass(frozen=True)
class Session:
    """One sign-in. ``ref`` names it to its owner without being able to open it."""

    ref: str
    account: str
    begun: datetime
    seen: datetime
    agent: str
    address: str


class Sessions:
    """The sessions collection."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._sessions: Collection[dict[str, Any]] = database["sessions"]

    def prepare(self) -> None:
        """Make the index; does nothing where it is."""
        self._sessions.create_indexes([IndexModel([("account", ASCENDING), ("seen", DESCENDING)])])

    def begin(self, account: str, *, agent: str, address: str, at: datetime) -> str:
        """Begin a session; the secret name for its cookie. The account's outlived sessions go."""
        secret = secrets.token_urlsafe(SECRET_BYTES)
        self._sessions.delete_many({"account": account, "begun": {"$lt": at - WHOLE_LIFE}})
        self._sessions.insert_one(
            {
                "_id": _hash(secret),
                "account": account,
                "begun": at,
                "seen": at,
                "agent": shorten_agent(agent),
                "address": shorten_address(address),
            }
        )
        return secret

    def find(self, secret: str, *, at: datetime) -> Session | None:
        """The living session of a cookie, one indexed read; seen now."""
        found = self._sessions.find_one({"_id": _hash(secret)})
        if found is None or not is_alive(found["begun"], found["seen"], at=at):
            return None
        if at - found["seen"] > TOUCH:
            self._sessions.update_one({"_id": found["_id"]}, {"$set": {"seen": at}})
        return _session(found)

    def of(self, account: str, *, at: datetime) -> list[Session]:
        """The account's living sessions, the latest first."""
        found = self._sessions.find({"account": account}).sort("seen", DESCENDING)
        return [_session(one) for one in found if is_alive(one["begun"], one["seen"], at=at)]

    def end(self, secret: str) -> None:
        """End the session of a cookie."""
        self._sessions.delete_one({"_id": _hash(secret)})

    def end_one(self, account: str, ref: str) -> bool:
        """End one of the account's sessions from elsewhere; False where there is none of that name."""
        for found in self._sessions.find({"account": account}, {"_id": 1}):
            if _ref(found["_id"]) == ref:
                return self._sessions.delete_one({"_id": found["_id"]}).deleted_count == 1
        return False

    def end_all(self, account: str, *, but: str | None = None) -> int:
        """End every session of the account, but for that of the cookie ``but``; how many."""
        kept = {"_id": {"$ne": _hash(but)}} if but else {}
        return self._sessions.delete_many({"account": account, **kept}).deleted_count


def is_alive(begun: datetime, seen: datetime, *, at: datetime) -> bool:
    """Whether a session may still be used."""
    return at - seen <= IDLE_LIFE and at - begun <= WHOLE_LIFE


def shorten_agent(agent: str) -> str:
    """Browser and system in a few words: enough to know one's own machine again, too little to follow a person."""
    browser = _BROWSERS.search(agent)
    name = {"Edg": "Edge", "OPR": "Opera"}.get(browser[1], browser[1]) if browser else "?"
    system = next((one for one in _SYSTEMS if one in agent), "?")
    return f"{name} {browser[2]} · {system}" if browser else f"{name} · {system}"


def shorten_address(address: str) -> str:
    """An address without its end: ``192.0.2.…``, ``2001:db8:1::…``."""
    if ":" in address:
        return ":".join(address.split(":")[:3]) + "::…"
    parts = address.split(".")
    return ".".join(parts[:3]) + ".…" if len(parts) == 4 else "?"


def _session(document: Mapping[str, Any]) -> Session:
    return Session(
        _ref(document["_id"]),
        document["account"],
        document["begun"],
        document["seen"],
        document["agent"],
        document["address"],
    )


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _ref(hashed: bytes) -> str:
    return hashlib.sha256(hashed).hexdigest()[:16]
