"""Verification's parts: evidence from the record, put together once by the composition root."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import cast

from flask import current_app

from issuers.assessor import Assessor
from issuers.own_keys.desk import SealQr
from issuers.services import Issuers
from keys.errors import Refused
from keys.pair import PrivateKey
from keys.proof import read_proofs
from registry.bound_tokens import BoundTokens
from registry.cache import ShortMemory
from registry.certificate import CertificateRecord
from registry.credential import Credential, Face, parse_credential, read_face
from registry.services import Registry
from verify.check_values import find_check_value
from verify.checks import Evidence, RecordEvidence, Trust, check_credential
from verify.gate import claims_of
from verify.gate_check import check_gate, seal_gate
from verify.history import judge_at
from verify.lookup import LookUp
from verify.patience import LastKnown, Patience
from verify.steps import NotAnswered
from verify.token_check import check_token
from verify.trust_publisher import TrustPublisher
from verify.verdict import Check, Outcome, Result, Verdict

EXTENSION = "skills-verify"
MAX_CODE = 64  # characters; a code has 22
QR_LIFE = 60.0  # seconds a text is kept: a page, its picture and its print ask for it one after the other


@dataclass(frozen=True)
class Verifier:
    """Verifies against the record. Of a ``day`` gone by the verdict tells too, beside the one of now."""

    registry: Registry
    trust: ShortMemory[str, Trust | None]
    signed_trust_list: ShortMemory[None, bytes]
    qr_text: ShortMemory[str, str]
    patience: Patience
    known_trust: LastKnown[str, Trust]
    known_trust_by_id: LastKnown[str, Trust]
    look_up: LookUp

    def trust_list(self) -> bytes:
        """The signed trust list, at most two seconds old."""
        return self.signed_trust_list(None)

    def verify_document(self, document: bytes, *, at: datetime, day: date | None = None) -> Verdict:
        """A credential from elsewhere: a file, a paste."""
        return judge_at(
            lambda evidence, moment: check_credential(document, evidence, at=moment),
            self._evidence(),
            at=at,
            day=day,
        )

    def verify_qr(self, text: str, *, at: datetime, day: date | None = None) -> Verdict:
        """The text of a QR, by its signed payload and, where it answers, by the record."""
        return judge_at(
            lambda evidence, moment: check_gate(text, evidence, at=moment), self._evidence(), at=at, day=day
        )

    def verify_token(self, text: str, *, at: datetime, day: date | None = None) -> Verdict:
        """A certificate as a JWT, as it was downloaded or given to a wallet."""
        return judge_at(
            lambda evidence, moment: check_token(text, evidence, at=moment),
            replace(
                self._evidence(),
                record=lambda face: self.patience.ask(lambda: self._look_up_token(face, text)),
            ),
            at=at,
            day=day,
        )

    def verify_code(self, code: str, *, at: datetime, day: date | None = None) -> Verdict:
        """The certificate of a code."""
        found = self.registry.record.find(code) if len(code) <= MAX_CODE else None
        if found is None:
            return Verdict(Outcome.UNKNOWN, at, (Check("record", Result.FAILED, "record.missing"),))
        return judge_record(found, self.trust, at=at, day=day)

    def assessor_of(self, verdict: Verdict) -> Trust | None:
        """What is known of the assessor of a verdict's face, without waiting for a database that is away."""
        try:
            return self.known_trust(verdict.face.issuer.did) if verdict.face else None
        except NotAnswered:
            return None

    def _evidence(self) -> Evidence:
        return Evidence(
            self.known_trust,
            lambda face: self.patience.ask(lambda: self._look_up(face)),
            _not_answered,  # asked only after the record kept silent
            trust_by_id=self.known_trust_by_id,
        )

    def _look_up(self, face: Face) -> RecordEvidence | None:
        found = self.registry.record.find(face.code)
        return evidence_of(found) if found else None

    def _look_up_token(self, face: Face, text: str) -> RecordEvidence | None:
        found = self._look_up(face)
        if found is None:
            return None
        signed_at = BoundTokens(self.registry.database).find(text, face.code)
        if signed_at is None:
            raise Refused("record.differs")
        return replace(found, signed_at=signed_at)


