"""The record: one document a certificate, written once whole, then only its state changes.

What the documents hold and which rules their unique indexes carry is in `registry.record_documents`; lists for who
works at the record are in `registry.searching`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from pymongo import ASCENDING, DESCENDING
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import BulkWriteError, DuplicateKeyError

from keys.errors import Refused
from registry.certificate import CertificateRecord, Idempotency
from registry.credential import StatusEntry
from registry.record_documents import INDEXES, change_to_document, from_document, to_document
from registry.state import LISTED, Change, State

OLD_NUMBER_INDEX = "number"  # of databases made before certificates could keep their number when issued again
DUPLICATE_KEY = 11000  # MongoDB's code for a value that a unique index has already


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
            return self.settle(record, error)
        return record

    def settle(self, record: CertificateRecord, error: DuplicateKeyError) -> CertificateRecord:
        """What a certificate that collided gives: the one that stands for its retry key, else a refusal or the error.

        Refused as by `insert`.
        """
        # A retry collides on more than one index at once; which one MongoDB names is chance. Ask for the key first.
        standing = self.retried(record.assessor, record.idempotency) if record.idempotency else None
        if standing:
            return standing
        if "holds" in (error.details or {}).get("keyPattern", {}):
            raise Refused("issue.already_held", field="holder") from None
        raise error

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

    def count_since(self, assessor: str, moment: datetime) -> int:
        """How many certificates of the assessor were recorded at or after a moment."""
        return self._certificates.count_documents({"assessor": assessor, "recorded_at": {"$gte": moment}})

    def count(self, assessor: str) -> int:
        """How many certificates of the assessor are recorded."""
        return self._certificates.count_documents({"assessor": assessor})

    def _find(self, wanted: Mapping[str, Any]) -> CertificateRecord | None:
        document = self._certificates.find_one(wanted)
        return from_document(document) if document else None

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


def _same_body(standing: CertificateRecord, idempotency: Idempotency) -> CertificateRecord:
    if standing.idempotency is None or standing.idempotency.body != idempotency.body:
        raise Refused("issue.idempotency_conflict", field="Idempotency-Key")
    return standing
