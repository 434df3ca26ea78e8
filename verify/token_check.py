"""Is a certificate as a JWT true (``vc+jwt`` from a file, ``jwt_vc_json`` from a wallet)? The ordered checks, pure.

1. format: a token by an algorithm of the list, and in it, member by member, a certificate of ours
2. issuer: the assessor is known to the trust given
3. key: the signing key is the assessor's
4. signature: it fits
5. accreditation: it covered the certificate on its issue date
6. record: the registry holds this very token of this certificate, and the key was good when it was signed
7. status: neither revoked, superseded nor suspended
8. validity: the day asked lies within the certificate's time
9. binding: who presents it is never shown by the token alone

A token has no time of its own that a thief of the key could not write: the record's time of signing decides. Where the
record is not asked, nothing that a stolen key could have signed is called valid (`check_state`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from keys.errors import Refused
from keys.jws import Jws, read_compact, verify_compact
from keys.ring import RingKey
from registry.credential import Face, parse_credential, read_face
from registry.reading_back import without_proof
from registry.wallets.jwt_credential import read_signed
from verify.checks import (
    Evidence,
    RecordEvidence,
    Trust,
    check_accredited,
    check_state,
    check_term,
    find_trust,
)
from verify.steps import conclude, run_steps
from verify.verdict import Verdict

_LOOKS_SO = re.compile(rb"\s*eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\s*")


@dataclass
class _Case:
    text: str
    evidence: Evidence
    at: datetime
    token: Jws | None = None
    is_bound: bool = False
    credential: Mapping[str, Any] = field(default_factory=dict)
    face: Face | None = None
    trust: Trust | None = None
    key: RingKey | None = None
    recorded: RecordEvidence | None = None


def is_token(data: bytes) -> bool:
    """Whether somebody sent a JWT, rather than a file of another kind."""
    return bool(_LOOKS_SO.fullmatch(data))


def check_token(text: str, evidence: Evidence, *, at: datetime) -> Verdict:
    """The verdict on a token at the moment ``at``. Never raises for bad input: that is an answer.

    ``evidence.record`` refuses ``record.differs`` unless this token was signed of the certificate, and gives when; it
    may be None, as in `check_credential`.
    """
    case = _Case(text, evidence, at)
    checks = run_steps(STEPS, case)
    return conclude(checks, at, case.face)


def _check_format(case: _Case) -> None:
    case.token = read_compact(case.text)
    case.credential, case.is_bound = read_signed(case.token)
    case.face = read_face(case.credential)


def _check_issuer(case: _Case) -> None:
    case.trust = find_trust(case.evidence, _face(case))


def _check_key(case: _Case) -> None:
    case.key = _trust(case).ring.find(str(_token(case).header.get("kid")))


def _check_signature(case: _Case) -> None:
    assert case.key is not None  # noqa: S101 - the key check came before
    verify_compact(_token(case), case.key.public)


def _check_accreditation(case: _Case) -> None:
    check_accredited(_trust(case).assessor, _face(case))


def _check_record(case: _Case) -> str | None:
    if case.evidence.record is None:
        return "record.not_asked"
    case.recorded = case.evidence.record(_face(case))
    if case.recorded is None:
        raise Refused("record.missing")
    recorded = parse_credential(case.recorded.credential)
    if without_proof(recorded) != case.credential:
        raise Refused("record.differs")
    assert case.key is not None  # noqa: S101 - the key check came before
    case.key.check_signed_at(case.recorded.signed_at or case.recorded.recorded_at)
    return None


def _check_status(case: _Case) -> str | None:
    return check_state(case.key, case.recorded, lambda: case.evidence.state(_face(case)))


def _check_validity(case: _Case) -> None:
    check_term(_face(case), case.at)


def _check_binding(case: _Case) -> str:
    return "binding.absent" if case.is_bound else "binding.none"


STEPS: tuple[tuple[str, Callable[[_Case], str | None]], ...] = (
    ("format", _check_format),
    ("issuer", _check_issuer),
    ("key", _check_key),
    ("signature", _check_signature),
    ("accreditation", _check_accreditation),
    ("record", _check_record),
    ("status", _check_status),
    ("validity", _check_validity),
    ("binding", _check_binding),
)


def _face(case: _Case) -> Face:
    assert case.face is not None  # noqa: S101 - the format check came before
    return case.face


def _token(case: _Case) -> Jws:
    assert case.token is not None  # noqa: S101 - the format check came before
    return case.token


def _trust(case: _Case) -> Trust:
    assert case.trust is not None  # noqa: S101 - the issuer check came before
    return case.trust
