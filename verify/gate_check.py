"""Is the QR true? Signing its text, and the ordered checks on it. Pure.

The checks bear the names of ``verify.checks`` and mean the same, for a payload instead of a credential:

1. format: a text of ours, a COSE_Sign1, and byte by byte a claim set of ours
2. issuer: the body in the number is an assessor known to the trust given
3. key: the key named is one of the assessor's, and was ever in use
4. signature: it covers the claims and the address before the ``#``, host and code
5. accreditation: some accreditation of the assessor covered the certificate on its issue date
6. record: the registry's certificate of that code says the same
7. status: neither revoked, superseded nor suspended
8. validity: the day asked lies within the certificate's time

A payload says nothing of when it was signed, for who holds a stolen key could write any time: a compromised key's
payload is believed only where the record says the same and is older than the theft.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from issuers.accreditation import Accreditation, Scope, covering
from keys.cose import Sign1, read1, sign1, verify1
from keys.errors import Refused
from keys.pair import Algorithm, PrivateKey, PublicKey
from keys.ring import RingKey
from registry.credential import (
    AccreditationReference,
    Face,
    OccupationName,
    china_date,
    parse_credential,
    read_face,
)
from registry.occupations import find_occupation
from verify.checks import (
    Evidence,
    RecordEvidence,
    Trust,
    check_credential,
    check_recorded_time,
    check_state,
    check_time,
)
from verify.gate import GateClaims, claims_of, encode_claims, read_claims
from verify.gate_text import GateText, fits_version_12, read_text, write_text
from verify.steps import conclude, run_steps
from verify.verdict import Outcome, Verdict

KID_BYTES = 8  # two of an assessor's handful of keys share 8 bytes once in 2^64; if so, both are tried


@dataclass
class _Case:
    """One run of the checks: what was given, and what the steps have found so far."""

    text: str
    evidence: Evidence
    at: datetime
    parts: GateText | None = None
    message: Sign1 | None = None
    claims: GateClaims | None = None
    trust: Trust | None = None
    candidates: tuple[RingKey, ...] = ()
    key: RingKey | None = None
    held: Accreditation | None = None
    recorded: RecordEvidence | None = None
    face: Face | None = None


def seal_gate(claims: GateClaims, url: str, *, key: PrivateKey) -> str:
    """The text of a QR: ``claims`` signed by the assessor's key, behind ``url`` (``https://HOST/v/CODE``).

    A job that does not fit version 12 at level M is left out, and the claims then say so.
    Refused ``qr.not_expressible``, ``cose.algorithm_mismatch``.
    """
    text = _sign(claims, url, key)
    if claims.job and not fits_version_12(text):
        return _sign(replace(claims, job=None, job_left_out=True), url, key)
    return text


def key_name(public: PublicKey) -> bytes:
    """The ``kid`` of a key: the first 8 bytes of the SHA-256 of its 32."""
    return hashlib.sha256(public.raw).digest()[:KID_BYTES]


def check_gate(text: str, evidence: Evidence, *, at: datetime) -> Verdict:
    """The verdict on a QR's text at the moment ``at``. Never raises for bad input: that is an answer.

    ``evidence.trust_by_id`` is asked for the assessor. Where the record answers, its certificate must verify too, or
    a new key's payload would vouch for what a stolen one signed, and the face is the record's; else the face is made
    from the claims, without the employer and the start of an appointment.
    """
    case = _Case(text, evidence, at)
    verdict = conclude(run_steps(_STEPS, case), at, case.face)
    if case.recorded and verdict.outcome is Outcome.VALID:
        whole = check_credential(
            case.recorded.credential, replace(evidence, record=lambda _: case.recorded), at=at
        )
        return verdict if whole.outcome is Outcome.VALID else whole
    return verdict


def _sign(claims: GateClaims, url: str, key: PrivateKey) -> str:
    return write_text(
        url,
        sign1(encode_claims(claims), key=key, kid=key_name(key.public), external_aad=url.encode()),
    )


def _check_format(case: _Case) -> None:
    case.parts = read_text(case.text)
    case.message = read1(case.parts.message)
    case.claims = read_claims(case.message.payload)


def _check_issuer(case: _Case) -> None:
    case.trust = case.evidence.trust_by_id(_assessor_id(_claims(case)))
    if case.trust is None:
        raise Refused("issuer.unknown")


def _check_key(case: _Case) -> None:
    named = [key for key in _trust(case).ring.keys if _is_named(key, _message(case).kid)]
    case.candidates = tuple(key for key in named if key.activated)
    if not named:
        raise Refused("key.unknown")
    if not case.candidates:
        raise Refused("key.pending")


def _check_signature(case: _Case) -> None:
    signed = [key for key in case.candidates if _has_signed(case, key)]
    if not signed:
        raise Refused("cose.signature")
    case.key = signed[0]


def _check_accreditation(case: _Case) -> None:
    claims = _claims(case)
    scope = Scope(claims.kind, claims.occupation, claims.level, claims.region, claims.issued_on)
    case.held = covering(_trust(case).assessor.accreditations, scope)
    case.face = _face_of(case)


def _check_record(case: _Case) -> str | None:
    if case.evidence.record is None:
        return "record.not_asked"
    case.recorded = case.evidence.record(_face(case))
    if case.recorded is None:
        raise Refused("record.missing")
    claims, face = _claims(case), read_face(parse_credential(case.recorded.credential))
    if claims_of(face, claims.check) != _with_job(claims, face) or face.code != _parts(case).code:
        raise Refused("record.differs")
    case.face = face
    check_recorded_time(case.key, case.recorded)
    return None


def _check_status(case: _Case) -> str | None:
    return check_state(case.key, case.recorded, lambda: case.evidence.state(_face(case)))


def _check_validity(case: _Case) -> None:
    claims = _claims(case)
    check_time(claims.issued_on, claims.expires_on, china_date(case.at))


_STEPS: tuple[tuple[str, Callable[[_Case], str | None]], ...] = (
    ("format", _check_format),
    ("issuer", _check_issuer),
    ("key", _check_key),
    ("signature", _check_signature),
    ("accreditation", _check_accreditation),
    ("record", _check_record),
    ("status", _check_status),
    ("validity", _check_validity),
)


def _assessor_id(claims: GateClaims) -> str:
    return claims.number[:13]


def _is_named(key: RingKey, kid: bytes) -> bool:
    return key.public.algorithm is Algorithm.ED25519 and key_name(key.public) == kid


def _has_signed(case: _Case, key: RingKey) -> bool:
    try:
        verify1(_message(case), key.public, external_aad=_parts(case).url.encode())
    except Refused:
        return False
    return True


def _with_job(claims: GateClaims, recorded: Face) -> GateClaims:
    """The claims with the record's job where they say that theirs was left out."""
    if claims.job_left_out:
        return replace(claims, job=recorded.occupation.job, job_left_out=False)
    return claims


