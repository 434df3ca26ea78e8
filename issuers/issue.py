"""Issuing: check, reserve, build, sign, record, in that order, with one write to the record.

Nothing is signed without a number and a status index of its own; nothing is answered before the record holds the
exact signed bytes (majority, journaled). What a crash leaves behind is at most some unused numbers. One certificate
and a thousand go the same way: reserve, sign, enter.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from issuers.assessor import Assessor
from issuers.request import Draft, IssueRequest, check_request
from issuers.signing import sign_faces
from keys.errors import Refused
from keys.pair import PrivateKey
from keys.vault import Vault
from registry.certificate import CertificateRecord, Idempotency
from registry.credential import Face, Holder, Reissue, StatusEntry, china_date
from registry.issuance import Issuance
from registry.masking import mask
from registry.number import CertificateNumber, local_number
from registry.people import holds_key, name_key, person_key, seal_holder
from registry.record import Record
from registry.selective import sign_many_selectively
from registry.sequence import Sequence as Counters
from registry.status_pool import StatusPool

CODE_BYTES = 16  # 128 bits: nobody finds a certificate by trying


def new_code() -> str:
    """A code that nobody guesses."""
    return secrets.token_urlsafe(CODE_BYTES)


@dataclass(frozen=True)
class Asked:
    """A certificate to issue, checked. Who may ask twice gives the same ``code`` or ``idempotency`` again."""

    draft: Draft
    code: str = field(default_factory=new_code, repr=False)
    idempotency: Idempotency | None = field(default=None, repr=False)
    reissue: Reissue | None = field(default=None, repr=False)
    number: str | None = None
    """Kept from the certificate that it replaces; otherwise the next of its series."""
    issuance: Issuance | None = None
    """Who caused it: one object for all of a chunk."""


@dataclass(frozen=True)
class IssuingDesk:
    """What issuing needs from outside, given by the composition root."""

    record: Record
    numbers: Counters
    status: StatusPool
    vault: Vault
    signing_key: Callable[[str], tuple[str, PrivateKey]]
    clock: Callable[[], datetime]
    origin: str

    def issue(
        self,
        request: IssueRequest,
        assessor: Assessor,
        *,
        idempotency: Idempotency | None = None,
        issuance: Issuance | None = None,
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
        asked = Asked(draft, idempotency=idempotency, issuance=issuance)
        return self.record.insert(self.prepare(asked, assessor))

    def prepare(self, asked: Asked, assessor: Assessor) -> CertificateRecord:
        """The entry of one certificate, signed and not yet recorded."""
        (entry,) = self.prepare_many([asked], assessor)
        return entry

    def reserve(self, asked: Asked, assessor: Assessor, now: datetime) -> tuple[Face, CertificateRecord]:
        """The face and the entry of a certificate that somebody else signs: numbered, placed, without signatures."""
        (face,) = self._face([asked], assessor)
        return face, self._enter(asked, face, b"", None, now)

    def prepare_many(self, asked: Sequence[Asked], assessor: Assessor) -> list[CertificateRecord]:
        """The entries of the record: numbered, placed in the status lists, signed twice, not yet recorded.

        Each step is done for all before the next: a processor does one thing many times a quarter faster.
        """
        now = self.clock()
        key_id, key = self.signing_key(assessor.id)
        faces = self._face(asked, assessor)
        credentials = sign_faces(faces, key, verification_method=key_id, created=now)
        selective = sign_many_selectively(faces, key, key_id=key_id, at=now)
        return [
            self._enter(*of_one, now) for of_one in zip(asked, faces, credentials, selective, strict=True)
        ]

    def _face(self, asked: Sequence[Asked], assessor: Assessor) -> list[Face]:
        """The face of each, with a number and a place in the status lists."""
        taken = self._number([one.draft for one in asked if one.number is None], assessor.id)
        numbers = (one.number or next(taken) for one in asked)
        places = self.status.take_many(len(asked))
        faces = [
            draft_face(one.draft, assessor, self.origin, code=one.code, number=number, status=place)
            for one, number, place in zip(asked, numbers, places, strict=True)
        ]
        return [
            replace(face, reissue=one.reissue) if one.reissue else face
            for one, face in zip(asked, faces, strict=True)
        ]

    def _number(self, drafts: Sequence[Draft], body: str) -> Iterator[str]:
        """A number for each, those of a series reserved together."""
        series = [_series(draft, body) for draft in drafts]
        taken = {name: iter(self.numbers.take_many(name, n)) for name, n in Counter(series).items()}
        for draft, name in zip(drafts, series, strict=True):
            yield _write_number(draft, body, next(taken[name]))

    def _enter(
        self, asked: Asked, face: Face, credential: bytes, sd_jwt: bytes | None, now: datetime
    ) -> CertificateRecord:
        draft = asked.draft
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
            holder=seal_holder(
                self.vault, draft.holder_name, draft.identity, code=face.code, aside=draft.aside
            ),
            holds=holds_key(self.vault, person, face.kind, *occupation, face.level),
            status=face.status,
            credential=credential,
            sd_jwt=sd_jwt,
            idempotency=asked.idempotency,
            name_key=name_key(self.vault, draft.holder_name),
            replaces=asked.reissue.replaces if asked.reissue else None,
            issuance=asked.issuance,
        )


def _series(draft: Draft, body: str) -> str:
    """The name of the counter that a certificate's serial comes from."""
    digit = _digit(draft)
    return f"{body}{draft.issued_on.year}{digit or draft.kind.local_code}"


def _write_number(draft: Draft, body: str, serial: int) -> str:
    year, digit = draft.issued_on.year, _digit(draft)
    if digit:
        return CertificateNumber(body, year, digit, serial).text
    # special, chief and apprentice too: no national form was published for them
    return local_number(body, draft.kind.local_code, year, serial)


def _digit(draft: Draft) -> int | None:
    return draft.level.digit if draft.kind.id == "skill_level" and draft.level else None


def draft_face(
    draft: Draft,
    assessor: Assessor,
    origin: str,
    *,
    code: str = "",
    number: str = "",
    status: StatusEntry = StatusEntry("", 0),  # noqa: B008 - frozen
) -> Face:
    """The face of a draft; for a preview without code, number and place in the status lists."""
    return Face(
        origin=origin,
        code=code,
        number=number,
        kind=draft.kind.id,
        level=draft.level.id if draft.level else None,
        holder=Holder(draft.holder_name, str(draft.identity.id_type), mask(draft.identity)),
        occupation=draft.occupation,
        region=draft.region,
        issued_on=draft.issued_on,
        issuer=assessor.issuer,
        accreditation=draft.accreditation.reference,
        status=status,
        appointment=draft.appointment,
    )
