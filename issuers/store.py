"""Assessors, their tokens and accounts in MongoDB."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from pymongo import IndexModel
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from issuers.accounts.sessions import Sessions
from issuers.accreditation import Accreditation, Ending, Suspension
from issuers.assessor import Assessor, AssessorKind, check_assessor
from issuers.employers import Employers, is_employer
from issuers.passwords import hash_password
from issuers.roles import Role, check_role
from keys.errors import Refused
from registry.keyrings import REGISTRY

TOKEN_BYTES = 32  # 256 bits of randomness: a plain SHA-256 is enough to keep it, no slow hash needed
TOKEN_PREFIX = "skr_"  # so that a secret scanner finds a leaked one  # noqa: S105


@dataclass(frozen=True)
class Account:
    """Somebody who may sign in, acting for ``owner``: an assessor's id, ``registry``, or ``employer:`` and an id."""

    name: str
    owner: str
    role: Role
    has_second_factor: bool = False


class Assessors:
    """The assessors, tokens and accounts collections."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._assessors: Collection[dict[str, Any]] = database["assessors"]
        self._tokens: Collection[dict[str, Any]] = database["tokens"]
        self._accounts: Collection[dict[str, Any]] = database["accounts"]
        self._employers = Employers(database)
        self._sessions = Sessions(database)

    def prepare(self) -> None:
        """Make the indexes; does nothing where they are."""
        self._assessors.create_indexes(
            [IndexModel("did", unique=True), IndexModel("credit_code", unique=True)]
        )

    def add(self, assessor: Assessor, *, session: ClientSession | None = None) -> Assessor:
        """Register an assessor. Refused ``assessor.exists`` or what `check_assessor` finds."""
        check_assessor(assessor)
        try:
            self._assessors.insert_one(_to_document(assessor), session=session)
        except DuplicateKeyError:
            raise Refused("assessor.exists", field="id") from None
        return assessor

    def accredit(self, assessor_id: str, accreditation: Accreditation) -> Assessor:
        """Give an assessor one more accreditation. Refused ``assessor.unknown``, ``accreditation.exists``."""
        assessor = self.find(assessor_id)
        if any(held.id == accreditation.id for held in assessor.accreditations):
            raise Refused("accreditation.exists", field="accreditation")
        self._assessors.update_one(
            {"_id": assessor_id, "accreditations.id": {"$ne": accreditation.id}},
            {"$push": {"accreditations": _accreditation_to_document(accreditation)}},
        )
        return replace(assessor, accreditations=(*assessor.accreditations, accreditation))

    def end_accreditation(self, assessor_id: str, accreditation_id: str, *, on: date) -> None:
        """Withdraw an accreditation from ``on`` (excluded from its time). Refused ``accreditation.unknown``."""
        changed = self._assessors.update_one(
            {"_id": assessor_id, "accreditations.id": accreditation_id},
            {"$set": {"accreditations.$.valid_until": on.isoformat()}},
        )
        if not changed.matched_count:
            raise Refused("accreditation.unknown", field="accreditation")

    def set_accreditations(
        self, assessor_id: str, held: Sequence[Accreditation], *, session: ClientSession
    ) -> None:
        """Put these in place of the assessor's accreditations, inside the transaction that read them."""
        documents = [_accreditation_to_document(one) for one in held]
        self._assessors.update_one(
            {"_id": assessor_id}, {"$set": {"accreditations": documents}}, session=session
        )

    def find(self, assessor_id: str, *, session: ClientSession | None = None) -> Assessor:
        """By id. Refused ``assessor.unknown``."""
        document = self._assessors.find_one({"_id": assessor_id}, session=session)
        if document is None:
            raise Refused("assessor.unknown", field="assessor")
        return _from_document(document)

    def exists(self, assessor_id: str, credit_code: str) -> bool:
        """Whether an assessor of that id or that credit code is admitted."""
        wanted = {"$or": [{"_id": assessor_id}, {"credit_code": credit_code}]}
        return self._assessors.find_one(wanted, {"_id": 1}) is not None

    def find_by_did(self, did: str) -> Assessor | None:
        """By DID."""
        document = self._assessors.find_one({"did": did})
        return _from_document(document) if document else None

    def all(self) -> Iterator[Assessor]:
        """Every assessor, by id."""
        for document in self._assessors.find().sort("_id", 1):
            yield _from_document(document)

    def new_token(self, owner: str, *, label: str, at: datetime) -> str:
        """A new bearer token for the API, shown this once; only its hash is kept."""
        self.check_owner(owner)
        token = TOKEN_PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
        self._tokens.insert_one({"_id": _token_hash(token), "owner": owner, "label": label, "made": at})
        return token

    def end_tokens(self, owner: str, *, label: str) -> None:
        """End the owner's tokens of that label."""
        self._tokens.delete_many({"owner": owner, "label": label})

    def owner_of_token(self, token: str) -> str:
        """Whose token it is. Refused ``auth.token_unknown``."""
        found = self._tokens.find_one({"_id": _token_hash(token)})
        if found is None:
            raise Refused("auth.token_unknown", field="Authorization")
        owner: str = found["owner"]
        return owner

    def set_account(self, name: str, owner: str, password: str, role: str | None = None) -> Account:
        """Make an account, or give it a new password. Refused ``auth.password_short``, ``account.role``."""
        self.check_owner(owner)
        account = Account(name.casefold(), owner, check_role(owner, role))
        document = {"owner": owner, "role": account.role.value, "password": hash_password(password)}
        self._accounts.update_one({"_id": account.name}, {"$set": document}, upsert=True)
        self._sessions.end_all(account.name)  # who signed in with what held before is signed out
        return account

    def check_owner(self, owner: str) -> None:
        """Whether accounts and tokens may name that owner. Refused ``assessor.unknown``, ``employer.unknown``."""
        if is_employer(owner):
            self._employers.find_owner(owner)
        elif owner != REGISTRY:
            self.find(owner)

    def find_account(self, name: str) -> Account | None:
        """The account of that name; None where it is disabled as well."""
        found = self._accounts.find_one({"_id": name, "disabled": {"$ne": True}})
        return account_of(found) if found else None


