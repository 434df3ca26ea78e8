"""The assessors' API under /api/v1: issue, look at one, revoke, suspend, lift."""

from __future__ import annotations

import hashlib
from typing import Any

from flask import Blueprint, Response, g, request

from issuers.assessor import Assessor
from issuers.changes.reasons import Act
from issuers.changes.schemas import ReissueSchema
from issuers.changes.states import LIFTED, Decision
from issuers.employers import Employer, is_employer
from issuers.own_keys.recording import is_signed, record_signed
from issuers.schemas import IssueSchema, ReasonSchema, load
from issuers.services import issuers
from keys.errors import Refused
from keys.jcs import canonicalize
from registry.certificate import CertificateRecord, Idempotency
from registry.claiming import claim_link
from registry.http import answer_json, read_json
from registry.issuance import Issuance
from registry.keyrings import REGISTRY
from registry.record import Record
from registry.services import registry
from registry.view import describe_record

MAX_RETRY_KEY = 200  # characters of an Idempotency-Key; a UUID has 36

api = Blueprint("issuers_api", __name__, url_prefix="/api/v1")

_issue_schema, _reason_schema, _reissue_schema = IssueSchema(), ReasonSchema(), ReissueSchema()


@api.post("/certificates")
def issue() -> Response:
    """Issue one certificate, or record one that the assessor's own key has signed. 201 with code, credential, links."""
    assessor = authenticate()
    with issuers().refusals.counting(assessor.id):
        record = _issue(assessor)
    response = answer_json(describe(record), 201)
    response.headers["Location"] = f"/api/v1/certificates/{record.number}"
    return response


@api.get("/certificates/<number>")
def certificate(number: str) -> Response:
    """One certificate of the assessor, with its state and history."""
    return answer_json(describe(_own(number)))


@api.post("/certificates/<number>/revocation")
def revocation(number: str) -> Response:
    """Revoke for good, with a reason of the catalogue."""
    return _change(number, Act.REVOKE)


@api.post("/certificates/<number>/suspension")
def suspension(number: str) -> Response:
    """Suspend until lifted, with a reason of the catalogue."""
    return _change(number, Act.SUSPEND)


@api.delete("/certificates/<number>/suspension")
def lifting(number: str) -> Response:
    """Lift a suspension."""
    return _change(number, Act.LIFT, LIFTED)


@api.post("/certificates/<number>/reissue")
def reissue(number: str) -> Response:
    """Issue again, superseding the old certificate: after a loss, a change of name, or to put a datum right."""
    old, assessor = _own(number), authenticate()
    body = read_json(request)
    reason, changes = load(_reissue_schema, body)
    decision = Decision(Act.REISSUE, reason, assessor.id, assessor.id, request=g.request_id)
    retry = _idempotency(f"{assessor.id} reissue {number}", body)
    return answer_json(
        describe(issuers().changes.reissue(old, assessor, decision, changes, idempotency=retry)), 201
    )


def authenticate() -> Assessor:
    """The assessor whose bearer token came with the request. Refused ``auth.*``."""
    owner = token_owner()
    if owner == REGISTRY or is_employer(owner):
        raise Refused("auth.assessor_only", field="Authorization")
    return issuers().find_assessor(owner)


def authenticate_registrar() -> None:
    """A registrar's bearer token came with the request. Refused ``auth.*``."""
    if token_owner() != REGISTRY:
        raise Refused("auth.registrar_only", field="Authorization")


def authenticate_employer() -> Employer:
    """The employer whose bearer token came with the request. Refused ``auth.*``."""
    owner = token_owner()
    if not is_employer(owner):
        raise Refused("auth.employer_only", field="Authorization")
    return issuers().employers.find_owner(owner)


def token_owner() -> str:
    """Whose bearer token came with the request, as `Account.owner` names owners. Refused ``auth.*``."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Refused("auth.token_missing", field="Authorization")
    owner = issuers().owner_of_token(token.strip())
    g.token_owner = owner
    return owner


def describe(record: CertificateRecord) -> dict[str, Any]:
    """A certificate as its assessor sees it."""
    origin = registry().settings.origin
    page = f"{origin}/v/{record.code}"
    return describe_record(record) | {
        "links": {
            "verify": page,
            "worker": f"{origin}/w/{record.code}",
            "qr_svg": f"{page}/qr.svg",
            "qr_png": f"{page}/qr.png",
            # for the holder alone: the link that was made at issue, the same each time
            "claim": claim_link(registry().vault, origin, record.code),
        },
    }


def find_own(assessor: str, number: str) -> CertificateRecord:
    """The assessor's certificate of that number. Refused ``certificate.unknown``, for another's too."""
    found = find_in(registry().record, number)
    if found.assessor != assessor:
        raise Refused("certificate.unknown", field="number")
    return found


def find_in(record: Record, number: str) -> CertificateRecord:
    """The certificate of that number. Refused ``certificate.unknown``."""
    found = record.find_by_number(number)
    if found is None:
        raise Refused("certificate.unknown", field="number")
    return found


def _issue(assessor: Assessor) -> CertificateRecord:
    body = read_json(request)
    if is_signed(body):
        return record_signed(body, request.get_data(cache=True), assessor)
    return issuers().desk.issue(
        load(_issue_schema, body),
        assessor,
        idempotency=_idempotency(assessor.id, body),
        issuance=Issuance(request=g.request_id),
    )


def _own(number: str) -> CertificateRecord:
    return find_own(authenticate().id, number)


def _change(number: str, act: Act, reason: str | None = None) -> Response:
    """Change one, for the reason in the body where none is given; who may is settled before the body is read."""
    owner = token_owner()
    record = find_in(registry().record, number) if owner == REGISTRY else _own(number)
    reason = reason or load(_reason_schema, read_json(request))["reason"]
    decision = Decision(act, reason, owner, owner, request=g.request_id)
    return answer_json(describe(issuers().changes.change(record.code, decision)))


def _idempotency(assessor: str, body: Any) -> Idempotency | None:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 0 < len(key) <= MAX_RETRY_KEY:
        raise Refused("issue.idempotency_key", field="Idempotency-Key", limit=MAX_RETRY_KEY)
    vault = registry().vault  # the body names a person: its digest is keyed, not a plain hash
    return Idempotency(
        key=hashlib.sha256(f"{assessor} {key}".encode()).digest(),
        body=vault.digest(canonicalize(body), purpose="request body"),
    )
