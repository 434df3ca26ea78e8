"""One certificate in the place of another, in one transaction: never two that stand, never none."""

from __future__ import annotations

from typing import Any

from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from registry.certificate import CertificateRecord
from registry.record import Record
from registry.record_documents import change_to_document, to_document
from registry.state import Change, State


class Replacement:
    """Replaces certificates of the record."""

    def __init__(self, database: Database[dict[str, Any]], record: Record) -> None:
        self._client = database.client
        self._certificates = database["certificates"]
        self._record = record

    def replace(self, code: str, new: CertificateRecord, change: Change) -> CertificateRecord | None:
        """Supersede a valid certificate and record the new one; None where the old one is not valid any more.

        What the person holds moves over with it, and the number where the new one keeps it. A retry with the same
        key and body gives what stands. Refused ``issue.already_held``, ``issue.idempotency_conflict``.
        """
        try:
            with self._client.start_session() as session:
                is_done = session.with_transaction(lambda inner: self._write(code, new, change, inner))
        except DuplicateKeyError as error:
            return self._record.settle(new, error)
        if not is_done and new.idempotency:
            return self._record.retried(new.assessor, new.idempotency)
        return new if is_done else None

    def _write(self, code: str, new: CertificateRecord, change: Change, session: ClientSession) -> bool:
        update = {
            "$set": {"state": State.SUPERSEDED.value, "replaced_by": new.code},
            "$push": {"changes": change_to_document(change)},
            "$unset": {"holds": ""},
        }
        valid = {"_id": code, "state": State.VALID.value}
        if not self._certificates.update_one(valid, update, session=session).modified_count:
            return False
        self._certificates.insert_one(to_document(new), session=session)
        return True

    def successor(self, found: CertificateRecord) -> CertificateRecord | None:
        """The certificate that stands in the place of a replaced one today, through however many it was replaced."""
        seen = {found.code}
        current: CertificateRecord | None = found
        while current and current.replaced_by and current.replaced_by not in seen:
            seen.add(current.replaced_by)
            current = self._record.find(current.replaced_by)
        return current if current and current is not found else None
