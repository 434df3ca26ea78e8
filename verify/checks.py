"""Is it true? The ordered checks, pure.

`check_credential` takes bytes and evidence and decides:

1. format: strict JSON within the limits, and member by member a certificate of ours
2. issuer: the assessor is known to the trust given
3. key: the signing key is the assessor's and was good when it signed
4. signature: the Data Integrity proof fits every byte
5. accreditation: the assessor's accreditation that it names covered the certificate on its issue date
6. record: the registry holds these very bytes
7. status: neither revoked, superseded nor suspended
8. validity: the day asked lies within the certificate's time

A check that fails ends the list, for what follows would rest on it. A check that lacks evidence is ``unknown``: the
verdict is then never ``valid``, and never a word against the certificate.

Sources: VC Data Model 2.0 section 7.1 and appendix A; Data Integrity section 4.4.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from issuers.accreditation import Scope, covering
from issuers.assessor import Assessor
from keys.errors import Refused
from keys.pair import PublicKey
from keys.proof import Proof, read_proofs, verify
from keys.ring import KeyRing, KeyState, RingKey
from registry.credential import Face, china_date, parse_credential, read_face
from registry.state import Change, State
from verify.steps import conclude, run_steps
from verify.verdict import Verdict


@dataclass(frozen=True)
class Trust:
    """What the verifier knows of one assessor: who it is, what it may certify, and its keys."""

    assessor: Assessor
    ring: KeyRing


@dataclass(frozen=True)
class RecordEvidence:
    """What the registry's record says of a code: the bytes it holds, since when, the state, and why it is so.

    ``cause`` is a code of ``issuers/data/reasons.toml``; ``changes`` led to the state, oldest first. ``signed_at`` is
    the time of a token that was signed of the certificate later on.
    """

    credential: bytes
    recorded_at: datetime
    state: State
    cause: str | None = None
    changes: tuple[Change, ...] = ()
    signed_at: datetime | None = None


@dataclass(frozen=True)
class Evidence:
    """Where the checks find what they need; each may answer from memory, a database or a file.

    ``trust`` knows assessors by DID, ``trust_by_id`` by the 13 characters. ``record`` gives what the record holds for
    a face, None when it holds nothing; it is itself None where the record was not asked. ``state`` knows the state
    from signed status lists, None when it does not; it is asked only where the record was not. Each may raise
    `NotAnswered`.
    """

    trust: Callable[[str], Trust | None]
    record: Callable[[Face], RecordEvidence | None] | None = None
    state: Callable[[Face], State | None] = lambda _: None
    trust_by_id: Callable[[str], Trust | None] = lambda _: None


@dataclass
class _Case:
    """One run of the checks: what was given, and what the steps have found so far."""

    document: bytes
    evidence: Evidence
    at: datetime
    credential: dict[str, Any] = field(default_factory=dict)
    face: Face | None = None
    trust: Trust | None = None
    proofs: tuple[Proof, ...] = ()
    key: RingKey | None = None
    recorded: RecordEvidence | None = None


def check_credential(document: bytes, evidence: Evidence, *, at: datetime) -> Verdict:
    """The verdict on a signed credential at the moment ``at``. Never raises for bad input: that is an answer."""
    case = _Case(document, evidence, at)
    checks = run_steps(STEPS, case)
    return conclude(checks, at, case.face)


def _check_format(case: _Case) -> None:
    case.credential = parse_credential(case.document)
    case.face = read_face(case.credential)


def _check_issuer(case: _Case) -> None:
    case.trust = find_trust(case.evidence, _face(case))


def find_trust(evidence: Evidence, face: Face) -> Trust:
    """What is known of the assessor that a face names. Refused ``issuer.unknown``, ``issuer.mismatch``."""
    trust = evidence.trust(face.issuer.did)
    if trust is None:
        raise Refused("issuer.unknown")
    if trust.assessor.id != face.issuer.id:
        raise Refused("issuer.mismatch")
    return trust


def _check_key(case: _Case) -> None:
    ring = _trust(case).ring
    case.proofs = read_proofs(case.credential)
    for proof in case.proofs:
        ring.key_at(proof.verification_method, proof.created)


def _check_signature(case: _Case) -> None:
    ring = _trust(case).ring

    def find_key(proof: Proof) -> PublicKey:
        return ring.find(proof.verification_method).public

    decisive = verify(case.credential, find_key, proofs=case.proofs)
    case.key = ring.find(decisive.verification_method)


def _check_accreditation(case: _Case) -> None:
    check_accredited(_trust(case).assessor, _face(case))


def check_accredited(assessor: Assessor, face: Face) -> None:
    """Refused ``accreditation.*`` unless the accreditation that a face names covered it on its date of issue."""
    occupation = (face.occupation.code, face.occupation.edition)
    named = [held for held in assessor.accreditations if held.id == face.accreditation.id]
    if not named:
        raise Refused("accreditation.unknown")
    covering(named, Scope(face.kind, occupation, face.level, face.region, face.issued_on))


def _check_record(case: _Case) -> str | None:
    if case.evidence.record is None:
        return "record.not_asked"
    case.recorded = case.evidence.record(_face(case))
    if case.recorded is None:
        raise Refused("record.missing")
    if (
        case.recorded.credential != case.document
        and parse_credential(case.recorded.credential) != case.credential
    ):
        raise Refused("record.differs")
    check_recorded_time(case.key, case.recorded)
    return None


def check_recorded_time(key: RingKey | None, recorded: RecordEvidence) -> None:
    """Refused ``key.compromised`` when the record is younger than the theft of the key.

    Who holds a stolen key can write any time into a proof; the record's own time cannot be written by them.
    """
    if key and key.compromised_since and recorded.recorded_at >= key.compromised_since:
        raise Refused("key.compromised")


def _check_status(case: _Case) -> str | None:
    return check_state(case.key, case.recorded, lambda: case.evidence.state(_face(case)))


def check_state(
    key: RingKey | None, recorded: RecordEvidence | None, listed: Callable[[], State | None]
) -> str | None:
    """What is lacking to know the state, None when it is valid; ``listed`` is asked only without a record.

    Refused ``status.revoked``, ``.superseded``, ``.suspended``.
    """
    if key and key.state is KeyState.COMPROMISED and recorded is None:
        return "key.time_unproved"
    state = recorded.state if recorded else listed()
    if state is None:
        return "status.not_asked"
    if state is not State.VALID:
        cause = {"cause": recorded.cause} if recorded and recorded.cause else {}
        raise Refused(f"status.{state.value}", **cause)
    return None


def _check_validity(case: _Case) -> None:
    check_term(_face(case), case.at)


def check_term(face: Face, at: datetime) -> None:
    """Refused ``validity.*`` unless the moment lies within the certificate's time."""
    check_time(face.issued_on, face.appointment.end if face.appointment else None, china_date(at))


def check_time(issued_on: date, ends_on: date | None, today: date) -> None:
    """Refused ``validity.not_yet`` before the date of issue, ``validity.expired`` from ``ends_on`` on."""
    if today < issued_on:
        raise Refused("validity.not_yet")
    if ends_on and today >= ends_on:
        raise Refused("validity.expired")


STEPS: tuple[tuple[str, Callable[[_Case], str | None]], ...] = (
    ("format", _check_format),
    ("issuer", _check_issuer),
    ("key", _check_key),
    ("signature", _check_signature),
    ("accreditation", _check_accreditation),
    ("record", _check_record),
    ("status", _check_status),
    ("validity", _check_validity),
)


def _face(case: _Case) -> Face:
    assert case.face is not None  # noqa: S101 - the format check came before
    return case.face


def _trust(case: _Case) -> Trust:
    assert case.trust is not None  # noqa: S101 - the issuer check came before
    return case.trust
