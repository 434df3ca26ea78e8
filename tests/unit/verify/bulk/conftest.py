"""Certificates as the record holds them, signed by the stage's assessor, with their QR texts."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from registry.certificate import CertificateRecord
from registry.credential import parse_credential, read_face
from registry.people import SealedHolder
from registry.state import State
from verify.bulk.answers import Judge
from verify.checks import Trust
from verify.gate import claims_of
from verify.gate_check import seal_gate
from verify.holder_check import SALT_BYTES, CheckValue

AT = datetime(2026, 11, 23, 4, tzinfo=UTC)
ORIGIN = "https://example.test"
PERSON = SealedHolder("欧阳试验", "resident_id", "150102199901010014")


class World:
    """A registry without a database: records by code and number, one assessor, one judge."""

    at, person = AT, PERSON

    def __init__(self, stage: Any) -> None:
        self.stage = stage
        self.records: list[CertificateRecord] = []
        self.questions = 0

    def record(self, **changes: Any) -> CertificateRecord:
        """Certify, and record it; ``state`` is the record's, everything else the face's."""
        state = changes.pop("state", State.VALID)
        document = self.stage.document(**changes)
        face = read_face(parse_credential(document))
        made = CertificateRecord(
            code=face.code,
            number=face.number,
            kind=face.kind,
            level=face.level,
            occupation=(face.occupation.code, face.occupation.edition),
            assessor=face.issuer.id,
            region=face.region,
            issued_on=face.issued_on,
            recorded_at=self.stage.signed_at,
            person=b"",
            holder=b"",
            holds=b"",
            status=face.status,
            credential=document,
            state=state,
        )
        self.records.append(made)
        return made

    def text(self, record: CertificateRecord, **changes: Any) -> str:
        """The QR's text of a certificate; with changes, one that its assessor signed and nobody recorded."""
        check = CheckValue(secrets.token_bytes(SALT_BYTES), 1)
        face = replace(read_face(parse_credential(record.credential)), **changes)
        return seal_gate(claims_of(face, check), f"{ORIGIN}/v/{record.code}", key=self.stage.keys[-1])

    def trust(self, name: str) -> Trust | None:
        assessor = self.stage.assessor
        return Trust(assessor, self.stage.ring) if name in {assessor.id, assessor.did} else None

    @property
    def judge(self) -> Judge:
        def find_all(codes: Any, numbers: Any) -> Any:
            self.questions += 1
            yield from (one for one in self.records if one.code in codes or one.number in numbers)

        return Judge(self.trust, self.trust, find_all, lambda _: PERSON, ORIGIN)


@pytest.fixture
def world(stage: Any) -> World:
    return World(stage)


@pytest.fixture
def another_code() -> Callable[[int], str]:
    return lambda n: f"{n:022}"
