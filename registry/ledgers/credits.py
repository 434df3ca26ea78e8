"""The credit bank: one account an archive, credits earned and converted, no result spent twice anywhere.

The balance is never stored: it is the sum of the entries. As with subsidies, an account is replaced only at the
version it was read at, and a unique index over what each entry uses up is the backstop across archives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from pymongo import IndexModel
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from keys.errors import Refused
from registry.ledgers.published import PublishedTables
from registry.policy.credits import CreditEntry, Result, Reward, balance, convert, enter, reward_tier
from registry.policy.model import Policies

MAX_TRIES = 50  # as in the subsidy ledger


@dataclass(frozen=True)
class CreditAccount:
    """The entries of one archive, and the version they were read at (0: nothing stored)."""

    archive: str
    entries: tuple[CreditEntry, ...] = ()
    version: int = 0

    @property
    def balance(self) -> int:
        """The sum of the entries."""
        return balance(self.entries)

    @property
    def uses(self) -> tuple[str, ...]:
        """What may stand in one entry only, in the whole registry."""
        return tuple(
            f"{entry.result} converted" if entry.course else f"{entry.result} {entry.rule}"
            for entry in self.entries
        )


class CreditBank:
    """The credit_accounts collection."""

    def __init__(self, database: Database[dict[str, Any]], tables: PublishedTables) -> None:
        self._accounts = database["credit_accounts"]
        self._tables = tables

    def prepare(self) -> None:
        """Make the indexes; does nothing where they are."""
        self._accounts.create_indexes(
            [
                IndexModel(
                    "uses", name="uses", unique=True, partialFilterExpression={"uses": {"$exists": True}}
                )
            ]
        )

    def load(self, archive: str) -> CreditAccount:
        """The account of an archive; empty where none is stored."""
        found = self._accounts.find_one({"_id": archive})
        return _from_document(found) if found else CreditAccount(archive)

    def earn(
        self, find: Callable[[], str], result: Result, *, credits_: int, rule: str, on: date
    ) -> CreditAccount:
        """Enter ``credits_`` for a result under a published ``rule`` (its reference); once for a result and rule.

        ``find`` gives the archive as it is now. Refused ``credit.amount``, ``credit.spent``, ``credit.balance``.
        """
        if credits_ <= 0:
            raise Refused("credit.amount", field="credits")
        entry = CreditEntry(result.number, rule, credits_, on)
        return self._change(find, lambda account: enter(account.entries, entry))

    def convert(
        self, find: Callable[[], str], result: Result, *, school: str, programme: str, course: str, on: date
    ) -> CreditAccount:
        """Exempt from a course by a school's row in force; each result once for ever (DG-07, JL-03).

        Refused ``credit.no_rule``, ``credit.spent``.
        """
        rules = self._tables.conversion_rules()

        def change(account: CreditAccount) -> tuple[CreditEntry, ...]:
            entry = convert(
                account.entries,
                result,
                school=school,
                programme=programme,
                course=course,
                on=on,
                rules=rules,
            )
            return (*account.entries, entry)

        return self._change(find, change)

    def reward(self, policies: Policies, account: CreditAccount, *, region: str, on: date) -> Reward:
        """The tier reached there on that day, where a threshold was published (DG-04)."""
        return reward_tier(policies, account.entries, tiers=self._tables.tiers(), region=region, on=on)

    def move(
        self, source: str, target: str, session: ClientSession, *, only: frozenset[str] | None = None
    ) -> tuple[str, ...]:
        """Move entries (all, or those with ``only`` these uses) between two archives' accounts; gives their uses."""
        accounts = [self._load_in(session, archive) for archive in (source, target)]
        pairs = list(zip(accounts[0].entries, accounts[0].uses, strict=True))
        moving = tuple(entry for entry, use in pairs if only is None or use in only)
        if not moving and only is not None:
            return ()
        staying = tuple(entry for entry in accounts[0].entries if entry not in moving)
        for account in (
            replace(accounts[0], entries=staying),
            replace(accounts[1], entries=(*accounts[1].entries, *moving)),
        ):
            if not self._write(account, session):
                raise Refused("ledger.busy")
        return tuple(use for entry, use in pairs if entry in moving)

    def _change(
        self, find: Callable[[], str], change: Callable[[CreditAccount], tuple[CreditEntry, ...]]
    ) -> CreditAccount:
        for _ in range(MAX_TRIES):
            account = self.load(find())
            changed = replace(account, entries=change(account))
            if self._write(changed, None):
                return replace(changed, version=account.version + 1)
        raise Refused("ledger.busy")

    def _load_in(self, session: ClientSession, archive: str) -> CreditAccount:
        found = self._accounts.find_one({"_id": archive}, session=session)
        return _from_document(found) if found else CreditAccount(archive)

    def _write(self, account: CreditAccount, session: ClientSession | None) -> bool:
        first = account.version == 0
        wanted = {"_id": account.archive, "version": account.version}
        try:
            done = self._accounts.replace_one(wanted, _to_document(account), upsert=first, session=session)
        except DuplicateKeyError as error:
            if "uses" in (error.details or {}).get("keyPattern", {}):
                raise Refused("credit.spent", field="result") from None
            return False
        return bool(done.matched_count or done.upserted_id is not None)


def _to_document(account: CreditAccount) -> dict[str, Any]:
    rows = [asdict(entry) | {"entered_on": entry.entered_on.isoformat()} for entry in account.entries]
    document: dict[str, Any] = {"_id": account.archive, "version": account.version + 1, "entries": rows}
    if rows:  # an empty list would be indexed as null, and null is unique too
        document["uses"] = list(account.uses)
    return document


def _from_document(document: Mapping[str, Any]) -> CreditAccount:
    entries = (
        CreditEntry(**{**row, "entered_on": date.fromisoformat(row["entered_on"])})
        for row in document["entries"]
    )
    return CreditAccount(document["_id"], tuple(entries), document["version"])
