import json
import time
from contextlib import suppress
from pathlib import Path

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.cose import EDDSA, MAX_COSE_BYTES, MAX_KID_BYTES, read1, sign1, verify1
from keys.errors import Refused
from keys.pair import Algorithm, PrivateKey, PublicKey

VECTORS = json.loads((Path(__file__).parents[2] / "vectors/keys/cose-sign1.json").read_text("utf-8"))
KEY = PrivateKey.from_bytes(Algorithm.ED25519, bytes.fromhex(VECTORS["ed25519"]["seed_hex"]))
SIGNATURE = bytes(64)
HEADER = {1: EDDSA, 4: b"k"}


def message(protected=HEADER, unprotected=None, payload=b"p", signature=SIGNATURE, tag=18):
    header = protected if isinstance(protected, bytes) else cbor2.dumps(protected, canonical=True)
    parts = [header, {} if unprotected is None else unprotected, payload, signature]
    return cbor2.dumps(cbor2.CBORTag(tag, parts), canonical=True)


def refused(data):
    with pytest.raises(Refused) as caught:
        read1(data)
    return caught.value.code


class TestWorkingGroup:
    def test_ed25519(self):
        vector = VECTORS["ed25519"]
        public = PublicKey(Algorithm.ED25519, bytes.fromhex(vector["public_hex"]))
        read = read1(bytes.fromhex(vector["cbor"]))
        assert (read.kid, read.content_type, read.algorithm) == (b"11", vector["content_type"], EDDSA)
        assert verify1(read, public) == vector["payload"].encode()
        assert KEY.public == public

    @pytest.mark.parametrize("vector", VECTORS["foreign"], ids=lambda vector: vector["name"])
    def test_foreign(self, vector):
        assert refused(bytes.fromhex(vector["cbor"])) == vector["refused"]


@given(st.binary(max_size=300), st.binary(min_size=1, max_size=32))
def test_round_trip(payload, kid):
    read = read1(sign1(payload, key=KEY, kid=kid))
    assert read.kid == kid
    assert verify1(read, KEY.public) == payload


@given(st.binary(max_size=100), st.binary(max_size=100))
def test_external_data_is_signed(signed_with, verified_with):
    message = read1(sign1(b"payload", key=KEY, kid=b"k", external_aad=signed_with))
    if signed_with == verified_with:
        assert verify1(message, KEY.public, external_aad=verified_with) == b"payload"
        return
    with pytest.raises(Refused, match=r"cose\.signature"):
        verify1(message, KEY.public, external_aad=verified_with)


def test_external_data_costs_nothing():
    assert len(sign1(b"x", key=KEY, kid=b"k", external_aad=bytes(100))) == len(sign1(b"x", key=KEY, kid=b"k"))


def test_the_signed_structure_is_that_of_the_specification():
    """RFC 9052 section 4.4, written here byte by byte."""
    message = read1(sign1(b"pay", key=KEY, kid=b"k", external_aad=b"aad"))
    header = bytes.fromhex("a2012704416b")
    structure = b"\x84\x6aSignature1\x46" + header + b"\x43aad" + b"\x43pay"
    assert message.signature == KEY.sign(structure)


def test_overhead():
    """What a QR pays beyond its payload: the signature, the key's name, and 13 bytes of frame."""
    assert len(sign1(b"x" * 200, key=KEY, kid=b"12345678")) == 200 + 64 + 8 + 13


def test_every_flipped_bit():
    data = sign1(b"a payload of some length", key=KEY, kid=b"12345678")
    for bit in range(len(data) * 8):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Refused):
            verify1(read1(bytes(changed)), KEY.public)


@pytest.mark.parametrize("length", range(100))
def test_every_truncation(length):
    data = sign1(b"payload", key=KEY, kid=b"12345678")
    if length < len(data):
        assert refused(data[:length]) == "cose.malformed"


