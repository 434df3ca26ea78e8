"""The record: one document a certificate, written once whole, then only its state changes.

Unique indexes carry the rules that must hold under races: one number, one status index, one living certificate for
a person, kind, occupation and level, one certificate for an idempotency key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import BulkWriteError, DuplicateKeyError

from keys.errors import Refused
from registry.credential import StatusEntry
from registry.state import LISTED, Change, State

PAGE = 50  # certificates a page of a list
OLD_NUMBER_INDEX = "number"  # of databases made before certificates could keep their number when issued again
DUPLICATE_KEY = 11000  # MongoDB's code for a value that a unique index has already


@dataclass(frozen=True)
class Idempotency:
    """A caller's retry key and the digest of the body it was first used with (32 bytes each)."""

    key: bytes
    body: bytes


@dataclass(frozen=True)
class CertificateRecord:
    """A certificate as recorded.

    ``credential`` is the exact signed bytes, ``sd_jwt`` the same certificate as an SD-JWT VC with every disclosure
    (`registry.selective`), None where none was signed. ``person`` is the keyed hash of the identity document,
    ``holder`` the sealed name and identity number, ``holds`` the keyed hash of person, kind, occupation and level,
    ``name_key`` that of the folded name. A certificate issued again ``replaces`` a code; the one it replaces is
    ``replaced_by`` it.
    """

    code: str
    number: str
    kind: str
    level: str | None
    occupation: tuple[str, str]
    assessor: str
    region: str
    issued_on: date
    recorded_at: datetime
    person: bytes = field(repr=False)
    holder: bytes = field(repr=False)
    holds: bytes = field(repr=False)
    status: StatusEntry = field(repr=False)
    credential: bytes = field(repr=False)
    sd_jwt: bytes | None = field(default=None, repr=False)
    qr: str | None = field(default=None, repr=False)
    """The signed text of its QR, where the assessor keeps its own key and has signed that too."""
    idempotency: Idempotency | None = field(default=None, repr=False)
    state: State = State.VALID
    changes: tuple[Change, ...] = ()
    name_key: bytes = field(default=b"", repr=False)
    replaces: str | None = field(default=None, repr=False)
    replaced_by: str | None = field(default=None, repr=False)

    @property
    def cause(self) -> str | None:
        """Why it is not valid: the reason code of its last change; None while it is."""
        return self.changes[-1].reason if self.changes and self.state is not State.VALID else None


INDEXES = [
    # One certificate that stands for a number; those it replaced keep the number and name their successor (0019).
    IndexModel([("number", ASCENDING), ("replaced_by", ASCENDING)], name="number_standing", unique=True),
    IndexModel([("status.list", ASCENDING), ("status.index", ASCENDING)], name="status_index", unique=True),
    IndexModel("holds", name="holds", unique=True, partialFilterExpression={"holds": {"$exists": True}}),
    IndexModel(
        [("assessor", ASCENDING), ("idempotency.key", ASCENDING)],
        name="idempotency",
        unique=True,
        partialFilterExpression={"idempotency.key": {"$exists": True}},
    ),
    IndexModel(
        [("assessor", ASCENDING), ("recorded_at", DESCENDING), ("_id", DESCENDING)], name="assessor_recent"
    ),
    IndexModel("person", name="person"),
    IndexModel("name_key", name="name_key", partialFilterExpression={"name_key": {"$exists": True}}),
    IndexModel(
        [("status.list", ASCENDING), ("state", ASCENDING), ("status.index", ASCENDING)],
        name="listed",
        # MongoDB has no "not equal" here; only the few that are not valid are in this index
        partialFilterExpression={"state": {"$in": [s.value for s in State if s is not State.VALID]}},
    ),
]


