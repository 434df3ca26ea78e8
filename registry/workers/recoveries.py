"""Back into an account whose passkeys and password are lost: two people at a desk, then a link that works once.

One account of an assessor or the registry sees the identity document and starts it; another one, of another person
at the same desk or a registrar, confirms. Neither alone opens anything, and both are in the trail and on the
worker's page.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Any

from pymongo import DESCENDING, IndexModel
from pymongo.collection import Collection
from pymongo.database import Database

from keys.errors import Refused

CONFIRM_IN = timedelta(hours=24)  # the person stands at the desk; a day allows for a colleague who is out
LINK_LIFE = timedelta(hours=24)  # to get home and to the phone
TOKEN_BYTES = 32
MAX_TOKEN = 100  # characters; a token of ours has 43


@dataclass(frozen=True)
class Desk:
    """Who acts: a console account, and for whom."""

    account: str
    owner: str


@dataclass(frozen=True)
class Recovery:
    """One recovery; ``masked`` is the person as a desk may see them: a masked name."""

    id: str
    archive: str
    account: str
    masked: str = field(repr=False)
    started: Desk
    started_at: datetime
    confirmed: Desk | None = None
    confirmed_at: datetime | None = None
    used_at: datetime | None = None


class Recoveries:
    """The worker_recoveries collection."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._recoveries: Collection[dict[str, Any]] = database["worker_recoveries"]

    def prepare(self) -> None:
        """Make the indexes; does nothing where they are."""
        hashed = {"token": {"$exists": True}}
        self._recoveries.create_indexes(
            [
                IndexModel("archive"),
                IndexModel([("started.owner", 1), ("started_at", DESCENDING)]),
                IndexModel("token", unique=True, partialFilterExpression=hashed),
            ]
        )

    def start(self, archive: str, account: str, masked: str, desk: Desk, *, at: datetime) -> Recovery:
        """Start a recovery, to be confirmed by another person."""
        made = Recovery(token_urlsafe(12), archive, account, masked, desk, at)
        document = {name: value for name, value in vars(made).items() if value is not None and name != "id"}
        self._recoveries.insert_one(document | {"_id": made.id, "started": vars(desk)})
        return made

    def waiting(self, desk: Desk, *, registrar: bool, at: datetime) -> list[Recovery]:
        """Those still to be confirmed that the desk may see: its own house's, and all for a registrar."""
        wanted: dict[str, Any] = {"confirmed": {"$exists": False}, "started_at": {"$gt": at - CONFIRM_IN}}
        if not registrar:
            wanted["started.owner"] = desk.owner
        return [_from_document(one) for one in self._recoveries.find(wanted).sort("started_at", DESCENDING)]

    def confirm(self, recovery_id: str, desk: Desk, *, registrar: bool, at: datetime) -> tuple[Recovery, str]:
        """Confirm as a second person; gives the token of the link, shown this once.

        Refused ``recovery.same_person``, ``recovery.unknown``.
        """
        if self._recoveries.find_one({"_id": recovery_id, "started.account": desk.account}, {"_id": 1}):
            raise Refused("recovery.same_person")
        token = token_urlsafe(TOKEN_BYTES)
        wanted: dict[str, Any] = {
            "_id": recovery_id,
            "confirmed": {"$exists": False},
            "started_at": {"$gt": at - CONFIRM_IN},
            "started.account": {"$ne": desk.account},
        }
        if not registrar:
            wanted["started.owner"] = desk.owner
        change = {"confirmed": vars(desk), "confirmed_at": at, "token": _hash(token)}
        return self._change(wanted, change), token

    def of_token(self, token: str, *, at: datetime) -> Recovery:
        """What a link opens. Refused ``recovery.link``: used, too old, or never made."""
        found = self._recoveries.find_one(_usable(token, at))
        if found is None:
            raise Refused("recovery.link")
        return _from_document(found)

    def use(self, token: str, *, at: datetime) -> Recovery:
        """Use the link up, in one write. Refused ``recovery.link``."""
        found = self._recoveries.find_one_and_update(
            _usable(token, at), {"$set": {"used_at": at}}, return_document=True
        )
        if found is None:
            raise Refused("recovery.link")
        return _from_document(found)

    def of_archive(self, archives: tuple[str, ...]) -> list[Recovery]:
        """Every recovery of a person, newest first."""
        found = self._recoveries.find({"archive": {"$in": list(archives)}}).sort("started_at", DESCENDING)
        return [_from_document(one) for one in found]

    def forget(self, archives: tuple[str, ...]) -> None:
        """Erase a person's recoveries; the trail keeps that they were."""
        self._recoveries.delete_many({"archive": {"$in": list(archives)}})

    def _change(self, wanted: Mapping[str, Any], change: Mapping[str, Any]) -> Recovery:
        found = self._recoveries.find_one_and_update(wanted, {"$set": change}, return_document=True)
        if found is None:
            raise Refused("recovery.unknown", field="id")
        return _from_document(found)


def _usable(token: str, at: datetime) -> dict[str, Any]:
    alive = {"used_at": {"$exists": False}, "confirmed_at": {"$gt": at - LINK_LIFE}}
    return {"token": _hash(token[:MAX_TOKEN]), **alive}


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _from_document(row: Mapping[str, Any]) -> Recovery:
    cells = {name: value for name, value in row.items() if name not in ("_id", "token")}
    confirmed = Desk(**row["confirmed"]) if "confirmed" in row else None
    return Recovery(**cells | {"id": row["_id"], "started": Desk(**row["started"]), "confirmed": confirmed})