def evidence_of(found: CertificateRecord) -> RecordEvidence:
    """What the checks need of a recorded certificate."""
    return RecordEvidence(found.credential, found.recorded_at, found.state, found.cause, found.changes)


def judge_record(
    found: CertificateRecord, trust: Callable[[str], Trust | None], *, at: datetime, day: date | None
) -> Verdict:
    """The verdict on a recorded certificate."""
    evidence = Evidence(trust, lambda _: evidence_of(found))
    return judge_at(
        lambda known, moment: check_credential(found.credential, known, at=moment), evidence, at=at, day=day
    )


def open_verifier(registry: Registry, issuers: Issuers) -> Verifier:
    """The verifier on a registry and its assessors."""

    def find_trust(did: str) -> Trust | None:
        assessor = issuers.assessors.find_by_did(did)
        return _trust(registry, assessor) if assessor else None

    def find_trust_by_id(assessor_id: str) -> Trust | None:
        try:
            return _trust(registry, issuers.assessors.find(assessor_id))
        except Refused:
            return None

    trust, patience = ShortMemory(find_trust), Patience()
    trust_by_id = ShortMemory(find_trust_by_id)
    return Verifier(
        registry,
        trust,
        ShortMemory(TrustPublisher(registry, issuers)),
        ShortMemory(lambda code: write_qr(registry, code), life=QR_LIFE),
        patience,
        LastKnown(patience, trust),
        LastKnown(patience, trust_by_id),
        LookUp(
            registry,
            lambda body: trust_by_id(body) is not None,
            lambda found, at, day: judge_record(found, trust, at=at, day=day),
        ),
    )


def write_qr(registry: Registry, code: str) -> str:
    """What the QR of a certificate says: its address and, where it can be written, its signed payload.

    Takes about 0.1 s the first time, for the check value is slow on purpose. Refused ``certificate.unknown``.
    """
    record = registry.record.find(code) if len(code) <= MAX_CODE else None
    if record is None:
        raise Refused("certificate.unknown", field="code")
    return write_qr_of(registry, record)


def write_qr_of(registry: Registry, record: CertificateRecord) -> str:
    """What the QR of a record says."""
    if record.qr:
        return record.qr
    credential = parse_credential(record.credential)
    try:
        return _seal_qr(registry, record, read_face(credential), _qr_key(registry, record, credential))
    except Refused:
        return f"{registry.settings.origin}/v/{record.code}"


def qr_sealer(registry: Registry) -> SealQr:
    """Writes the QR of a certificate that is not recorded yet, with the key given."""
    return lambda record, face, key: _seal_qr(registry, record, face, key)


def _seal_qr(registry: Registry, record: CertificateRecord, face: Face, key: PrivateKey) -> str:
    check = find_check_value(registry.database, registry.vault, record)
    return seal_gate(claims_of(face, check), f"{registry.settings.origin}/v/{record.code}", key=key)


def _qr_key(registry: Registry, record: CertificateRecord, credential: Credential) -> PrivateKey:
    """The assessor's active key; where it keeps that itself, the one held here that signed the certificate.

    Refused ``key.not_held`` for what the assessor signed itself: nobody else may speak for it.
    """
    try:
        return registry.signing_key(record.assessor)[1]
    except Refused:
        return registry.keyrings.held_key(record.assessor, read_proofs(credential)[0].verification_method)


def _not_answered(_: Face) -> None:
    raise NotAnswered


def _trust(registry: Registry, assessor: Assessor) -> Trust | None:
    try:
        return Trust(assessor, registry.keyrings.ring(assessor.id))
    except Refused:
        return None


def verifier() -> Verifier:
    """The verifier of the current application."""
    return cast("Verifier", current_app.extensions[EXTENSION])
