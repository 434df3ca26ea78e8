"""Shares in MongoDB: of a link only the hash lies there, and it is made anew from the master key when its owner asks.

A look is counted and noted in the same update that checks that the link may still be opened: two at once never get
past the limit, and no look goes unseen. Kept of a look are the time and the kind of browser, nothing of an address.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.collection import Collection
from pymongo.database import Database

from keys.errors import Refused
from keys.vault import Vault
from registry.sharing.presets import check_choice

TOKEN_BYTES = 16  # 128 bits: nobody finds a share by trying
TOKEN_CHARACTERS = 22
TOKEN_PURPOSE = "share link"  # noqa: S105 - what the key is for
KEEP = timedelta(days=365)  # after its end: as long as looks are kept
MOST_OPEN = 50  # links of one archive at a time: a mistake or a program made more
SHOWN = 200  # of the newest


class ShareState(StrEnum):
    """What became of a link. Only an open one shows anything."""

    OPEN = "open"
    EXPIRED = "expired"
    USED_UP = "used_up"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class ShareLook:
    """Somebody opened the link: when, and with what kind of browser."""

    at: datetime
    browser: str


@dataclass(frozen=True)
class Share:
    """One link: which part (``preset``) of the certificate ``code`` it shows, for what, how long, how often."""

    id: str
    archive: str
    code: str
    preset: str
    purpose: str = field(repr=False)
    made_at: datetime
    expires_at: datetime
    views_allowed: int
    views: int = 0
    withdrawn_at: datetime | None = None
    looks: tuple[ShareLook, ...] = ()

    def state(self, at: datetime) -> ShareState:
        """What became of it by then."""
        if self.withdrawn_at:
            return ShareState.WITHDRAWN
        if at >= self.expires_at:
            return ShareState.EXPIRED
        return ShareState.USED_UP if self.views >= self.views_allowed else ShareState.OPEN


class Shares:
    """The shares collection."""

    def __init__(self, database: Database[dict[str, Any]], vault: Vault) -> None:
        self._shares: Collection[dict[str, Any]] = database["shares"]
        self._vault = vault

    def prepare(self) -> None:
        """Make the indexes; does nothing where they are."""
        self._shares.create_indexes(
            [
                IndexModel("link", name="link", unique=True),
                IndexModel([("archive", ASCENDING), ("made_at", DESCENDING)], name="archive"),
                IndexModel("until", expireAfterSeconds=0),
            ]
        )

    def make(
        self, archive: str, code: str, *, preset: str, purpose: str, hours: int, views: int, at: datetime
    ) -> Share:
        """A new link. Refused as `check_choice` says, and ``share.too_many``."""
        purpose = check_choice(preset, purpose, hours, views)
        open_ones = {"archive": archive, "withdrawn_at": None, "expires_at": {"$gt": at}}
        if self._shares.count_documents(open_ones, limit=MOST_OPEN) >= MOST_OPEN:
            raise Refused("share.too_many", limit=MOST_OPEN)
        ends = at + timedelta(hours=hours)
        share = Share(token_urlsafe(12), archive, code, preset, purpose, at, ends, views)
        row = {name: value for name, value in vars(share).items() if name not in {"id", "looks"}}
        kept = {"_id": share.id, "link": _hash(self.token(share)), "looks": [], "until": ends + KEEP}
        self._shares.insert_one(row | kept)
        return share

    def token(self, share: Share) -> str:
        """The secret of the link: the same each time, from the master key."""
        digest = self._vault.digest(share.id.encode(), purpose=TOKEN_PURPOSE)[:TOKEN_BYTES]
        return urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")

    def find(self, token: str) -> Share | None:
        """The share of a link, whatever became of it."""
        if len(token) != TOKEN_CHARACTERS:
            return None
        return _from(self._shares.find_one({"link": _hash(token)}))

    def look(self, share: Share, browser: str, *, at: datetime) -> Share | None:
        """Count and note a look; None when the link may not be opened any more."""
        wanted = {
            "_id": share.id,
            "withdrawn_at": None,
            "expires_at": {"$gt": at},
            "views": {"$lt": share.views_allowed},
        }
        update = {"$inc": {"views": 1}, "$push": {"looks": {"at": at, "browser": browser}}}
        return _from(self._shares.find_one_and_update(wanted, update, return_document=True))

    def of_archive(self, archives: Sequence[str]) -> list[Share]:
        """A person's shares, newest first."""
        found = self._shares.find({"archive": {"$in": list(archives)}}).sort("made_at", DESCENDING)
        return [share for one in found.limit(SHOWN) if (share := _from(one))]

    def own(self, share_id: str, archives: Sequence[str]) -> Share:
        """One share of a person. Refused ``share.unknown``, for another's too."""
        found = _from(self._shares.find_one({"_id": share_id, "archive": {"$in": list(archives)}}))
        if found is None:
            raise Refused("share.unknown", field="id")
        return found

    def withdraw(self, share: Share, *, at: datetime) -> None:
        """Close the link for good; what was seen was seen."""
        self._shares.update_one({"_id": share.id, "withdrawn_at": None}, {"$set": {"withdrawn_at": at}})

    def forget(self, archives: Sequence[str]) -> None:
        """Erase every share of a person and every look at them."""
        self._shares.delete_many({"archive": {"$in": list(archives)}})


def _hash(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass")).digest()


def _from(document: Mapping[str, Any] | None) -> Share | None:
    if document is None:
        return None
    names = ("archive", "code", "preset", "purpose", "made_at", "expires_at", "views_allowed", "views")
    looks = tuple(ShareLook(one["at"], one["browser"]) for one in document["looks"])
    kept = {name: document[name] for name in names}
    return Share(id=document["_id"], withdrawn_at=document["withdrawn_at"], looks=looks, **kept)
