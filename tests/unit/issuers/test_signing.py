"""The shared signing step makes exactly the bytes that building, signing and canonicalizing make."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuers.signing import sign_faces
from keys.jcs import canonicalize
from keys.pair import Algorithm, PrivateKey
from keys.proof import sign
from registry.credential import (
    AccreditationReference,
    Appointment,
    Face,
    Holder,
    OccupationName,
    StatusEntry,
    build_credential,
    parse_credential,
    read_face,
)

METHOD, NOW = "did:web:example.test#key", datetime(2026, 11, 22, 4, tzinfo=UTC)
KEY = PrivateKey.generate(Algorithm.ED25519)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=50)


@pytest.fixture
def face(association):
    return Face(
        origin="https://example.test",
        code="c",
        number="n",
        kind="skill_level",
        level="3",
        holder=Holder("欧阳试验", "resident_id", "1501**********0014"),
        occupation=OccupationName("6-31-01-03", "2022", "电工", "Electrician"),
        region="330000",
        issued_on=date(2026, 11, 22),
        issuer=association.issuer,
        accreditation=AccreditationReference("A-1", "示例认定委〔2026〕2号"),
        status=StatusEntry("1", 0),
    )


def true_bytes(face):
    return canonicalize(sign(build_credential(face), key=KEY, verification_method=METHOD, created=NOW))


def test_equals_the_truth_for_any_person(face):
    @given(NAMES, NAMES, NAMES, NAMES, st.integers(0, 131_071))
    def compare(code, number, name, masked, index):
        one = replace(
            face,
            code=code,
            number=number,
            holder=Holder(name, "resident_id", masked),
            status=StatusEntry("1", index),
        )
        assert sign_faces([one], KEY, verification_method=METHOD, created=NOW) == [true_bytes(one)]

    compare()


@pytest.mark.parametrize(
    "changes",
    [
        {"level": "2"},
        {"issued_on": date(2026, 11, 21)},
        {"region": "330100"},
        {"status": StatusEntry("2", 5)},
        {"accreditation": AccreditationReference("A-2", "x")},
        {"appointment": Appointment("示例厂", date(2026, 1, 1), date(2027, 1, 1))},
        {"occupation": OccupationName("6-31-01-03", "2022", "电工", "Electrician", "维修电工")},
    ],
)
def test_takes_another_stencil_for_whatever_else_differs(face, changes):
    one = replace(face, **changes)
    before, made, after = sign_faces([face, one, face], KEY, verification_method=METHOD, created=NOW)
    assert before == after == true_bytes(face)
    assert made == true_bytes(one)
    assert read_face(parse_credential(made)) == one