def test_the_test_message_is_well_formed():
    assert read1(message()).payload == b"p"
    assert read1(message({1: EDDSA}, {4: b"k"})).kid == b"k"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "cose.malformed"),
        (b"\xd2", "cose.malformed"),
        (message(tag=17), "cose.malformed"),
        (message()[1:], "cose.malformed"),
        (b"\xd2" + message(), "cose.malformed"),
        (message(payload=None), "cose.malformed"),
        (message(payload="p"), "cose.malformed"),
        (message(signature=bytes(63)), "cose.malformed"),
        (message(unprotected=[]), "cose.malformed"),
        (message(b"\x01"), "cose.malformed"),
        (message(b"\xff"), "cose.malformed"),
        (message(b"\xa2\x01\x27\x01\x27"), "cose.malformed"),
        (message(b"\xbf\x01\x27\x04\x41k\xff"), "cose.malformed"),
        (message(unprotected={5: {6: [7]}}), "cose.malformed"),
        (message()[:-66] + b"\x5f\x58\x40" + SIGNATURE + b"\xff", "cose.malformed"),
        (cbor2.dumps(cbor2.CBORTag(18, [b"", {}, b""])), "cose.malformed"),
        (cbor2.dumps(cbor2.CBORTag(18, [b"", {}, b"", SIGNATURE, 1])), "cose.malformed"),
        (message() + b"\x00", "cose.not_deterministic"),
        (b"\xd8\x12" + message()[1:], "cose.not_deterministic"),
        (message(b"\xa2\x04\x41k\x01\x27"), "cose.not_deterministic"),
        (message(b"\xa2\x01\x38\x07\x04\x41k"), "cose.not_deterministic"),
        (message(b"\xa2\xf5\x27\x04\x41k"), "cose.not_deterministic"),
        (message(b"\xa2\x01\xf9\xc8\x00\x04\x41k"), "cose.not_deterministic"),
        (message(b"\xa2\x01\x27\x04\x58\x01k"), "cose.not_deterministic"),
        (message(b"\xa2\x01\x27\x04\x41k\x00"), "cose.not_deterministic"),
        (message({**HEADER, 2: [99], 99: 1}), "cose.critical_header"),
        (message({**HEADER, 2: []}), "cose.critical_header"),
        (message(unprotected={2: 99}), "cose.critical_header"),
        (message(unprotected={2: [99]}), "cose.malformed"),  # deeper than the shape goes
        (message({4: b"k"}), "cose.algorithm"),
        (message(b"", {1: EDDSA, 4: b"k"}), "cose.algorithm"),
        (message({1: -7, 4: b"k"}), "cose.algorithm"),
        (message({1: "EdDSA", 4: b"k"}), "cose.algorithm"),
        (message({**HEADER, 5: b"iv"}), "cose.header"),
        (message({**HEADER, "x": 1}), "cose.header"),
        (message(unprotected={1: EDDSA}), "cose.header"),
        (message(unprotected={33: b"cert"}), "cose.header"),
        (message({**HEADER, 3: "text/plain"}), "cose.header"),
        (message({**HEADER, 3: True}), "cose.header"),
        (message({**HEADER, 3: -1}), "cose.header"),
        (message({**HEADER, 3: 65_536}), "cose.header"),
        (message({1: EDDSA}), "cose.kid"),
        (message(unprotected={4: b"other"}), "cose.kid"),
        (message({1: EDDSA, 4: "k"}), "cose.kid"),
        (message({1: EDDSA, 4: b""}), "cose.kid"),
        (message({1: EDDSA, 4: bytes(MAX_KID_BYTES + 1)}), "cose.kid"),
        (message(payload=bytes(MAX_COSE_BYTES)), "cose.too_large"),
    ],
)
def test_refused(data, code):
    assert refused(data) == code


@pytest.mark.parametrize(
    "data",
    [
        b"\xd2" * MAX_COSE_BYTES,
        b"\x81" * MAX_COSE_BYTES,
        b"\xd2\x84\x40" + b"\xa1\x01" * 1_000,
        b"\x9f" * MAX_COSE_BYTES,
        b"\xd2\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\xd2\x5b\x7f\xff\xff\xff\xff\xff\xff\xff",
        b"\xd2\xbb\x7f\xff\xff\xff\xff\xff\xff\xff",
        b"\xd2\x84\x40\xa1\x05\xc5\x82\x1b\x7f\xff\xff\xff\xff\xff\xff\xff\x01\x40\x40",
        b"\xd2\x84\x40\xa1\x05\xd8\x23\x78\x1e" + b"(((((a{1,60000}){1,60000}){1,1}" + b"\x40\x40",
        b"\xd8\x1c\x81\xd8\x1d\x00",
    ],
)
def test_hostile_bytes_are_refused_quickly(data):
    start = time.perf_counter()
    assert refused(data) == "cose.malformed"
    assert time.perf_counter() - start < 0.05


@settings(max_examples=500)
@given(
    st.binary(max_size=80)
    | st.builds(lambda head, tail: message()[:head] + tail, st.integers(0, 90), st.binary())
)
def test_any_bytes_give_a_message_or_a_refusal(data):
    with suppress(Refused):
        read1(data)


def test_another_key_and_another_kind_of_key():
    read = read1(sign1(b"payload", key=KEY, kid=b"k"))
    for algorithm, code in (
        (Algorithm.ED25519, "cose.signature"),
        (Algorithm.P256, "cose.algorithm_mismatch"),
    ):
        with pytest.raises(Refused) as caught:
            verify1(read, PrivateKey.generate(algorithm).public)
        assert caught.value.code == code


def test_signing_refuses():
    p256 = PrivateKey.generate(Algorithm.P256)
    for key, payload, kid, code in (
        (p256, b"", b"k", "cose.algorithm_mismatch"),
        (KEY, b"", b"", "cose.kid"),
        (KEY, b"", bytes(MAX_KID_BYTES + 1), "cose.kid"),
        (KEY, bytes(MAX_COSE_BYTES), b"k", "cose.too_large"),
    ):
        with pytest.raises(Refused) as caught:
            sign1(payload, key=key, kid=kid)
        assert caught.value.code == code
