"""The credential is a pure function of its face, and only what a face builds is read."""

import copy
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import Refused
from keys.jcs import canonicalize
from registry.credential import (
    AccreditationReference,
    Appointment,
    Face,
    Holder,
    Issuer,
    OccupationName,
    StatusEntry,
    build_credential,
    china_date,
    day_start,
    parse_credential,
    read_face,
)
from registry.kinds import kinds
from registry.levels import levels

FACE = Face(
    origin="https://example.test",
    code="ResUN44qBSONPDrAS79LuQ",
    number="S000033000002263000031",
    kind="skill_level",
    level="3",
    holder=Holder("欧阳试验", "resident_id", "15**************14"),
    occupation=OccupationName("6-31-01-03", "2022", "电工", "Electrician", "低压"),
    region="330000",
    issued_on=date(2026, 11, 22),
    issuer=Issuer("did:web:example.test", "S000033000002", "示例协会", "association", "330000"),
    accreditation=AccreditationReference("A-1", "示例〔2026〕2号"),
    status=StatusEntry("1", 14082),
    appointment=Appointment("示例公司", date(2026, 1, 1), date(2028, 1, 1)),
)

text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
days = st.dates(date(1000, 1, 1), date(9999, 12, 30))
appointments = st.builds(Appointment, text, days, st.none() | days)
faces = st.builds(
    Face,
    origin=text.filter(lambda word: "/v/" not in word),
    code=text.filter(lambda word: "/v/" not in "/v/"[1:] + word and "/" not in word),
    number=text,
    kind=st.sampled_from([kind.id for kind in kinds()]),
    level=st.none() | st.sampled_from([level.id for level in levels()]),
    holder=st.builds(Holder, text, text, text),
    occupation=st.builds(OccupationName, text, text, text, text, st.none() | text),
    region=text,
    issued_on=days,
    issuer=st.builds(Issuer, text, text, text, text, text),
    accreditation=st.builds(AccreditationReference, text, text),
    status=st.builds(StatusEntry, text.filter(lambda word: "-" not in word), st.integers(0, 131_071)),
    appointment=st.none() | appointments,
)


@given(face=faces)
def test_a_face_comes_back_from_its_credential(face):
    assert read_face(build_credential(face)) == face


@given(face=faces)
def test_it_comes_back_from_the_bytes_too(face):
    assert read_face(parse_credential(canonicalize(build_credential(face)))) == face


def test_the_proof_is_no_part_of_the_face():
    assert read_face(build_credential(FACE) | {"proof": ["anything"]}) == FACE


def places(value, path=()):
    """Every object in the credential, by path."""
    if isinstance(value, dict):
        yield path
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        yield from places(inner, (*path, step))


def at(value, path):
    for step in path:
        value = value[step]
    return value


def members():
    credential = build_credential(FACE)
    return [(path, name) for path in places(credential) for name in at(credential, path)]


def refuse(credential):
    with pytest.raises(Refused) as caught:
        read_face(credential)
    assert caught.value.code == "credential.shape"


@pytest.mark.parametrize("path", list(places(build_credential(FACE))), ids=str)
@pytest.mark.parametrize("value", ["x", None, {}, [], 1])
def test_an_added_member_is_refused(path, value):
    credential = build_credential(FACE)
    at(credential, path)["unheard"] = value
    refuse(credential)


# These may be absent in other certificates; dropping one changes what is said, and the signature tells.
OPTIONAL = {"job", "appointedUntil", "skillLevel", "appointment", "validUntil"}


@pytest.mark.parametrize(("path", "name"), members(), ids=str)
def test_a_dropped_or_renamed_member_is_refused(path, name):
    dropped = build_credential(FACE)
    value = at(dropped, path).pop(name)
    if name not in OPTIONAL:
        refuse(dropped)
    at(dropped, path)[name + "_"] = value
    refuse(dropped)


@pytest.mark.parametrize(("path", "name"), members(), ids=str)
@pytest.mark.parametrize("value", [None, 7, True, {"unheard": "x"}, ["x"], [], {}])
def test_a_member_of_another_type_is_refused(path, name, value):
    credential = build_credential(FACE)
    at(credential, path)[name] = value
    refuse(credential)


@pytest.mark.parametrize("name", ["@context", "type", "credentialStatus"])
def test_a_list_with_one_more_or_less_is_refused(name):
    credential = build_credential(FACE)
    refuse(credential | {name: [*credential[name], copy.deepcopy(credential[name][0])]})
    refuse(credential | {name: credential[name][:-1]})
    refuse(credential | {name: credential[name][::-1]})


def test_a_date_in_another_spelling_is_refused():
    credential = build_credential(FACE)
    credential["credentialSubject"]["issuedOn"] = "20261122"
    refuse(credential)


def test_a_status_index_in_another_spelling_is_refused():
    for spelling in ("+14082", " 14082", "014082", "14_082", "１４０８２"):
        credential = build_credential(FACE)
        for entry in credential["credentialStatus"]:
            entry["statusListIndex"] = spelling
        refuse(credential)


def test_optional_members_are_absent_not_null():
    bare = replace(FACE, kind="single_skill", level=None, appointment=None)
    subject = build_credential(replace(bare, occupation=replace(FACE.occupation, job=None)))[
        "credentialSubject"
    ]
    assert {"skillLevel", "appointment"} & set(subject) == set()
    assert "job" not in subject["occupation"]


def test_the_identity_number_is_masked_for_good():
    assert canonicalize(build_credential(FACE)).count(b"15**************14") == 1


def test_a_day_begins_in_china():
    assert day_start(date(2026, 11, 22)) == "2026-11-21T16:00:00Z"
    before = datetime(2026, 11, 21, 15, 59, 59, tzinfo=UTC)
    assert china_date(before) == date(2026, 11, 21)
    assert china_date(before + timedelta(seconds=1)) == date(2026, 11, 22)


@pytest.mark.parametrize("document", [b"null", b"[]", b'"x"', b"7"])
def test_what_is_no_object_is_no_credential(document):
    with pytest.raises(Refused, match=r"credential\.shape"):
        parse_credential(document)
