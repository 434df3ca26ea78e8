"""Checks of employment access, kept as evidence, and referrals of those who broke the rule (NM-06 to NM-08).

A check keeps the person only as the keyed hash of an identity document: whoever asks again with the document finds
it, nobody can read it out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from secrets import token_urlsafe
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.database import Database

from keys.errors import Refused
from registry.policy.access import AccessCheck, Checker


@dataclass(frozen=True)
class KeptCheck:
    """One check as kept: who asked, for whom (a keyed hash), for what, by which list, with which answer."""

    id: str
    person: bytes = field(repr=False)
    checked_by: str
    checker: Checker
    occupation: str
    region: str
    on: date
    outcome: str
    rules: tuple[str, ...]
    list_digest: str
    certificate: str | None
    at: datetime
    owner: str = ""
    """For whom the account or token acted that asked; empty: kept before this was noted."""
    document: str | None = None
    """Of the listing that was found: the publication it is taken from."""
    listed_from: date | None = None


@dataclass(frozen=True)
class Referral:
    """An employer or agency that broke the access rule, referred to whoever may punish it (NM-08)."""

    id: str
    check: str
    employer: str
    found_on: date
    note: str
    by: str
    at: datetime


class AccessLog:
    """The access_checks and access_referrals collections; rows are only ever added."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._checks = database["access_checks"]
        self._referrals = database["access_referrals"]

    def prepare(self) -> None:
        """Make the indexes; does nothing where they are."""
        order = ("at", DESCENDING)
        self._checks.create_indexes(
            [
                IndexModel([("person", ASCENDING), order], name="person"),
                IndexModel([("owner", ASCENDING), order], name="owner"),
            ]
        )
        self._referrals.create_indexes([IndexModel("check", name="check")])

    def keep(
        self, check: AccessCheck, *, person: bytes, checked_by: str, owner: str, region: str, at: datetime
    ) -> KeptCheck:
        """Keep the evidence of a check."""
        kept = KeptCheck(
            id=token_urlsafe(12),
            person=person,
            checked_by=checked_by,
            checker=check.checker,
            occupation=check.occupation,
            region=region,
            on=check.on,
            outcome=check.outcome,
            rules=tuple(rule.id for rule in check.rules),
            list_digest=check.list_digest,
            certificate=check.certificate,
            at=at,
            owner=owner,
            document=check.listing.document if check.listing else None,
            listed_from=check.listing.window.since if check.listing else None,
        )
        since = kept.listed_from.isoformat() if kept.listed_from else None
        row = vars(kept) | {"_id": kept.id, "on": kept.on.isoformat(), "listed_from": since}
        del row["id"]
        self._checks.insert_one(row)
        return kept

    def find(self, check_id: str, *, owner: str | None = None) -> KeptCheck:
        """A kept check, of that owner where one is named. Refused ``access.unknown``, for another's too."""
        found = self._checks.find_one({"_id": check_id} | ({"owner": owner} if owner else {}))
        if found is None:
            raise Refused("access.unknown", field="id")
        return _check(found)

    def of_person(self, keys: Sequence[bytes]) -> tuple[KeptCheck, ...]:
        """The checks of a person, newest first."""
        found = self._checks.find({"person": {"$in": list(keys)}}).sort("at", DESCENDING)
        return tuple(_check(row) for row in found)

    def of_owner(self, owner: str, *, limit: int) -> tuple[KeptCheck, ...]:
        """What was asked for an owner, newest first."""
        found = self._checks.find({"owner": owner}).sort("at", DESCENDING).limit(limit)
        return tuple(_check(row) for row in found)

    def referrals(self, check_id: str) -> tuple[Referral, ...]:
        """Who was referred against a check, in order."""
        found = self._referrals.find({"check": check_id}).sort("at", ASCENDING)
        return tuple(_referral(row) for row in found)

    def refer(
        self, check_id: str, *, employer: str, found_on: date, note: str, by: str, at: datetime
    ) -> Referral:
        """Refer whoever hired or placed against a check that found no certificate.

        Refused ``access.unknown``, ``access.no_violation``.
        """
        if self.find(check_id).outcome != "certificate_missing":
            raise Refused("access.no_violation", field="id")
        referral = Referral(token_urlsafe(12), check_id, employer, found_on, note, by, at)
        row = vars(referral) | {"_id": referral.id, "found_on": found_on.isoformat()}
        del row["id"]
        self._referrals.insert_one(row)
        return referral


def _check(row: Mapping[str, Any]) -> KeptCheck:
    cells = {name: value for name, value in row.items() if name != "_id"}
    since = row.get("listed_from")
    read = {
        "id": row["_id"],
        "on": date.fromisoformat(row["on"]),
        "rules": tuple(row["rules"]),
        "listed_from": date.fromisoformat(since) if since else None,
    }
    return KeptCheck(**{**cells, **read})


def _referral(row: Mapping[str, Any]) -> Referral:
    cells = {name: value for name, value in row.items() if name != "_id"}
    return Referral(**{**cells, "id": row["_id"], "found_on": date.fromisoformat(row["found_on"])})
