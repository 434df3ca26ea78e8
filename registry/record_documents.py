"""Certificates as the documents that MongoDB keeps, and the indexes over them.

Unique indexes carry the rules that must hold under races: one number, one status index, one living certificate for
a person, kind, occupation and level, one certificate for an idempotency key.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel

from registry.certificate import CertificateRecord, Idempotency
from registry.credential import StatusEntry
from registry.issuance import issuance_from_document, issuance_to_document
from registry.state import Change, State

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
    if record.issuance:
        document["issuance"] = issuance_to_document(record.issuance)
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
        changes=tuple(change_from_document(change) for change in document["changes"]),
        name_key=document.get("name_key", b""),
        replaces=document.get("replaces"),
        replaced_by=document.get("replaced_by"),
        issuance=issuance_from_document(document.get("issuance")),
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
    return kept | {name: value for name in ("owner", "act", "request") if (value := getattr(change, name))}


def change_from_document(document: Mapping[str, Any]) -> Change:
    """A change from what the record keeps."""
    return Change(
        State(document["state"]),
        document["at"],
        document["reason"],
        document["by"],
        document["note"],
        document.get("owner", ""),
        document.get("act", ""),
        document.get("request", ""),
    )
