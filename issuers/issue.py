"""Issuing: check, reserve, build, sign, record, in that order, with one write to the record.

Nothing is signed without a number and a status index of its own; nothing is answered before the record holds the
exact signed bytes (majority, journaled). What a crash leaves behind is at most an unused number.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from issuers.assessor import Assessor
from issuers.request import Draft, IssueRequest, check_request
from keys.errors import Refused
from keys.jcs import canonicalize
from keys.pair import PrivateKey
from keys.proof import sign
from keys.vault import Vault
from registry.credential import (
    AccreditationReference,
    Face,
    Holder,
    StatusEntry,
    build_credential,
    china_date,
)
from registry.masking import mask
from registry.number import CertificateNumber, local_number
from registry.people import holds_key, person_key, seal_holder
from registry.record import CertificateRecord, Idempotency, Record
from registry.sequence import Sequence
from registry.status_pool import StatusPool

CODE_BYTES = 16  # 128 bits: nobody finds a certificate by trying


@dataclass(frozen=True)
class IssuingDesk:
    """What issuing needs from outside, given by the composition root."""

    record: Record
    numbers: Sequence
    status: StatusPool
    vault: Vault
    signing_key: Callable[[str], tuple[str, PrivateKey]]
    clock: Callable[[], datetime]
    origin: str

    def issue(
        self, request: IssueRequest, assessor: Assessor, *, idempotency: Idempotency | None = None
    ) -> CertificateRecord:
        """The recorded certificate; on a retry, the one recorded before. Refused stores nothing."""
        now = self.clock()
        try:
            draft = check_request(request, assessor, today=china_date(now))
        except Refused:
            # a retry of what was issued yesterday must not fail because the accreditation ended in between
            standing = self.record.retried(assessor.id, idempotency) if idempotency else None
            if standing is None:
                raise
            return standing
        face = replace(
            draft_face(draft, assessor, self.origin),
            code=secrets.token_urlsafe(CODE_BYTES),
            number=self._number(draft, assessor.id),
            status=self.status.take(),
        )
        key_id, key = self.signing_key(assessor.id)
        signed = sign(build_credential(face), key=key, verification_method=key_id, created=now)
        return self.record.insert(self._entry(draft, face, canonicalize(signed), now, idempotency))

    def _number(self, draft: Draft, body: str) -> str:
        year, level = draft.issued_on.year, draft.level
        if draft.kind.id == "skill_level" and level and level.digit:
            serial = self.numbers.take(f"{body}{year}{level.digit}")
            return CertificateNumber(body, year, level.digit, serial).text
        # special, chief and apprentice too: no national form was published for them
        local = draft.kind.local_code
        return local_number(body, local, year, self.numbers.take(f"{body}{year}{local}"))

    def _entry(
        self, draft: Draft, face: Face, credential: bytes, now: datetime, idempotency: Idempotency | None
    ) -> CertificateRecord:
        person = person_key(self.vault, draft.identity.id_type, draft.identity.number)
        occupation = (face.occupation.code, face.occupation.edition)
        return CertificateRecord(
            code=face.code,
            number=face.number,
            kind=face.kind,
            level=face.level,
            occupation=occupation,
            assessor=face.issuer.id,
            region=face.region,
            issued_on=face.issued_on,
            recorded_at=now,
            person=person,
            holder=seal_holder(self.vault, draft.holder_name, draft.identity, code=face.code),
            holds=holds_key(self.vault, person, face.kind, *occupation, face.level),
            status=StatusEntry(face.status.list_id, face.status.index),
            credential=credential,
            idempotency=idempotency,
        )


def draft_face(draft: Draft, assessor: Assessor, origin: str) -> Face:
    """The face of a draft: everything but its code, number and place in the status lists."""
    return Face(
        origin=origin,
        code="",
        number="",
        kind=draft.kind.id,
        level=draft.level.id if draft.level else None,
        holder=Holder(draft.holder_name, str(draft.identity.id_type), mask(draft.identity)),
        occupation=draft.occupation,
        region=draft.region,
        issued_on=draft.issued_on,
        issuer=assessor.issuer,
        accreditation=AccreditationReference(draft.accreditation.id, draft.accreditation.decision),
        status=StatusEntry("", 0),
        appointment=draft.appointment,
    )
