"""One assessor with its keys, made by hand: certificates and evidence without a database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from issuers.accreditation import Accreditation
from issuers.assessor import Assessor, AssessorKind
from keys.jcs import canonicalize
from keys.pair import Algorithm, PrivateKey
from keys.proof import sign
from keys.ring import KeyRing
from registry.credential import (
    AccreditationReference,
    Face,
    Holder,
    Issuer,
    OccupationName,
    StatusEntry,
    build_credential,
)
from registry.state import State
from verify.checks import Evidence, RecordEvidence, Trust

DID = "did:web:example.test:assessors:S000033000002"
ADMITTED = datetime(2026, 1, 5, tzinfo=UTC)
SIGNED = datetime(2026, 11, 22, 4, tzinfo=UTC)
ACCREDITATION = Accreditation(
    "A-1",
    "skill_level",
    frozenset({("6-31-01-03", "2022")}),
    frozenset({"3", "2", "1"}),
    "330000",
    date(2026, 1, 1),
    date(2028, 1, 1),
    "示例认定委〔2026〕2号",
)
FACE = Face(
    origin="https://example.test",
    code="ResUN44qBSONPDrAS79LuQ",
    number="S000033000002263000031",
    kind="skill_level",
    level="3",
    holder=Holder("欧阳试验", "resident_id", "15**************14"),
    occupation=OccupationName("6-31-01-03", "2022", "电工", "Electrician"),
    region="330000",
    issued_on=date(2026, 11, 22),
    issuer=Issuer(DID, "S000033000002", "浙江示例技能人才行业协会", "association", "330000"),
    accreditation=AccreditationReference("A-1", "示例认定委〔2026〕2号"),
    status=StatusEntry("1", 14082),
)


@dataclass(frozen=True)
class Stage:
    """An assessor, its ring and its private keys, oldest first; changed by making another."""

    assessor: Assessor
    ring: KeyRing
    keys: tuple[PrivateKey, ...]
    face = FACE
    signed_at = SIGNED

    def rotate(self, at: datetime) -> Stage:
        key = PrivateKey.generate(Algorithm.ED25519)
        grown = self.ring.add(key.public, at)
        return replace(self, ring=grown.activate(grown.keys[-1].id, at), keys=(*self.keys, key))

    def signed(self, *, at: datetime = SIGNED, key: int = -1, **changes: Any) -> dict[str, Any]:
        """The signed credential of the face with ``changes``."""
        return self.sign(build_credential(replace(FACE, **changes)), at=at, key=key)

    def sign(self, credential: dict[str, Any], *, at: datetime = SIGNED, key: int = -1) -> dict[str, Any]:
        method = self.ring.keys[key].id
        return sign(credential, key=self.keys[key], verification_method=method, created=at)

    def document(self, **changes: Any) -> bytes:
        return canonicalize(self.signed(**changes))

    def trust(self, did: str) -> Trust | None:
        return Trust(self.assessor, self.ring) if did == DID else None

    def recorded(self, document: bytes, *, state: State = State.VALID, at: datetime = SIGNED) -> Evidence:
        """Evidence of a registry that holds ``document``."""
        return Evidence(self.trust, lambda _: RecordEvidence(document, at, state))

    def listed(self, state: State | None) -> Evidence:
        """Evidence of saved status lists, without a record."""
        return Evidence(self.trust, state=lambda _: state)


@pytest.fixture
def stage() -> Stage:
    key = PrivateKey.generate(Algorithm.ED25519)
    ring = KeyRing(DID, ()).add(key.public, ADMITTED)
    assessor = Assessor(
        "S000033000002",
        DID,
        "浙江示例技能人才行业协会",
        AssessorKind.ASSOCIATION,
        "51330000500000015H",
        "330000",
        (ACCREDITATION,),
    )
    return Stage(assessor, ring.activate(ring.keys[0].id, ADMITTED), (key,))


@pytest.fixture
def accreditation() -> Accreditation:
    return ACCREDITATION


@pytest.fixture
def change() -> Callable[..., Any]:
    """``dataclasses.replace``, for values a test takes from here."""
    return replace
