"""Cases of accreditation in MongoDB: one document a case, its votes inside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.database import Database

from issuers.accreditations.life import Act, Asked, Case, Terms, Voice, Vote
from keys.errors import Refused

Document = dict[str, Any]
SHOWN = 200  # cases of one list: a committee's year


@dataclass(frozen=True)
class Filed:
    """A case with what was filed about it. ``body`` holds the words of a body that is not admitted yet.

    ``effect`` is the day the decision took effect, None while open and where it was refused.
    """

    case: Case
    statement: str
    by: str
    at: datetime
    body: Mapping[str, str] | None = None
    decided_at: datetime | None = None
    effect: date | None = None

    @property
    def state(self) -> str:
        """``open``, ``approve`` or ``refuse``."""
        return self.case.decision.voice.value if self.case.decision else "open"


class Cases:
    """The accreditation_cases collection."""

    def __init__(self, database: Database[Document]) -> None:
        self._cases: Collection[Document] = database["accreditation_cases"]

    def prepare(self) -> None:
        """Make the indexes; does nothing where they are."""
        by_assessor = IndexModel([("assessor", ASCENDING), ("at", DESCENDING)])
        self._cases.create_indexes([by_assessor, IndexModel([("state", ASCENDING), ("at", DESCENDING)])])

    def add(self, filed: Filed, *, session: ClientSession) -> None:
        """Keep a new case."""
        self._cases.insert_one(_to_document(filed), session=session)

    def find(self, case_id: str, *, session: ClientSession | None = None) -> Filed:
        """By id. Refused ``accreditation.case_unknown``."""
        found = self._cases.find_one({"_id": case_id}, session=session)
        if found is None:
            raise Refused("accreditation.case_unknown", field="case")
        return _from_document(found)

    def replace(self, filed: Filed, *, session: ClientSession) -> None:
        """Keep a case as it is now, inside the transaction that read it."""
        self._cases.replace_one({"_id": filed.case.id}, _to_document(filed), session=session)

    def of_assessor(self, assessor: str, **wanted: str) -> list[Filed]:
        """The assessor's cases, newest first; for example those with ``state="approve"``."""
        found = self._cases.find({"assessor": assessor, **wanted}).sort("at", DESCENDING).limit(SHOWN)
        return [_from_document(one) for one in found]

    def waiting(self) -> int:
        """How many cases of everybody wait for a decision."""
        return self._cases.count_documents({"state": "open"})

    def in_state(self, state: str, *, limit: int = SHOWN) -> list[Filed]:
        """Everybody's cases in a state, newest first."""
        found = self._cases.find({"state": state}).sort("at", DESCENDING).limit(limit)
        return [_from_document(one) for one in found]


def _to_document(filed: Filed) -> Document:
    case = filed.case
    return {
        "_id": case.id,
        "act": case.act.value,
        "assessor": case.assessor,
        "accreditation": case.accreditation,
        "asked": _asked_to_document(case.asked) if case.asked else None,
        "votes": [_vote_to_document(vote) for vote in case.votes],
        "state": filed.state,
        "statement": filed.statement,
        "by": filed.by,
        "at": filed.at,
        "body": dict(filed.body) if filed.body else None,
        "decided_at": filed.decided_at,
        "effect": _iso(filed.effect),
    }


def _from_document(document: Mapping[str, Any]) -> Filed:
    asked = document["asked"]
    case = Case(
        document["_id"],
        Act(document["act"]),
        document["assessor"],
        document["accreditation"],
        _asked_from_document(asked) if asked else None,
        tuple(_vote_from_document(vote) for vote in document["votes"]),
    )
    return Filed(
        case,
        document["statement"],
        document["by"],
        document["at"],
        document["body"],
        document["decided_at"],
        _day(document["effect"]),
    )


def _asked_to_document(asked: Asked) -> Document:
    return {
        "kind": asked.kind,
        "occupations": [list(pair) for pair in sorted(asked.occupations)],
        "levels": sorted(asked.levels),
        "region": asked.region,
        "start": asked.start.isoformat(),
        "until": _iso(asked.until),
    }


def _asked_from_document(document: Mapping[str, Any]) -> Asked:
    return Asked(
        document["kind"],
        frozenset((code, edition) for code, edition in document["occupations"]),
        frozenset(document["levels"]),
        document["region"],
        date.fromisoformat(document["start"]),
        _day(document["until"]),
    )


def _vote_to_document(vote: Vote) -> Document:
    terms = vote.terms
    return {
        "by": vote.by,
        "voice": vote.voice.value,
        "document": terms.document,
        "effect": _iso(terms.effect),
        "until": _iso(terms.until),
        "reason": vote.reason,
        "at": vote.at,
    }


def _vote_from_document(document: Mapping[str, Any]) -> Vote:
    terms = Terms(document["document"], _day(document["effect"]), _day(document["until"]))
    return Vote(document["by"], Voice(document["voice"]), terms, document["reason"], document["at"])


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