class Record:
    """The certificates collection."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._certificates: Collection[dict[str, Any]] = database["certificates"]

    def prepare(self) -> None:
        """Make the indexes; does nothing where they are."""
        self._certificates.create_indexes(INDEXES)
        if OLD_NUMBER_INDEX in self._certificates.index_information():  # would bar a number from being kept
            self._certificates.drop_index(OLD_NUMBER_INDEX)

    def insert(self, record: CertificateRecord) -> CertificateRecord:
        """Record a certificate; a retry with the same key and body gives the one that stands.

        Refused: ``issue.already_held`` (a living certificate for the same person, kind, occupation and level),
        ``issue.idempotency_conflict`` (same key, other body).
        """
        try:
            self._certificates.insert_one(to_document(record))
        except DuplicateKeyError as error:
            return self._settle(record, error)
        return record

    def insert_many(self, records: Sequence[CertificateRecord]) -> list[CertificateRecord | Refused]:
        """Record many in one write; what became of each, in order: itself, what stands under its code, or the refusal.

        A code that is recorded already is a retry: who inserts many gives each row the same code every time.
        A refusal is ``issue.already_held``. What the database raises goes through, with any part recorded.
        """
        try:
            self._certificates.insert_many([to_document(record) for record in records], ordered=False)
        except BulkWriteError as error:
            return self._settle_many(records, error)
        return list(records)

    def held(self, keys: Iterable[bytes]) -> set[bytes]:
        """Those of the keyed hashes ``holds`` that a living certificate has."""
        found = self._certificates.find({"holds": {"$in": list(keys)}}, {"_id": 0, "holds": 1})
        return {one["holds"] for one in found}

    def find(self, code: str) -> CertificateRecord | None:
        """By the unguessable code."""
        return self._find({"_id": code})

    def find_by_number(self, number: str) -> CertificateRecord | None:
        """By the printed number: the one that stands for it, else one that was replaced under another number."""
        found = self._certificates.find({"number": number}).sort("replaced_by", ASCENDING).limit(1)
        return next(map(from_document, found), None)

    def find_by_status(self, status: StatusEntry) -> CertificateRecord | None:
        """The one certificate whose place in the status lists this is."""
        return self._find({"status.list": status.list_id, "status.index": status.index})

    def add_sd_jwt(self, code: str, sd_jwt: bytes) -> CertificateRecord | None:
        """Give an older certificate its SD-JWT VC; of two at once the first stays. None without a certificate."""
        self._certificates.update_one({"_id": code, "sd_jwt": None}, {"$set": {"sd_jwt": sd_jwt}})
        return self.find(code)

    def find_all(self, *, codes: Iterable[str], numbers: Iterable[str]) -> Iterator[CertificateRecord]:
        """Those of the codes, then those that stand for the numbers, in one question each."""
        if asked := list(codes):
            yield from map(from_document, self._certificates.find({"_id": {"$in": asked}}))
        if asked := list(numbers):
            by_number = [("number", ASCENDING), ("replaced_by", ASCENDING)]
            found = self._certificates.find({"number": {"$in": asked}}).sort(by_number)
            for _, same in groupby(map(from_document, found), key=lambda one: one.number):
                yield next(same)

    def of_person(self, keys: Sequence[bytes]) -> list[CertificateRecord]:
        """Every certificate of a person by the keyed hashes of their documents, newest first."""
        found = self._certificates.find({"person": {"$in": list(keys)}}).sort("recorded_at", DESCENDING)
        return [from_document(one) for one in found]

    def find_by_idempotency(self, assessor: str, key: bytes) -> CertificateRecord | None:
        """What the assessor got for a retry key."""
        return self._find({"assessor": assessor, "idempotency.key": key})

    def retried(self, assessor: str, idempotency: Idempotency) -> CertificateRecord | None:
        """What the assessor got for a retry key and body; Refused ``issue.idempotency_conflict`` for another body."""
        standing = self.find_by_idempotency(assessor, idempotency.key)
        return _same_body(standing, idempotency) if standing else None

    def change(
        self, code: str, change: Change, *, only_from: tuple[State, ...], last_owner_not: str = ""
    ) -> CertificateRecord | None:
        """Change the state in one document update; None when the certificate is not in one of ``only_from``.

        With ``last_owner_not``, also None where the last change was done for that owner.
        """
        update: dict[str, Any] = {
            "$set": {"state": change.state.value},
            "$push": {"changes": change_to_document(change)},
        }
        wanted: dict[str, Any] = {"_id": code, "state": {"$in": [state.value for state in only_from]}}
        if last_owner_not:
            last = {"$getField": {"field": "owner", "input": {"$last": "$changes"}}}
            wanted["$expr"] = {"$ne": [last, last_owner_not]}
        if change.state in LISTED["revocation"]:
            update["$unset"] = {"holds": ""}  # the person may be certified anew
        found = self._certificates.find_one_and_update(wanted, update, return_document=True)
        return from_document(found) if found else None

    def estimate(self) -> int:
        """About how many certificates are recorded: the collection's own count, which no query is needed for."""
        return self._certificates.estimated_document_count()

    def count_not_valid(self) -> dict[State, int]:
        """How many are in each state but valid, from the small index of those."""
        others = [state for state in State if state is not State.VALID]
        wanted = {"state": {"$in": [state.value for state in others]}}
        counted = {"$group": {"_id": "$state", "n": {"$sum": 1}}}
        found = self._certificates.aggregate([{"$match": wanted}, counted], hint="listed")
        return dict.fromkeys(others, 0) | {State(one["_id"]): one["n"] for one in found}

    def listed(self, list_id: str, purpose: str) -> Iterator[int]:
        """Status indices whose bit is set in the list of that purpose (revocation or suspension)."""
        states = [state.value for state in LISTED[purpose]]
        wanted = {"status.list": list_id, "state": {"$in": states}}
        for found in self._certificates.find(wanted, {"_id": 0, "status.index": 1}, hint="listed"):
            yield found["status"]["index"]

    def page(
        self, assessor: str, *, text: str = "", state: str = "", before: str | None = None, limit: int = PAGE
    ) -> tuple[list[CertificateRecord], str | None]:
        """The assessor's certificates, newest first, and the cursor of the page after (None at the end).

        ``text`` is the start of a number, ``before`` a cursor. Refused ``record.cursor``.
        """
        wanted: dict[str, Any] = {"assessor": assessor}
        if text:
            wanted["number"] = {"$regex": f"^{re.escape(text)}"}
        if state:
            wanted["state"] = state
        if before:
            wanted["$or"] = older_than(before)
        return self._cut(wanted, limit)

    def each(
        self, *, assessor: str | None = None, since: datetime | None = None
    ) -> Iterator[CertificateRecord]:
        """Every certificate, oldest recorded first, one at a time; of one assessor, or recorded since a moment."""
        wanted: dict[str, Any] = {"assessor": assessor} if assessor else {}
        if since:
            wanted["recorded_at"] = {"$gte": since}
        order = [("recorded_at", ASCENDING), ("_id", ASCENDING)]
        with self._certificates.find(wanted).sort(order).allow_disk_use(True) as found:  # noqa: FBT003 - its form
            yield from map(from_document, found)

    def amount(self) -> int:
        """About how many certificates there are; costs nothing."""
        return self._certificates.estimated_document_count()

    def _cut(self, wanted: Mapping[str, Any], limit: int) -> tuple[list[CertificateRecord], str | None]:
        order = [("recorded_at", DESCENDING), ("_id", DESCENDING)]
        found = [from_document(one) for one in self._certificates.find(wanted).sort(order).limit(limit + 1)]
        following = cursor_of(found[limit - 1]) if len(found) > limit else None
        return found[:limit], following

    def holders(
        self,
        assessors: Sequence[str],
        *,
        kinds: Sequence[str],
        levels: Sequence[str | None],
        region: str,
        before: str | None = None,
        limit: int = PAGE,
    ) -> tuple[list[CertificateRecord], str | None]:
        """Certificates in force of these assessors, kinds and levels in a region, newest first, and the next cursor.

        The assessors bound the search by the index ``assessor_recent``. Refused ``record.cursor``.
        """
        wanted: dict[str, Any] = {
            "assessor": {"$in": list(assessors)},
            "kind": {"$in": list(kinds)},
            "level": {"$in": list(levels)},
            "region": {"$regex": f"^{re.escape(within(region))}"},
            "state": State.VALID.value,
        }
        if before:
            wanted["$or"] = older_than(before)
        return self._cut(wanted, limit)

    def count_since(self, assessor: str, moment: datetime) -> int:
        """How many certificates of the assessor were recorded at or after a moment."""
        return self._certificates.count_documents({"assessor": assessor, "recorded_at": {"$gte": moment}})

    def count(self, assessor: str, **wanted: str) -> int:
        """How many certificates of the assessor match, for example ``state="revoked"``."""
        return self._certificates.count_documents({"assessor": assessor, **wanted})

    def _find(self, wanted: Mapping[str, Any]) -> CertificateRecord | None:
        document = self._certificates.find_one(wanted)
        return from_document(document) if document else None

    def _settle(self, record: CertificateRecord, error: DuplicateKeyError) -> CertificateRecord:
        # A retry collides on more than one index at once; which one MongoDB names is chance. Ask for the key first.
        standing = self.retried(record.assessor, record.idempotency) if record.idempotency else None
        if standing:
            return standing
        if "holds" in _collided_index(error):
            raise Refused("issue.already_held", field="holder") from None
        raise error

    def _settle_many(
        self, records: Sequence[CertificateRecord], error: BulkWriteError
    ) -> list[CertificateRecord | Refused]:
        failed: dict[int, Mapping[str, Any]] = {one["index"]: one for one in error.details["writeErrors"]}
        if error.details["writeConcernErrors"] or any(f["code"] != DUPLICATE_KEY for f in failed.values()):
            raise error
        codes = [records[index].code for index in failed]
        settled: list[CertificateRecord | Refused] = list(records)
        standing = {one.code: one for one in self.find_all(codes=codes, numbers=())}
        for index, failure in failed.items():
            if found := standing.get(records[index].code):
                settled[index] = found
            elif "holds" in failure["keyPattern"]:
                settled[index] = Refused("issue.already_held", field="holder")
            else:
                raise error
        return settled