def account_of(document: Mapping[str, Any]) -> Account:
    """The account that a document of the accounts collection describes."""
    role = check_role(document["owner"], document.get("role"))
    return Account(document["_id"], document["owner"], role, "second" in document)


def _token_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _to_document(assessor: Assessor) -> dict[str, Any]:
    return {
        "_id": assessor.id,
        "did": assessor.did,
        "name": assessor.name,
        "kind": assessor.kind.value,
        "credit_code": assessor.credit_code,
        "region": assessor.region,
        "accreditations": [_accreditation_to_document(held) for held in assessor.accreditations],
    }


def _from_document(document: Mapping[str, Any]) -> Assessor:
    return Assessor(
        id=document["_id"],
        did=document["did"],
        name=document["name"],
        kind=AssessorKind(document["kind"]),
        credit_code=document["credit_code"],
        region=document["region"],
        accreditations=tuple(_accreditation_from_document(held) for held in document["accreditations"]),
    )


def _accreditation_to_document(held: Accreditation) -> dict[str, Any]:
    return {
        "id": held.id,
        "kind": held.kind,
        "occupations": [{"code": code, "edition": edition} for code, edition in sorted(held.occupations)],
        "levels": sorted(held.levels),
        "region": held.region,
        "valid_from": held.valid_from.isoformat(),
        "valid_until": held.valid_until.isoformat() if held.valid_until else None,
        "decision": held.decision,
        "suspensions": [
            {name: day and day.isoformat() for name, day in vars(gap).items()} for gap in held.suspensions
        ],
        "ending": held.ending.value if held.ending else None,
    }


def _accreditation_from_document(document: Mapping[str, Any]) -> Accreditation:
    until = document["valid_until"]
    return Accreditation(
        id=document["id"],
        kind=document["kind"],
        occupations=frozenset((pair["code"], pair["edition"]) for pair in document["occupations"]),
        levels=frozenset(document["levels"]),
        region=document["region"],
        valid_from=date.fromisoformat(document["valid_from"]),
        valid_until=date.fromisoformat(until) if until else None,
        decision=document["decision"],
        suspensions=tuple(_suspension(gap) for gap in document.get("suspensions", ())),
        ending=Ending(document["ending"]) if document.get("ending") else None,
    )


def _suspension(gap: Mapping[str, str | None]) -> Suspension:
    days = {name: date.fromisoformat(day) for name, day in gap.items() if day}
    return Suspension(days["stops_on"], days["start"], days.get("until"))
