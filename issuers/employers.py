"""Employers: bodies that check many certificates at once, known by name and credit code."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pymongo import IndexModel
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from issuers.assessor import MAX_NAME
from keys.errors import Refused
from registry.credit_code import parse_credit_code

OWNER_PREFIX = (
    "employer:"  # accounts and tokens name their owner: an assessor's id, ``registry``, or this and an id
)
_ID = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")


@dataclass(frozen=True)
class Employer:
    """An employer that may check in bulk. ``id`` is a short word that the registrar chose."""

    id: str
    name: str
    credit_code: str

    @property
    def owner(self) -> str:
        """How accounts and tokens name it."""
        return OWNER_PREFIX + self.id


def is_employer(owner: str) -> bool:
    """Whether the owner of an account or a token is an employer."""
    return owner.startswith(OWNER_PREFIX)


class Employers:
    """The employers collection."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._employers: Collection[dict[str, Any]] = database["employers"]

    def prepare(self) -> None:
        """Make the index; does nothing where it is."""
        self._employers.create_indexes([IndexModel("credit_code", unique=True)])

    def add(self, employer_id: str, *, name: str, credit_code: str) -> Employer:
        """Register an employer. Refused ``employer.id``, ``employer.name``, ``employer.exists``, ``credit_code.*``."""
        if not _ID.fullmatch(employer_id):
            raise Refused("employer.id", field="id")
        if not 0 < len(name.strip()) <= MAX_NAME:
            raise Refused("employer.name", field="name", limit=MAX_NAME)
        employer = Employer(employer_id, name.strip(), parse_credit_code(credit_code).code)
        try:
            self._employers.insert_one(
                {"_id": employer.id, "name": employer.name, "credit_code": employer.credit_code}
            )
        except DuplicateKeyError:
            raise Refused("employer.exists", field="id") from None
        return employer

    def find(self, employer_id: str) -> Employer:
        """By id. Refused ``employer.unknown``."""
        found = self._employers.find_one({"_id": employer_id})
        if found is None:
            raise Refused("employer.unknown", field="employer")
        return _from_document(found)

    def find_owner(self, owner: str) -> Employer:
        """By the owner of an account or a token. Refused ``employer.unknown``."""
        return self.find(owner.removeprefix(OWNER_PREFIX))

    def all(self) -> Iterator[Employer]:
        """Every employer, by id."""
        for document in self._employers.find().sort("_id", 1):
            yield _from_document(document)


def _from_document(document: Mapping[str, Any]) -> Employer:
    return Employer(document["_id"], document["name"], document["credit_code"])