def cursor_of(last: CertificateRecord) -> str:
    """Where the page after this certificate begins."""
    return f"{last.recorded_at.isoformat()} {last.code}"


def older_than(cursor: str) -> list[dict[str, Any]]:
    """What fits behind a cursor. Refused ``record.cursor``."""
    moment, _, code = cursor.partition(" ")
    try:
        at = datetime.fromisoformat(moment).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused("record.cursor", field="before") from None
    return [{"recorded_at": {"$lt": at}}, {"recorded_at": at, "_id": {"$lt": code}}]


def within(region: str) -> str:
    """What every place code inside a region begins with: 330000 gives 33, 330100 gives 3301, 000000 nothing."""
    return re.sub("(?:00){1,3}$", "", region)


def _same_body(standing: CertificateRecord, idempotency: Idempotency) -> CertificateRecord:
    if standing.idempotency is None or standing.idempotency.body != idempotency.body:
        raise Refused("issue.idempotency_conflict", field="Idempotency-Key")
    return standing


def _collided_index(error: DuplicateKeyError) -> str:
    pattern: Mapping[str, Any] = (error.details or {}).get("keyPattern", {})
    return " ".join(pattern)


def to_document(record: CertificateRecord) -> dict[str, Any]:
    """A certificate as the record keeps it."""
    document: dict[str, Any] = {
        "_id": record.code,
        "number": record.number,
        "kind": record.kind,
        "level": record.level,
        "occupation": {"code": record.occupation[0], "edition": record.occupation[1]},
        "assessor": record.assessor,
        "region": record.region,
        "issued_on": record.issued_on.isoformat(),
        "recorded_at": record.recorded_at,
        "person": record.person,
        "holder": record.holder,
        "holds": record.holds,
        "status": {"list": record.status.list_id, "index": record.status.index},
        "credential": record.credential,
        "state": record.state.value,
        "changes": [change_to_document(change) for change in record.changes],
    }
    for name in ("sd_jwt", "qr", "name_key", "replaces", "replaced_by"):
        if value := getattr(record, name):
            document[name] = value
    if record.idempotency:
        document["idempotency"] = {"key": record.idempotency.key, "body": record.idempotency.body}
    return document


