"""Accounts as the registrar and their owners look after them: listed, disabled, second factor, one-time links."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from issuers.passwords import hash_password, verify_password
from issuers.roles import Role, check_role
from issuers.store import Account, account_of
from keys.errors import Refused
from keys.vault import Vault

PAGE = 50  # accounts a page of the list
RESET_LIFE = timedelta(hours=24)  # the registrar hands the link over the same day
RESET_BYTES = 24
RECOVERY = "recovery code"  # purpose of the keyed hash
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")


@dataclass(frozen=True)
class Kept:
    """An account as its list shows it."""

    account: Account
    disabled: bool
    has_password: bool
    signed_in: datetime | None


class Accounts:
    """The accounts and resets collections."""

    def __init__(self, database: Database[dict[str, Any]], vault: Vault) -> None:
        self._accounts: Collection[dict[str, Any]] = database["accounts"]
        self._resets: Collection[dict[str, Any]] = database["resets"]
        self._vault = vault

    def prepare(self) -> None:
        """Make the indexes; does nothing where they are."""
        self._accounts.create_indexes([IndexModel([("owner", ASCENDING), ("_id", ASCENDING)])])
        self._resets.create_indexes([IndexModel("account")])

    # --- signing in ---

    def check_password(self, name: str, password: str) -> Account | None:
        """The account of a right name and password; None for a wrong, an unknown and a disabled one, as slowly."""
        found = self._accounts.find_one({"_id": name.casefold()})
        right = verify_password(found.get("password") if found else None, password)
        if found is None or not right or found.get("disabled"):
            return None
        return account_of(found)

    def owner_of(self, name: str) -> str | None:
        """For whom the account of that name acts; None where there is none."""
        found = self._accounts.find_one({"_id": name}, {"owner": 1})
        return found["owner"] if found else None

    def seen(self, name: str, *, at: datetime) -> None:
        """Keep when the account last signed in."""
        self._accounts.update_one({"_id": name}, {"$set": {"signed_in": at}})

    def stamp(self, name: str) -> str:
        """A word that changes with the password: what was begun under the old one ends with it."""
        found = self._accounts.find_one({"_id": name}, {"password": 1}) or {}
        return hashlib.sha256(str(found.get("password")).encode()).hexdigest()[:16]

    # --- the second factor ---

    def offer_factor(self, name: str, secret: str) -> None:
        """Keep a new secret, sealed, until its owner shows a first code of it."""
        self._accounts.update_one({"_id": name}, {"$set": {"offered": self._seal(name, secret)}})

    def offered_secret(self, name: str) -> str | None:
        """The secret that was offered last."""
        found = self._accounts.find_one({"_id": name}, {"offered": 1})
        return self._open(name, found["offered"]) if found and "offered" in found else None

    def set_factor(self, name: str, secret: str, *, step: int, codes: Sequence[str]) -> None:
        """The second factor from now on, and the recovery codes that stand in for it."""
        factor = {"secret": self._seal(name, secret), "step": step}
        kept = [self._vault.digest(code.encode(), purpose=RECOVERY) for code in codes]
        self._accounts.update_one(
            {"_id": name}, {"$set": {"second": factor, "recovery": kept}, "$unset": {"offered": ""}}
        )

    def drop_factor(self, name: str) -> bool:
        """Without a second factor from now on; whether there was one."""
        update = {"$unset": {"second": "", "recovery": "", "offered": ""}}
        found = self._accounts.find_one_and_update({"_id": name}, update)
        return found is not None and "second" in found

    def factor(self, name: str) -> tuple[str, int] | None:
        """The secret and the last accepted step."""
        found = self._accounts.find_one({"_id": name}, {"second": 1})
        if found is None or "second" not in found:
            return None
        return self._open(name, found["second"]["secret"]), found["second"]["step"]

    def accept_step(self, name: str, step: int) -> bool:
        """Use a step up, in one update: of two who show the same code one is let in."""
        used = self._accounts.update_one(
            {"_id": name, "second.step": {"$lt": step}}, {"$set": {"second.step": step}}
        )
        return used.modified_count == 1

    def accept_recovery(self, name: str, code: str) -> bool:
        """Use a recovery code up."""
        kept = self._vault.digest(code.encode(), purpose=RECOVERY)
        used = self._accounts.update_one({"_id": name, "recovery": kept}, {"$pull": {"recovery": kept}})
        return used.modified_count == 1

    def recovery_left(self, name: str) -> int:
        """How many recovery codes are unused."""
        found = self._accounts.find_one({"_id": name}, {"recovery": 1}) or {}
        return len(found.get("recovery", ()))

    # --- passwords and one-time links ---

    def set_password(self, name: str, password: str) -> None:
        """A new password. Refused ``auth.password_short``, ``auth.password_long``."""
        self._accounts.update_one({"_id": name}, {"$set": {"password": hash_password(password)}})

    def offer_reset(self, name: str, *, by: str, at: datetime) -> str:
        """A one-time word with which the account's owner sets a new password; only its hash is kept."""
        word = secrets.token_urlsafe(RESET_BYTES)
        self._resets.delete_many({"$or": [{"account": name}, {"until": {"$lt": at}}]})
        self._resets.insert_one({"_id": _hash(word), "account": name, "by": by, "until": at + RESET_LIFE})
        return word

    def use_reset(self, word: str, password: str, *, at: datetime) -> Account:
        """Set the password of the word's account; the word is used up. Refused ``account.reset_unknown``,
        ``auth.password_short``, ``auth.password_long``.
        """
        hashed = hash_password(password)  # a refused password must not use the word up
        found = self._resets.find_one_and_delete({"_id": _hash(word), "until": {"$gte": at}})
        if found is None:
            raise Refused("account.reset_unknown", field="word")
        changed = self._accounts.find_one_and_update(
            {"_id": found["account"], "disabled": {"$ne": True}},
            {"$set": {"password": hashed}},
            return_document=True,
        )
        if changed is None:
            raise Refused("account.reset_unknown", field="word")
        return account_of(changed)

    # --- the registrar's list ---

    def add(self, name: str, owner: str, role: str) -> Account:
        """A new account without a password. Refused ``account.name``, ``account.exists``, ``account.role``."""
        name = name.strip().casefold()
        if not NAME.fullmatch(name):
            raise Refused("account.name", field="account")
        account = Account(name, owner, check_role(owner, role))
        try:
            self._accounts.insert_one({"_id": name, "owner": owner, "role": account.role.value})
        except DuplicateKeyError:
            raise Refused("account.exists", field="account") from None
        return account

    def find(self, name: str) -> Kept:
        """One account. Refused ``account.unknown``."""
        found = self._accounts.find_one({"_id": name})
        if found is None:
            raise Refused("account.unknown", field="account")
        return _kept(found)

    def page(self, *, owner: str = "", after: str = "", limit: int = PAGE) -> tuple[list[Kept], str | None]:
        """Accounts by name, of one owner where it is named, and the cursor of the page after."""
        wanted: dict[str, Any] = {"_id": {"$gt": after}} | ({"owner": owner} if owner else {})
        found = [_kept(one) for one in self._accounts.find(wanted).sort("_id", ASCENDING).limit(limit + 1)]
        return found[:limit], found[limit - 1].account.name if len(found) > limit else None

    def change_role(self, name: str, role: str) -> tuple[Role, Role]:
        """The role from now on; before and after. Refused ``account.role``, ``account.unknown``."""
        before = self.find(name).account
        after = check_role(before.owner, role)
        self._accounts.update_one({"_id": name}, {"$set": {"role": after.value}})
        return before.role, after

    def set_disabled(self, name: str, disabled: bool) -> bool:  # noqa: FBT001 - the state it goes to
        """Close the account to its owner, or open it again; whether that changed anything."""
        update = {"$set": {"disabled": True}} if disabled else {"$unset": {"disabled": ""}}
        wanted = {"_id": name, "disabled": {"$ne": True} if disabled else True}
        return self._accounts.update_one(wanted, update).modified_count == 1

    def _seal(self, name: str, secret: str) -> bytes:
        return self._vault.seal(secret.encode(), context=f"second factor {name}")

    def _open(self, name: str, sealed: bytes) -> str:
        return self._vault.open(sealed, context=f"second factor {name}").decode()


def _kept(document: Mapping[str, Any]) -> Kept:
    return Kept(
        account_of(document),
        bool(document.get("disabled")),
        "password" in document,
        document.get("signed_in"),
    )


def _hash(word: str) -> bytes:
    return hashlib.sha256(word.strip().encode("utf-8", "surrogatepass")).digest()
