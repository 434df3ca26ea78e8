"""A worker's account: how somebody comes to their own archive. One archive has one account, by a unique index.

An account has no name, number or address: an archive, and passkeys or the hash of a password. Which archive a person
has is found by their identity document.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_urlsafe
from typing import Any

from pymongo import IndexModel
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from keys.errors import Refused
from registry.archive.store import Archive

ID_BYTES = (
    16  # 128 bits; also the user handle of passkeys, which must tell nothing (WebAuthn Level 3, 14.6.1)
)
MAX_PASSKEYS = 10  # phone, tablet, computer, one on a key, and those lost: more is a mistake


@dataclass(frozen=True)
class Passkey:
    """A public key of the worker's device. ``credential`` is WebAuthn's attested credential data, ``id`` its id."""

    id: bytes = field(repr=False)
    credential: bytes = field(repr=False)
    count: int
    """Its signature counter: 0 where the device keeps none."""
    added_at: datetime


@dataclass(frozen=True)
class Credentials:
    """How to sign in: a passkey, the hash of a password, or both."""

    passkeys: tuple[Passkey, ...] = ()
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class WorkerAccount:
    """An account. ``archive`` is the code at the time of the claim; a merged archive answers to it still."""

    id: str
    archive: str
    made_at: datetime
    credentials: Credentials
    recovered_at: datetime | None = None


class WorkerAccounts:
    """The worker_accounts collection."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._accounts: Collection[dict[str, Any]] = database["worker_accounts"]

    def prepare(self) -> None:
        """Make the indexes; does nothing where they are."""
        keyed = {"passkeys.id": {"$exists": True}}
        self._accounts.create_indexes(
            [
                IndexModel("archive", name="archive", unique=True),
                IndexModel("passkeys.id", name="passkey", unique=True, partialFilterExpression=keyed),
            ]
        )

    def make(
        self,
        archive: Archive,
        credentials: Credentials,
        *,
        at: datetime,
        id: str | None = None,  # noqa: A002
    ) -> WorkerAccount:
        """The first account of an archive. Refused ``claim.taken``: it has one."""
        if self.of_archive(archive):
            raise Refused("claim.taken")
        account = WorkerAccount(id or new_account_id(), archive.code, at, credentials)
        document = {"_id": account.id, "archive": account.archive, "made_at": at}
        try:
            self._accounts.insert_one(document | _credentials_to_document(credentials))
        except DuplicateKeyError:
            raise Refused("claim.taken") from None
        return account

    def find(self, account_id: str) -> WorkerAccount | None:
        """By id."""
        return self._find({"_id": account_id})

    def of_archive(self, archive: Archive) -> WorkerAccount | None:
        """Whose archive it is; the older account where two archives with accounts were merged."""
        found = self._accounts.find({"archive": {"$in": list(archive.codes)}}).sort("made_at", 1).limit(1)
        return next(map(_from_document, found), None)

    def of_passkey(self, passkey_id: bytes) -> WorkerAccount | None:
        """Whose passkey it is."""
        return self._find({"passkeys.id": passkey_id})

    def set_password(self, account_id: str, hashed: str) -> None:
        """Give the account a password, or another one."""
        self._accounts.update_one({"_id": account_id}, {"$set": {"password": hashed}})

    def add_passkey(self, account_id: str, passkey: Passkey) -> None:
        """Refused ``worker.passkey_known``, ``worker.too_many_passkeys``."""
        few = {"_id": account_id, f"passkeys.{MAX_PASSKEYS - 1}": {"$exists": False}}
        try:
            changed = self._accounts.update_one(few, {"$push": {"passkeys": vars(passkey)}})
        except DuplicateKeyError:
            raise Refused("worker.passkey_known") from None
        if not changed.matched_count:
            raise Refused("worker.too_many_passkeys", limit=MAX_PASSKEYS)

    def remove_passkey(self, account_id: str, passkey_id: bytes) -> None:
        """Refused ``worker.last_credential``: nothing would be left to sign in with. Unknown ones are gone already."""
        another = [{"password": {"$ne": None}}, {"passkeys.1": {"$exists": True}}]
        mine = {"_id": account_id, "passkeys.id": passkey_id}
        if self._accounts.update_one(
            mine | {"$or": another}, {"$pull": {"passkeys": {"id": passkey_id}}}
        ).matched_count:
            self._accounts.update_one({"_id": account_id, "passkeys": []}, {"$unset": {"passkeys": ""}})
        elif self._find(mine):
            raise Refused("worker.last_credential")

    def count_use(self, passkey_id: bytes, count: int) -> None:
        """Keep the passkey's counter. Refused ``worker.passkey_copied``: it did not grow, so there are two of it."""
        if count == 0:  # it keeps none, as synchronised passkeys do
            return
        grown = {"passkeys": {"$elemMatch": {"id": passkey_id, "count": {"$lt": count}}}}
        if not self._accounts.update_one(grown, {"$set": {"passkeys.$.count": count}}).matched_count:
            raise Refused("worker.passkey_copied")

    def replace_credentials(self, account_id: str, credentials: Credentials, *, at: datetime) -> None:
        """New credentials in place of all the old ones."""
        new = _credentials_to_document(credentials)
        gone = {name: "" for name in ("passkeys", "password") if name not in new}
        update: dict[str, Any] = {"$set": new | {"recovered_at": at}}
        self._accounts.update_one({"_id": account_id}, update | ({"$unset": gone} if gone else {}))

    def delete(self, account_id: str) -> None:
        """Erase the account."""
        self._accounts.delete_one({"_id": account_id})

    def _find(self, wanted: Mapping[str, Any]) -> WorkerAccount | None:
        document = self._accounts.find_one(wanted)
        return _from_document(document) if document else None


def new_account_id() -> str:
    """A random id that tells nothing."""
    return token_urlsafe(ID_BYTES)


def _credentials_to_document(credentials: Credentials) -> dict[str, Any]:
    document: dict[str, Any] = {}
    if credentials.passkeys:  # an empty list would be indexed as null, and null is unique too
        document["passkeys"] = [vars(passkey) for passkey in credentials.passkeys]
    if credentials.password:
        document["password"] = credentials.password
    return document


def _from_document(document: Mapping[str, Any]) -> WorkerAccount:
    passkeys = tuple(Passkey(**row) for row in document.get("passkeys", ()))
    return WorkerAccount(
        document["_id"],
        document["archive"],
        document["made_at"],
        Credentials(passkeys, document.get("password")),
        document.get("recovered_at"),
    )