def from_document(document: Mapping[str, Any]) -> CertificateRecord:
    """A certificate from what the record keeps."""
    retry = document.get("idempotency")
    return CertificateRecord(
        code=document["_id"],
        number=document["number"],
        kind=document["kind"],
        level=document["level"],
        occupation=(document["occupation"]["code"], document["occupation"]["edition"]),
        assessor=document["assessor"],
        region=document["region"],
        issued_on=date.fromisoformat(document["issued_on"]),
        recorded_at=document["recorded_at"],
        person=document["person"],
        holder=document["holder"],
        holds=document.get("holds", b""),
        status=StatusEntry(document["status"]["list"], document["status"]["index"]),
        credential=document["credential"],
        sd_jwt=document.get("sd_jwt"),
        qr=document.get("qr"),
        idempotency=Idempotency(retry["key"], retry["body"]) if retry else None,
        state=State(document["state"]),
        changes=tuple(_change_from_document(change) for change in document["changes"]),
        name_key=document.get("name_key", b""),
        replaces=document.get("replaces"),
        replaced_by=document.get("replaced_by"),
    )


def change_to_document(change: Change) -> dict[str, Any]:
    """A change as the record keeps it."""
    kept = {
        "state": change.state.value,
        "at": change.at,
        "reason": change.reason,
        "by": change.by,
        "note": change.note,
    }
    return kept | {name: value for name in ("owner", "act") if (value := getattr(change, name))}


def _change_from_document(document: Mapping[str, Any]) -> Change:
    return Change(
        State(document["state"]),
        document["at"],
        document["reason"],
        document["by"],
        document["note"],
        document.get("owner", ""),
        document.get("act", ""),
    )
