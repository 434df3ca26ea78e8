"""The claims: what goes in comes out, in one form only, and small enough for every certificate that may be issued."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from random import Random

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from keys.errors import Refused
from keys.pair import Algorithm, PrivateKey
from registry.credential import Appointment, Holder, StatusEntry
from registry.identity import IdType
from registry.kinds import kinds
from registry.levels import levels
from registry.masking import mask
from registry.names import LONGEST_NAME_BYTES, parse_name
from registry.number import CertificateNumber, local_number
from registry.occupations import occupations
from registry.places import is_province_prefix, places
from registry.status_list import SIZE
from verify.gate import (
    CERTIFICATE,
    EXP,
    ID_TYPES,
    KINDS,
    LEVELS,
    MAX_CLAIMS_BYTES,
    MAX_JOB,
    NBF,
    GateClaims,
    claims_of,
    encode_claims,
    read_claims,
)
from verify.gate_check import seal_gate
from verify.gate_text import fits_version_12
from verify.holder_check import BITS, CheckValue
from verify.qr import PNG_MODULE, QUIET_ZONE, draw_png

KEY = PrivateKey.from_bytes(Algorithm.ED25519, bytes(range(32)))
LONGEST_HOST = "h" * 40
URL = f"https://{LONGEST_HOST}/v/ResUN44qBSONPDrAS79LuQ"
OCCUPATIONS = [(one.code, one.edition) for one in occupations()]
REGIONS = [place.code for place in places()]
PROVINCES = [f"{n:02}" for n in range(11, 84) if is_province_prefix(f"{n:02}")]
LETTERS = {
    "common": "王李张刘陈杨赵黄周吴欧阳阿卜杜热合曼伟芳娜敏静秀丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英",
    "rare": "㛃䶮𠮷𬱖𫚉𣲗龘靐",
    "latin": "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "accents": "éèüößçñřžåøățğ",
}


def read_version(text):
    modules = Image.open(BytesIO(draw_png(text))).width // PNG_MODULE - 2 * QUIET_ZONE
    return (modules - 17) // 4


@st.composite
def names(draw):
    """Names of one script or two, as long as names may be, joined by a dot, a space or nothing."""
    script = draw(st.sampled_from([*LETTERS.values(), LETTERS["common"] + LETTERS["rare"]]))
    parts = draw(st.lists(st.text(script, min_size=1, max_size=24), min_size=1, max_size=3))
    name = draw(st.sampled_from("· ")).join(parts)
    while True:
        try:
            return parse_name(name)
        except Refused:
            name = name[:-1].rstrip("· ")


@st.composite
def certificates(draw):
    """Claims as a certificate of this registry can have them."""
    kind = draw(st.sampled_from(kinds()))
    level = draw(st.sampled_from(levels())) if kind.has_level else None
    issued_on = draw(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
    serial = draw(st.integers(1, 999_999))
    body = draw(st.sampled_from("YS")) + draw(st.from_regex("[0-9]{4}", fullmatch=True))
    body += draw(st.sampled_from(PROVINCES)) + draw(st.from_regex("[0-9]{6}", fullmatch=True))
    national = kind.id == "skill_level" and level and level.digit
    id_type = draw(st.sampled_from(ID_TYPES))
    id_number = draw(st.text("0123456789X", min_size=6, max_size=18))
    return GateClaims(
        number=CertificateNumber(body, issued_on.year, level.digit, serial).text
        if national
        else local_number(body, kind.local_code, issued_on.year, serial),
        kind=kind.id,
        level=level.id if level else None,
        holder=Holder(draw(names()), id_type, mask(id_number)),
        check=CheckValue(
            draw(st.binary(min_size=8, max_size=8)), draw(st.integers(0, 2 ** BITS[id_type] - 1))
        ),
        occupation=draw(st.sampled_from(OCCUPATIONS)),
        region=draw(st.sampled_from(REGIONS)),
        issued_on=issued_on,
        status=StatusEntry(str(draw(st.integers(1, 9_999))), draw(st.integers(0, SIZE - 1))),
        job=draw(st.none() | st.text("电工操作员abc（）", min_size=1, max_size=MAX_JOB)),
        expires_on=issued_on + timedelta(draw(st.integers(1, 1_000)))
        if level and level.is_post and draw(st.booleans()) and issued_on.year < 2096
        else None,
    )


@given(certificates())
def test_what_goes_in_comes_out(claims):
    assert read_claims(encode_claims(claims)) == claims


@settings(max_examples=300)
@given(certificates())
def test_every_certificate_fits_version_12_at_level_m(claims):
    text = seal_gate(claims, URL, key=KEY)
    assert fits_version_12(text)


@settings(max_examples=15, deadline=None)
@given(certificates())
def test_the_drawn_picture_is_of_version_12_at_most(claims):
    assert read_version(seal_gate(claims, URL, key=KEY)) <= 12


def worst(**changes):
    claims = GateClaims(
        number="Y999982999999-DJ-99-999999",
        kind="skill_level",
        level="chief",
        holder=Holder("阿" * (LONGEST_NAME_BYTES // 2), "foreign_permanent_resident", "91**************14"),
        check=CheckValue(b"\xff" * 8, 2**12 - 1),
        occupation=("8-99-99-99", "2022"),
        region="830000",
        issued_on=date(2099, 12, 31),
        status=StatusEntry("9999", SIZE - 1),
        job="工" * MAX_JOB,
        expires_on=date(2105, 12, 31),
    )
    return replace(claims, **changes)


def test_the_worst_certificate_fits_and_five_bytes_more_would_not():
    text = seal_gate(worst(), URL, key=KEY)
    assert fits_version_12(text)
    assert read_version(text) == 12
    assert not fits_version_12(text + "0" * 12)


def test_versions_of_realistic_certificates():
    """A histogram for the documentation: ``pytest -s`` shows it."""
    random, found = Random(8392), Counter()
    for _ in range(60):
        length = random.choices((2, 3, 4, 11, 15, 30), (15, 70, 4, 5, 5, 1))[0]
        name = "".join(random.choices(LETTERS["common"], k=length))
        claims = worst(
            number="S000033000002263000031",
            level="3",
            issued_on=date(2026, 11, 22),
            expires_on=None,
            job=random.choice((None, None, "继电保护员")),
            holder=Holder(name, "resident_id", "15**************14"),
        )
        found[
            read_version(seal_gate(claims, "https://registry.example/v/ResUN44qBSONPDrAS79LuQ", key=KEY))
        ] += 1
    print(sorted(found.items()))
    assert max(found) <= 12
    assert found.most_common(1)[0][0] <= 10


@pytest.mark.parametrize("name", ["A" * 50, "王" * 30, "𠮷" * 15, "é" * 30, "阿卜杜·" * 7 + "王"])
def test_the_longest_names_fit(name):
    assert parse_name(name) == name
    assert fits_version_12(
        seal_gate(
            worst(holder=Holder(name, "passport", "91****99"), check=CheckValue(bytes(8), 255)), URL, key=KEY
        )
    )


def test_a_job_that_fits_is_told_and_one_that_does_not_is_said_to_be_left_out():
    short = worst(holder=Holder("王小明", "passport", "91****14"), check=CheckValue(bytes(8), 1))
    assert fits_version_12(seal_gate(replace(short, job="继电保护员"), URL, key=KEY))
    text = seal_gate(worst(), URL, key=KEY)
    assert seal_gate(worst(job=None, job_left_out=True), URL, key=KEY) == text


def test_registered_claims_mean_what_the_specification_says():
    """RFC 8392 section 3.1.4 and 3.1.5: exp is the first instant at which it is refused, nbf the first it holds."""
    parsed = cbor2.loads(encode_claims(worst(issued_on=date(2099, 1, 1), expires_on=date(2100, 1, 1))))
    assert set(parsed) == {EXP, NBF, CERTIFICATE}
    assert (
        parsed[NBF] == 4_070_908_800 - 8 * 3_600
    )  # 2099-01-01 in China begins at 16:00 the day before in UTC
    assert CERTIFICATE < -65_536  # private use


def test_the_tables_of_the_format_name_all_there_is():
    assert set(KINDS) == {kind.id for kind in kinds()}
    assert set(LEVELS) - {None} == {level.id for level in levels()}
    assert set(ID_TYPES) == {one.value for one in IdType} == set(BITS)


def test_the_tables_of_the_format_never_change():
    assert (KINDS.index("skill_level"), KINDS.index("one_plus_x")) == (0, 5)
    assert [LEVELS.index(level) for level in ("1", "5", "special", "chief", "apprentice")] == [1, 5, 6, 7, 8]
    assert [ID_TYPES.index(document) for document in ("resident_id", "hmt_travel_permit", "passport")] == [
        0,
        2,
        4,
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"number": "1112223334445556"},
        {"number": "Y999982999999-DJ-98-999999"},
        {"number": "Y999982999999-ZX-99-999999"},
        {"level": None},
        {"kind": "unknown"},
        {"level": "9"},
        {"occupation": ("6-31-1-3", "2022")},
        {"occupation": ("6-31-01-03", "2199")},
        {"region": "33"},
        {"status": StatusEntry("a", 1)},
        {"status": StatusEntry("01", 1)},
        {"status": StatusEntry("1", SIZE)},
        {"status": StatusEntry("1", -1)},
        {"status": StatusEntry("99999", 1)},
        {"issued_on": date(2107, 1, 1)},
        {"job": "x" * (MAX_JOB + 1)},
        {"check": CheckValue(b"short", 1)},
        {"check": CheckValue(bytes(8), 2**12)},
        {"holder": Holder("王" * 31, "passport", "91****99")},
        {"holder": Holder("王 明", "passport", "91****99")},
        {"holder": Holder("王明", "library_card", "91****99")},
        {"holder": Holder("王明", "passport", "91****9")},
        {"holder": Holder("王明", "passport", "")},
    ],
    ids=str,
)
def test_what_cannot_be_told_exactly_is_not_told(change):
    with pytest.raises(Refused, match=r"qr\.not_expressible"):
        encode_claims(worst(**change))


def members(**changes):
    """The array with members replaced by place."""
    parsed = cbor2.loads(encode_claims(worst(job=None)))
    for place, value in changes.items():
        parsed[CERTIFICATE][int(place[1:])] = value
    return parsed


@pytest.mark.parametrize(
    "parsed",
    [
        {},
        [],
        {NBF: 1, CERTIFICATE: []},
        {**members(), 6: 1},
        {key: value for key, value in members().items() if key != NBF},
        {**members(), NBF: "1"},
        {**members(), NBF: -1},
        {**members(), NBF: 2**32},
        {**members(), NBF: 1.5},
        {**members(), NBF: members()[NBF] + 1},
        {**members(), EXP: None},
        members(_0=-1),
        members(_0=10**18 - 1),
        members(_0=3 * 10**18),
        members(_0=True),
        members(_1=b"\xd8\x00"),
        members(_1=b"\x00"),
        members(_1="王明"),
        members(_1="a1"),
        members(_1=" a"),
        members(_1=None),
        members(_2=330_000_999),
        members(_2=330_000_095),
        members(_2=330_000_999_999),
        members(_3=99),
        members(_4="9114x"),
        members(_4="911"),
        members(_4="91١4"),
        members(_5=0),
        members(_5=19),
        members(_5=7),
        members(_6=bytes(10)),
        members(_6="x" * 11),
        members(_6=b"\xff" * 11),
        members(_7=-1),
        members(_7=2**32),
        members(_7=1.0),
        {**members(), CERTIFICATE: members()[CERTIFICATE] + [False]},
        {**members(), CERTIFICATE: members()[CERTIFICATE] + [None]},
        {**members(), CERTIFICATE: members()[CERTIFICATE] + [""]},
        {**members(), CERTIFICATE: members()[CERTIFICATE] + ["x" * (MAX_JOB + 1)]},
        {**members(), CERTIFICATE: members()[CERTIFICATE] + ["x", "y"]},
        {**members(), CERTIFICATE: dict(enumerate(members()[CERTIFICATE]))},
    ],
    ids=repr,
)
def test_claims_of_another_shape_are_refused(parsed):
    with pytest.raises(Refused, match=r"qr\.claims"):
        read_claims(cbor2.dumps(parsed, canonical=True))


@pytest.mark.parametrize(
    "data",
    [
        encode_claims(worst()) + b"\x00",
        encode_claims(worst())[:-1],
        b"\xd8\x3d" + encode_claims(worst()),  # the CWT tag 61, which we do not write
        encode_claims(worst()).replace(b"\xa3\x04", b"\xb8\x03\x04", 1),
        bytes(MAX_CLAIMS_BYTES + 1),
    ],
    ids=len,
)
def test_claims_in_another_encoding_are_refused(data):
    with pytest.raises(Refused, match=r"qr\.claims"):
        read_claims(data)


@given(st.binary(max_size=MAX_CLAIMS_BYTES + 5))
def test_bytes_are_claims_or_refused(data):
    with pytest.raises(Refused, match=r"qr\.claims"):
        read_claims(data)


def test_the_claims_of_a_face(stage):
    face = replace(stage.face, appointment=Appointment("某厂", date(2026, 1, 1), date(2027, 1, 1)))
    claims = claims_of(face, CheckValue(bytes(8), 1))
    assert (claims.number, claims.holder, claims.expires_on) == (face.number, face.holder, date(2027, 1, 1))


def test_a_printed_value_shows_no_person():
    assert "阿" not in repr(worst())
    vectors = json.loads((Path(__file__).parents[2] / "vectors/verify/qr-v1.json").read_text("utf-8"))
    assert "欧阳" not in repr(read_claims(bytes.fromhex(vectors["vectors"][0]["claims_hex"])))
