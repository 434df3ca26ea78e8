"""The certificate as SD-JWT VC: what stands in the open, what can be shown, what is refused."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys import sd_jwt
from keys.errors import Refused
from keys.jws import decode_base64url, read_compact, verify_compact, write_header
from keys.pair import Algorithm, PrivateKey
from keys.sd_jwt_issuing import hide, issue
from registry.credential import (
    AccreditationReference,
    Appointment,
    Face,
    Holder,
    Issuer,
    OccupationName,
    StatusEntry,
)
from registry.selective import DIGESTS, TYPE, hideable, read_claimed, read_presented, sign_selectively
from registry.status_list import SIZE
from registry.token_status import encode_statuses, sign_token_list

KEY = PrivateKey.generate(Algorithm.ED25519)
KID = "did:web:registry.example:assessors:S000033000002#z6Mk"
AT = datetime(2026, 11, 22, 4, 0, 0, 500_000, tzinfo=UTC)
FACE = Face(
    origin="https://registry.example",
    code="Qk9ERUNPREVDT0RFQ09ERQ",
    number="S000033000002263000010",
    kind="skill_level",
    level="3",
    holder=Holder("欧阳试验", "resident_id", "15**************14"),
    occupation=OccupationName("6-31-01-03", "2022", "电工", "Electrician", "维修电工"),
    region="330000",
    issued_on=date(2026, 11, 22),
    issuer=Issuer("did:web:x", "S000033000002", "示例协会", "association", "330000"),
    accreditation=AccreditationReference("A-02", "示例认定委〔2026〕1号"),
    status=StatusEntry("1", 77),
)
POST = replace(FACE, level="chief", appointment=Appointment("示例厂", date(2026, 1, 1), date(2029, 1, 1)))
SIGNED = sign_selectively(FACE, KEY, key_id=KID, at=AT).decode()


def presented(*names: str, signed: str = SIGNED):
    token = sd_jwt.read(signed)
    return read_presented(sd_jwt.read(sd_jwt.select(token, names)), KEY.public)


def handmade(claims, hidden=None, typ=TYPE):
    hideable = [hide(*claim) for claim in (hidden or {}).items()]
    text = issue(claims, hideable, key=KEY, header=write_header(KEY.public, typ=typ, kid=KID))
    return sd_jwt.read(text)


def opened(signed: str = SIGNED):
    return json.loads(decode_base64url(signed.split(".")[1]))


def test_in_the_open_stands_only_what_a_verifier_needs():
    payload = opened()
    assert payload.keys() == {"_sd", "iss", "iat", "vct", "status", "_sd_alg"}
    assert payload["status"] == {
        "status_list": {"idx": 77, "uri": "https://registry.example/status-lists/token-1"}
    }
    assert payload["iat"] == int(AT.timestamp())
    for secret in (FACE.code, FACE.number, FACE.holder.name, "15****", "电工", "2026-11-22"):
        assert secret not in decode_base64url(SIGNED.split(".")[1]).decode()


def test_every_claim_of_the_face_is_there():
    shown = presented(*hideable(FACE)).shown
    assert shown == hideable(FACE)
    assert shown["certificate"] == {"number": FACE.number, "url": f"{FACE.origin}/v/{FACE.code}"}
    assert shown["occupation"]["job"] == "维修电工"


def test_what_is_not_chosen_is_not_there():
    found = presented("level", "kind")
    assert found.shown.keys() == {"level", "kind"}
    assert found.hidden == DIGESTS - 2
    assert (found.assessor_id, found.key_id, found.status) == ("S000033000002", KID, FACE.status)


def test_a_post_ends_with_the_appointment_in_the_open():
    signed = sign_selectively(POST, KEY, key_id=KID, at=AT).decode()
    assert opened(signed)["exp"] == int(datetime(2028, 12, 31, 16, tzinfo=UTC).timestamp())
    assert presented("level", signed=signed).ends_at == datetime(2028, 12, 31, 16, tzinfo=UTC)
    assert len(hideable(POST)) < DIGESTS


def test_a_wallets_key_is_confirmed():
    wallet = PrivateKey.generate(Algorithm.P256).public
    signed = sign_selectively(FACE, KEY, key_id=KID, at=AT, confirmed=wallet).decode()
    assert presented(signed=signed).confirmed == {"jwk": wallet.jwk()}


OPEN = {name: value for name, value in opened().items() if not name.startswith("_")}


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://registry.example/assessors/../x"},
        {"iss": "https://other.example/assessors/S000033000002"},
        {"vct": "https://registry.example/credentials/other"},
        {"vct": 1},
        {"iat": "1"},
        {"iat": -1},
        {"iat": True},
        {"iat": 10**15},
        {"exp": "x"},
        {"status": {}},
        {"status": {"status_list": []}},
        {"status": {"status_list": {"idx": "1", "uri": "https://registry.example/status-lists/token-1"}}},
        {"status": {"status_list": {"idx": 1, "uri": "https://elsewhere.example/status-lists/token-1"}}},
        {"level": "3"},
    ],
)
def test_another_shape_is_refused(change):
    with pytest.raises(Refused, match=r"selective\.shape"):
        read_presented(handmade(OPEN | change), KEY.public)


def test_what_must_stand_in_the_open_may_not_be_a_disclosure():
    for name in ("iat", "vct", "status"):
        rest = {key: value for key, value in OPEN.items() if key != name}
        with pytest.raises(Refused, match=r"selective\.shape"):
            read_presented(handmade(rest, {name: OPEN[name]}), KEY.public)


def test_an_issuer_or_key_that_is_not_named_is_refused():
    with pytest.raises(Refused, match=r"selective\.shape"):
        read_claimed(handmade(OPEN | {"iss": "x"}))
    text = issue(OPEN, [], key=KEY, header=write_header(KEY.public, typ=TYPE))
    with pytest.raises(Refused, match=r"selective\.shape"):
        read_claimed(sd_jwt.read(text))


def unpacked(encoded: str) -> bytes:
    return zlib.decompress(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))


def test_the_example_of_the_token_status_list():
    # section 4.1 of draft-ietf-oauth-status-list: two bits, [1, 2, 0, 3, 0, 1, 0, 1] is C9 44
    assert unpacked(encode_statuses([0, 5, 7], [1]))[:2] == bytes([0xC9 & 0x3F, 0x44])


@given(st.sets(st.integers(0, SIZE - 1), max_size=5), st.sets(st.integers(0, SIZE - 1), max_size=5))
def test_each_index_says_its_own_status(invalid, suspended):
    packed = unpacked(encode_statuses(invalid, suspended))
    found = {index: packed[index // 4] >> index % 4 * 2 & 3 for index in {0, SIZE - 1, *invalid, *suspended}}
    expected = {index: 1 if index in invalid else 2 if index in suspended else 0 for index in found}
    assert found == expected
    assert len(packed) == SIZE // 4


def test_an_index_outside_the_list_is_a_defect():
    with pytest.raises(ValueError, match="outside"):
        encode_statuses([SIZE], [])


def test_the_token_list_is_signed():
    url = "https://registry.example/status-lists/token-1"
    read = read_compact(sign_token_list(url, encode_statuses([], []), key=KEY, key_id=KID, at=AT).decode())
    claims = json.loads(verify_compact(read, KEY.public))
    assert read.header["typ"] == "statuslist+jwt"
    assert claims["sub"] == url
    assert claims["exp"] > claims["iat"] + claims["ttl"]
    assert claims["status_list"]["bits"] == 2
