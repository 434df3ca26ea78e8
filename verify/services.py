"""Verification's parts: evidence from the record, put together once by the composition root."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask import current_app

from issuers.assessor import Assessor
from issuers.services import Issuers
from keys.errors import Refused
from registry.cache import ShortMemory
from registry.credential import Face, parse_credential, read_face
from registry.names import same_name
from registry.people import open_holder
from registry.record import CertificateRecord
from registry.services import Registry
from verify.checks import Evidence, NotAnswered, RecordEvidence, Trust, check_credential
from verify.gate import claims_of
from verify.gate_check import check_gate, seal_gate
from verify.holder_check import SALT_BYTES, make_check_value
from verify.patience import LastKnown, Patience
from verify.trust_publisher import TrustPublisher
from verify.verdict import Check, Outcome, Result, Verdict

EXTENSION = "skills-verify"
MAX_CODE = 64  # characters; a code has 22
QR_LIFE = 60.0  # seconds a text is kept: a page, its picture and its print ask for it one after the other
SALT_PURPOSE = "gate salt"


@dataclass(frozen=True)
class Verifier:
    """Verifies against the record."""

    registry: Registry
    trust: ShortMemory[str, Trust | None]
    signed_trust_list: ShortMemory[None, bytes]
    qr_text: ShortMemory[str, str]
    patience: Patience
    known_trust: LastKnown[str, Trust]
    known_trust_by_id: LastKnown[str, Trust]

    def trust_list(self) -> bytes:
        """The signed trust list, at most two seconds old."""
        return self.signed_trust_list(None)

    def verify_document(self, document: bytes, *, at: datetime) -> Verdict:
        """A credential from elsewhere: a file, a paste."""
        return check_credential(document, self._evidence(), at=at)

    def verify_qr(self, text: str, *, at: datetime) -> Verdict:
        """The text of a QR, by its signed payload and, where it answers, by the record."""
        return check_gate(text, self._evidence(), at=at)

    def verify_code(self, code: str, *, at: datetime) -> Verdict:
        """The certificate of a code."""
        found = self.registry.record.find(code) if len(code) <= MAX_CODE else None
        return self._verify_record(found, "record.missing", at=at)

    def verify_number(self, number: str, holder: str, *, at: datetime) -> Verdict:
        """The certificate of a number, for who also knows the holder's name or identity number.

        A wrong holder and an unknown number get the same answer: numbers can be guessed by rule.
        """
        found = self.registry.record.find_by_number(number.strip().upper())
        if found and not self._is_holder(found, holder.strip()):
            found = None
        return self._verify_record(found, "lookup.no_match", at=at)

    def assessor_of(self, verdict: Verdict) -> Trust | None:
        """What is known of the assessor of a verdict's face, without waiting for a database that is away."""
        try:
            return self.known_trust(verdict.face.issuer.did) if verdict.face else None
        except NotAnswered:
            return None

    def _verify_record(self, found: CertificateRecord | None, missing: str, *, at: datetime) -> Verdict:
        if found is None:
            return Verdict(Outcome.UNKNOWN, at, (Check("record", Result.FAILED, missing),))
        evidence = RecordEvidence(found.credential, found.recorded_at, found.state, found.cause)
        return check_credential(found.credential, Evidence(self.trust, lambda _: evidence), at=at)

    def _evidence(self) -> Evidence:
        return Evidence(
            self.known_trust,
            lambda face: self.patience.ask(lambda: self._look_up(face)),
            _not_answered,  # asked only after the record kept silent
            trust_by_id=self.known_trust_by_id,
        )

    def _look_up(self, face: Face) -> RecordEvidence | None:
        found = self.registry.record.find(face.code)
        return (
            RecordEvidence(found.credential, found.recorded_at, found.state, found.cause) if found else None
        )

    def _is_holder(self, found: CertificateRecord, holder: str) -> bool:
        person = open_holder(self.registry.vault, found.holder, code=found.code)
        return same_name(person.name, holder) or person.id_number == holder.upper()


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
    return Verifier(
        registry,
        trust,
        ShortMemory(TrustPublisher(registry, issuers)),
        ShortMemory(lambda code: write_qr(registry, code), life=QR_LIFE),
        patience,
        LastKnown(patience, trust),
        LastKnown(patience, ShortMemory(find_trust_by_id)),
    )


def write_qr(registry: Registry, code: str) -> str:
    """What the QR of a certificate says: its address and, where it can be written, its signed payload.

    Takes about 0.1 s, for the check value is slow on purpose. Refused ``certificate.unknown``.
    """
    record = registry.record.find(code) if len(code) <= MAX_CODE else None
    if record is None:
        raise Refused("certificate.unknown", field="code")
    url = f"{registry.settings.origin}/v/{record.code}"
    person = open_holder(registry.vault, record.holder, code=record.code)
    # one salt a person: a value of its own on each certificate would tell more with each
    salt = registry.vault.digest(record.person, purpose=SALT_PURPOSE)[:SALT_BYTES]
    claims = claims_of(
        read_face(parse_credential(record.credential)),
        make_check_value(person.id_type, person.id_number, salt=salt),
    )
    try:
        return seal_gate(claims, url, key=registry.signing_key(record.assessor)[1])
    except Refused:
        return url


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
