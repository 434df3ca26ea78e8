"""Subsidy accounts in MongoDB: one document an archive, replaced only at the version it was read at.

Two claims for one person, from two cities or two processes, read the same version; the second to write finds another
one and decides anew. A unique index over the slots of counting lines is the backstop across archives.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date
from typing import Any, Protocol

from pymongo import IndexModel
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from keys.errors import Refused
from registry.ledgers.account import Account, Act, Line, LineState


class Accounts(Protocol):
    """Where accounts are kept."""

    def load(self, archive: str) -> Account:
        """The account of an archive; empty, version 0, where none is stored."""

    def save(self, account: Account) -> bool:
        """Store it and move its version on; False when it was changed since it was loaded.

        Refused ``subsidy.certificate_elsewhere``: a counting line of another account has the same slot.
        """

    def load_by_line(self, line_id: str) -> Account:
        """The account with a line of that id. Refused ``subsidy.unknown``."""


class StoredAccounts:
    """The subsidy_accounts collection."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._accounts = database["subsidy_accounts"]

    def prepare(self) -> None:
        """Make the indexes; does nothing where they are."""
        self._accounts.create_indexes(
            [
                IndexModel(
                    "slots", name="slots", unique=True, partialFilterExpression={"slots": {"$exists": True}}
                ),
                IndexModel("lines.id", name="line"),
            ]
        )

    def load(self, archive: str) -> Account:
        """See `Accounts`."""
        found = self._accounts.find_one({"_id": archive})
        return _from_document(found) if found else Account(archive)

    def save(self, account: Account) -> bool:
        """See `Accounts`."""
        return self._write(account, None)

    def load_by_line(self, line_id: str) -> Account:
        """See `Accounts`."""
        found = self._accounts.find_one({"lines.id": line_id})
        if found is None:
            raise Refused("subsidy.unknown", field="id")
        return _from_document(found)

    def move(
        self, source: str, target: str, session: ClientSession, *, only: frozenset[str] | None = None
    ) -> tuple[str, ...]:
        """Move lines (all, or ``only`` these) from one archive's account to another's; gives their ids.

        Both accounts move on a version, so that a claim decided on either before finds out.
        """
        accounts = [self._load_in(session, archive) for archive in (source, target)]
        moving = tuple(line for line in accounts[0].lines if only is None or line.id in only)
        staying = tuple(line for line in accounts[0].lines if line not in moving)
        if not moving and only is not None:
            return ()
        # the source first: a slot stands in one account at a time, inside a transaction too
        for account in (
            replace(accounts[0], lines=staying),
            replace(accounts[1], lines=(*accounts[1].lines, *moving)),
        ):
            if not self._write(account, session):
                raise Refused("ledger.busy")
        return tuple(line.id for line in moving)

    def _load_in(self, session: ClientSession, archive: str) -> Account:
        found = self._accounts.find_one({"_id": archive}, session=session)
        return _from_document(found) if found else Account(archive)

    def _write(self, account: Account, session: ClientSession | None) -> bool:
        document = _to_document(account)
        if account.version == 0:
            # an upsert that matches nothing inserts; a document that came meanwhile makes it a duplicate key
            wanted: dict[str, Any] = {"_id": account.archive, "version": 0}
        else:
            wanted = {"_id": account.archive, "version": account.version}
        try:
            done = self._accounts.replace_one(wanted, document, upsert=account.version == 0, session=session)
        except DuplicateKeyError as error:
            if "slots" in (error.details or {}).get("keyPattern", {}):
                raise Refused("subsidy.certificate_elsewhere", field="certificate") from None
            return False
        return bool(done.matched_count or done.upserted_id is not None)


def _to_document(account: Account) -> dict[str, Any]:
    document: dict[str, Any] = {
        "_id": account.archive,
        "version": account.version + 1,
        "lines": [_line_to_document(line) for line in account.lines],
    }
    if account.slots:  # an empty list would be indexed as null, and null is unique too
        document["slots"] = list(account.slots)
    return document


def _from_document(document: Mapping[str, Any]) -> Account:
    return Account(
        document["_id"], tuple(_line_from_document(row) for row in document["lines"]), document["version"]
    )


def _line_to_document(line: Line) -> dict[str, Any]:
    return asdict(line) | {"granted_on": line.granted_on.isoformat(), "state": line.state.value}


def _line_from_document(row: Mapping[str, Any]) -> Line:
    return Line(
        **{
            **row,
            "granted_on": date.fromisoformat(row["granted_on"]),
            "state": LineState(row["state"]),
            "acts": tuple(Act(**act) for act in row["acts"]),
        }
    )
