"""What a worker asks for: a correction, or a review of a certificate; answered under a deadline.

The words of both sides may name people, so they are sealed, and only the worker and whoever must answer read them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from secrets import token_urlsafe
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.collection import Collection
from pymongo.database import Database

from keys.errors import Refused
from keys.vault import Vault
from registry.credential import china_date
from registry.workers.working_days import add_working_days

ANSWER_IN = 10
"""Working days. Reviews of results within ten working days (Zhejiang; domain notes section 5, grade C); for corrections
PIPL article 46 says no number, and one deadline is easier to keep than two."""
LONGEST_TEXT = 1_000  # characters: what is wrong and what is right, not a file
MOST_OPEN = 5  # of one person: who has more answers waiting should wait for them
CONTEXT = "worker request"


class RequestKind(StrEnum):
    """``correction``: something is written wrongly. ``objection``: the decision itself is doubted."""

    CORRECTION = "correction"
    OBJECTION = "objection"


class RequestState(StrEnum):
    """Where a request stands."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class WorkerRequest:
    """One request. ``owner`` must answer it: the certificate's assessor, or the registry.

    ``code`` and ``number`` name the certificate it is about; None where it is about the archive.
    """

    id: str
    archive: str
    kind: RequestKind
    owner: str
    code: str | None
    number: str | None
    text: str = field(repr=False)
    opened_at: datetime
    due_on: date
    state: RequestState = RequestState.OPEN
    answer: str = field(default="", repr=False)
    answered_at: datetime | None = None
    answered_by: str = ""

    def is_late(self, today: date) -> bool:
        """Whether its deadline has passed without an answer."""
        return self.state is RequestState.OPEN and today > self.due_on


@dataclass(frozen=True)
class Subject:
    """What a request is about, and who must answer."""

    owner: str
    code: str | None = None
    number: str | None = None


class WorkerRequests:
    """The worker_requests collection."""

    def __init__(self, database: Database[dict[str, Any]], vault: Vault) -> None:
        self._requests: Collection[dict[str, Any]] = database["worker_requests"]
        self._vault = vault

    def prepare(self) -> None:
        """Make the indexes; does nothing where they are."""
        self._requests.create_indexes(
            [
                IndexModel([("archive", ASCENDING), ("opened_at", DESCENDING)], name="archive"),
                IndexModel([("owner", ASCENDING), ("state", ASCENDING), ("due_on", ASCENDING)], name="owner"),
                IndexModel("due_on", name="due", partialFilterExpression={"state": RequestState.OPEN.value}),
            ]
        )

    def open(
        self, archives: tuple[str, ...], kind: RequestKind, subject: Subject, text: str, *, at: datetime
    ) -> WorkerRequest:
        """Open a request. Refused ``request.text``, ``request.too_many``."""
        wanted = {"archive": {"$in": list(archives)}, "state": RequestState.OPEN.value}
        if self._requests.count_documents(wanted) >= MOST_OPEN:
            raise Refused("request.too_many", limit=MOST_OPEN)
        made = WorkerRequest(
            token_urlsafe(12),
            archives[0],
            kind,
            subject.owner,
            subject.code,
            subject.number,
            check_text(text),
            at,
            add_working_days(china_date(at), ANSWER_IN),
        )
        self._requests.insert_one(self._to_document(made))
        return made

    def answer(
        self, request_id: str, owner: str, state: RequestState, text: str, *, by: str, at: datetime
    ) -> WorkerRequest:
        """Answer an open request of the owner. Refused ``request.text``, ``request.unknown``."""
        sealed = self._seal(check_text(text), request_id)
        return self._close(
            {"_id": request_id, "owner": owner},
            {"state": state.value, "answer": sealed, "answered_at": at, "answered_by": by},
        )

    def withdraw(self, request_id: str, archives: tuple[str, ...], *, at: datetime) -> WorkerRequest:
        """Take an open request back. Refused ``request.unknown``."""
        mine = {"_id": request_id, "archive": {"$in": list(archives)}}
        return self._close(mine, {"state": RequestState.WITHDRAWN.value, "answered_at": at})

    def of_archive(self, archives: tuple[str, ...]) -> list[WorkerRequest]:
        """Everything a person asked for, newest first."""
        found = self._requests.find({"archive": {"$in": list(archives)}}).sort("opened_at", DESCENDING)
        return [self._from_document(one) for one in found]

    def of_owner(self, owner: str, state: RequestState, *, limit: int) -> list[WorkerRequest]:
        """What an assessor or the registry must answer, or answered; the most urgent first."""
        found = self._requests.find({"owner": owner, "state": state.value}).sort("due_on", 1).limit(limit)
        return [self._from_document(one) for one in found]

    def waiting(self, owner: str) -> int:
        """How many requests wait for the owner's answer."""
        return self._requests.count_documents({"owner": owner, "state": RequestState.OPEN.value})

    def overdue(self, today: date) -> int:
        """How many requests to everybody should have been answered before today."""
        late = {"state": RequestState.OPEN.value, "due_on": {"$lt": today.isoformat()}}
        return self._requests.count_documents(late)

    def find(self, request_id: str, owner: str) -> WorkerRequest:
        """A request of the owner. Refused ``request.unknown``, for another's too."""
        found = self._requests.find_one({"_id": request_id, "owner": owner})
        if found is None:
            raise Refused("request.unknown", field="id")
        return self._from_document(found)

    def forget(self, archives: tuple[str, ...]) -> None:
        """Erase what a person wrote and was answered; the trail keeps that something was asked and decided."""
        self._requests.delete_many({"archive": {"$in": list(archives)}})

    def _close(self, wanted: Mapping[str, Any], change: Mapping[str, Any]) -> WorkerRequest:
        still_open = {**wanted, "state": RequestState.OPEN.value}
        found = self._requests.find_one_and_update(still_open, {"$set": change}, return_document=True)
        if found is None:
            raise Refused("request.unknown", field="id")
        return self._from_document(found)

    def _seal(self, text: str, request_id: str) -> bytes:
        return self._vault.seal(text.encode(), context=f"{CONTEXT} {request_id}")

    def _unseal(self, sealed: bytes | None, request_id: str) -> str:
        return self._vault.open(sealed, context=f"{CONTEXT} {request_id}").decode() if sealed else ""

    def _to_document(self, made: WorkerRequest) -> dict[str, Any]:
        row = {name: value for name, value in vars(made).items() if name not in ("id", "answer")}
        return row | {
            "_id": made.id,
            "kind": made.kind.value,
            "state": made.state.value,
            "text": self._seal(made.text, made.id),
            "due_on": made.due_on.isoformat(),
        }

    def _from_document(self, row: Mapping[str, Any]) -> WorkerRequest:
        cells = {name: value for name, value in row.items() if name != "_id"}
        return WorkerRequest(
            **cells
            | {
                "id": row["_id"],
                "kind": RequestKind(row["kind"]),
                "state": RequestState(row["state"]),
                "text": self._unseal(row["text"], row["_id"]),
                "answer": self._unseal(row.get("answer"), row["_id"]),
                "due_on": date.fromisoformat(row["due_on"]),
            }
        )


def check_text(text: str) -> str:
    """Trimmed words. Refused ``request.text``."""
    words = text.strip()
    if not words or len(words) > LONGEST_TEXT:
        raise Refused("request.text", field="text", limit=LONGEST_TEXT)
    return words
