"""Reading a signed credential out of a body of ``POST /certificates``, and recording it."""

from __future__ import annotations

from typing import Any

from flask import g

from issuers.assessor import Assessor
from issuers.services import issuers
from keys.errors import Refused
from keys.jcs import canonicalize
from registry.certificate import CertificateRecord
from registry.issuance import Issuance


def is_signed(body: Any) -> bool:
    """Whether a body is a signed credential, alone or as ``credential``, and no request to issue one."""
    return isinstance(body, dict) and ("proof" in body or "credential" in body)


def record_signed(body: dict[str, Any], text: bytes, assessor: Assessor) -> CertificateRecord:
    """Record what ``body`` holds: a credential alone (``text``, byte for byte), or ``credential`` with ``signatures``.

    There a text is recorded byte for byte, an object in its canonical form. Refused ``own_key.*`` and as
    `OwnKeyDesk.record`.
    """
    if "proof" in body:
        return _record(text, assessor, {})
    if unknown := body.keys() - {"credential", "signatures"}:
        raise Refused("field.unknown", field=min(unknown))
    credential, signatures = body["credential"], body.get("signatures", {})
    if not isinstance(credential, str | dict):
        raise Refused("own_key.body", field="credential")
    if not isinstance(signatures, dict) or not all(isinstance(one, str) for one in signatures.values()):
        raise Refused("own_key.body", field="signatures")
    document = credential.encode() if isinstance(credential, str) else canonicalize(credential)
    return _record(document, assessor, signatures)


def _record(document: bytes, assessor: Assessor, signatures: dict[str, str]) -> CertificateRecord:
    issuance = Issuance(request=g.request_id)
    return issuers().own_keys.record(document, assessor, signatures=signatures, issuance=issuance)
