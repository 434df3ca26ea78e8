"""Verification's parts: evidence from the record, put together once by the composition root."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask import current_app

from issuers.services import Issuers
from keys.errors import Refused
from keys.jcs import canonicalize
from keys.proof import sign
from registry.cache import ShortMemory
from registry.credential import Face
from registry.keyrings import REGISTRY
from registry.names import same_name
from registry.people import open_holder
from registry.record import CertificateRecord
from registry.services import Registry
from verify.checks import Evidence, RecordEvidence, Trust, check_credential
from verify.trust_list import build_trust_list
from verify.verdict import Check, Outcome, Result, Verdict

EXTENSION = "skills-verify"
MAX_CODE = 64  # characters; a code has 22


@dataclass(frozen=True)
class Verifier:
    """Verifies against the record."""

    registry: Registry
    trust: ShortMemory[str, Trust | None]
    signed_trust_list: ShortMemory[None, bytes]

    def trust_list(self) -> bytes:
        """The signed trust list, at most two seconds old."""
        return self.signed_trust_list(None)

    def verify_document(self, document: bytes, *, at: datetime) -> Verdict:
        """A credential from elsewhere: a file, a paste."""
        return check_credential(document, Evidence(self.trust, self._look_up), at=at)

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

    def _verify_record(self, found: CertificateRecord | None, missing: str, *, at: datetime) -> Verdict:
        if found is None:
            return Verdict(Outcome.UNKNOWN, at, (Check("record", Result.FAILED, missing),))
        evidence = RecordEvidence(found.credential, found.recorded_at, found.state)
        return check_credential(found.credential, Evidence(self.trust, lambda _: evidence), at=at)

    def _look_up(self, face: Face) -> RecordEvidence | None:
        found = self.registry.record.find(face.code)
        return RecordEvidence(found.credential, found.recorded_at, found.state) if found else None

    def _is_holder(self, found: CertificateRecord, holder: str) -> bool:
        person = open_holder(self.registry.vault, found.holder, code=found.code)
        return same_name(person.name, holder) or person.id_number == holder.upper()


def open_verifier(registry: Registry, issuers: Issuers) -> Verifier:
    """The verifier on a registry and its assessors."""

    def sign_trust_list(_: None) -> bytes:
        now = registry.clock()
        key_id, key = registry.signing_key(REGISTRY)
        trusts = (Trust(one, registry.keyrings.ring(one.id)) for one in issuers.assessors.all())
        unsigned = build_trust_list(key_id.partition("#")[0], trusts, at=now)
        return canonicalize(sign(unsigned, key=key, verification_method=key_id, created=now))

    def find_trust(did: str) -> Trust | None:
        assessor = issuers.assessors.find_by_did(did)
        if assessor is None:
            return None
        try:
            return Trust(assessor, registry.keyrings.ring(assessor.id))
        except Refused:
            return None

    return Verifier(registry, ShortMemory(find_trust), ShortMemory(sign_trust_list))


def verifier() -> Verifier:
    """The verifier of the current application."""
    return cast("Verifier", current_app.extensions[EXTENSION])