def _face_of(case: _Case) -> Face:
    claims, parts, held = _claims(case), _parts(case), case.held
    assert held is not None  # noqa: S101 - the accreditation check made it
    return Face(
        origin=parts.origin,
        code=parts.code,
        number=claims.number,
        kind=claims.kind,
        level=claims.level,
        holder=claims.holder,
        occupation=_name_occupation(claims),
        region=claims.region,
        issued_on=claims.issued_on,
        issuer=_trust(case).assessor.issuer,
        accreditation=AccreditationReference(held.id, held.decision),
        status=claims.status,
    )


def _name_occupation(claims: GateClaims) -> OccupationName:
    code, edition = claims.occupation
    try:
        found = find_occupation(code, edition)
    except Refused:  # a verifier older than the certificate: the code must do
        return OccupationName(code, edition, code, code, claims.job)
    return OccupationName(code, edition, found.name_zh, found.name_en, claims.job)


def _parts(case: _Case) -> GateText:
    assert case.parts is not None  # noqa: S101 - the format check came before
    return case.parts


def _message(case: _Case) -> Sign1:
    assert case.message is not None  # noqa: S101 - the format check came before
    return case.message


def _claims(case: _Case) -> GateClaims:
    assert case.claims is not None  # noqa: S101 - the format check came before
    return case.claims


def _trust(case: _Case) -> Trust:
    assert case.trust is not None  # noqa: S101 - the issuer check came before
    return case.trust


def _face(case: _Case) -> Face:
    assert case.face is not None  # noqa: S101 - the accreditation check came before
    return case.face
