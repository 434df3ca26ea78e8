"""Certificates as the console shows them: rows of a list, links, the history."""

from __future__ import annotations

from flask import url_for

from issuers.changes.reasons import reasons
from issuers.view import describe_own_face
from registry.certificate import CertificateRecord
from registry.credential import parse_credential, read_face
from registry.state import State
from registry.view import Json, describe_instant

ACTS = {"valid": "resumed"}


def describe_row(record: CertificateRecord) -> Json:
    """A certificate as one row of a list."""
    return describe_own_face(read_face(parse_credential(record.credential))) | {"state": record.state.value}


def links(record: CertificateRecord) -> Json:
    """Where a certificate is shown and kept."""
    return {
        "verify": url_for("verify.page", code=record.code),
        "worker": url_for("verify.worker", code=record.code),
        "qr_svg": url_for("verify.qr_svg", code=record.code),
        "qr_png": url_for("verify.qr_png", code=record.code),
        "credential": url_for("certificates.credential", number=record.number),
        "pdf": url_for("paper.certificate", number=record.number) if record.state is State.VALID else None,
    }


def history(record: CertificateRecord) -> list[Json]:
    """What happened to a certificate, oldest first."""
    first = "reissued" if record.replaces else "issued"
    issued: Json = {"at": describe_instant(record.recorded_at), "act": first, "actor": record.assessor}
    changes = []
    for change in record.changes:
        reason = reasons().get(change.reason)
        changes.append(
            {
                "at": describe_instant(change.at),
                "act": ACTS.get(change.state.value, change.state.value),
                "actor": change.by,
                "reason": {"zh": reason.zh, "en": reason.en} if reason else None,
                "note": change.note,
            }
        )
    return [issued, *changes]
