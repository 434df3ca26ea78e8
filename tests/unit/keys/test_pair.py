import base64
import copy
import dataclasses
import json
import pickle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.errors import Refused
from keys.multikey import decode_base58btc
from keys.pair import Algorithm, PrivateKey, PublicKey

VECTORS = Path(__file__).parents[2] / "vectors/keys"
KEYS = [PrivateKey.generate(algorithm) for algorithm in Algorithm]
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def test_rfc8032_section_7_1_test_1():
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    key = PrivateKey.from_bytes(Algorithm.ED25519, seed)
    assert key.public.raw.hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert key.sign(b"").hex() == (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555"
        "fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )


@pytest.mark.parametrize(
    ("name", "algorithm"),
    [("eddsa-jcs-2022", Algorithm.ED25519), ("ecdsa-jcs-2019-p256", Algorithm.P256)],
)
def test_key_pairs_of_the_specifications(name, algorithm):
    vector = json.loads((VECTORS / f"{name}.json").read_text("utf-8"))
    secret = decode_base58btc(vector["secret_key_multibase"])[2:]
    key = PrivateKey.from_bytes(algorithm, secret)
    assert key.public.multikey == vector["public_key_multibase"]
    assert PublicKey.from_multikey(vector["public_key_multibase"]) == key.public
    assert key.to_bytes() == secret


@pytest.mark.parametrize("key", KEYS, ids=list(Algorithm))
@settings(max_examples=20, deadline=None)
@given(message=st.binary(max_size=100))
def test_sign_and_verify(key, message):
    signature = key.sign(message)
    assert len(signature) == 64
    assert key.sign(message) == signature
    assert key.public.verify(signature, message)
    assert not key.public.verify(signature, message + b"x")
    assert not key.public.verify(signature[:-1], message)
    assert not key.public.verify(signature + b"\0", message)
    assert not key.public.verify(bytes(64), message)
    assert not key.public.verify(b"\xff" * 64, message)


@pytest.mark.parametrize("key", KEYS, ids=list(Algorithm))
def test_many_are_signed_as_one_is(key):
    messages = [b"first", b"", b"third"]
    assert key.sign_many(messages) == [key.sign(message) for message in messages]


@pytest.mark.parametrize("key", KEYS, ids=list(Algorithm))
def test_every_flipped_bit_of_a_signature(key):
    signature = key.sign(b"message")
    for bit in range(512):
        changed = bytearray(signature)
        changed[bit // 8] ^= 1 << bit % 8
        assert not key.public.verify(bytes(changed), b"message")


@pytest.mark.parametrize("key", KEYS, ids=list(Algorithm))
def test_bytes_and_multikey_round_trip(key):
    again = PrivateKey.from_bytes(key.public.algorithm, key.to_bytes())
    assert again.public == key.public
    assert hash(again.public) == hash(key.public)
    assert PublicKey.from_multikey(key.public.multikey).verify(again.sign(b"m"), b"m")


def test_jwk():
    ed, p256 = (key.public.jwk() for key in KEYS)
    assert (ed["kty"], ed["crv"], set(ed)) == ("OKP", "Ed25519", {"kty", "crv", "x"})
    assert base64.urlsafe_b64decode(ed["x"] + "=") == KEYS[0].public.raw
    assert (p256["kty"], p256["crv"], set(p256)) == ("EC", "P-256", {"kty", "crv", "x", "y"})
    assert base64.urlsafe_b64decode(p256["x"] + "=") == KEYS[1].public.raw[1:]
    assert base64.urlsafe_b64decode(p256["y"] + "=")[-1] & 1 == KEYS[1].public.raw[0] & 1


SMALL_ORDER = [
    "00" * 32,
    "01" + "00" * 31,
    "ec" + "ff" * 30 + "7f",
    "00" * 31 + "80",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
]
NOT_CANONICAL = ["ed" + "ff" * 30 + "7f", "ee" + "ff" * 30 + "7f", "ff" * 32]


@pytest.mark.parametrize(
    "raw", [*SMALL_ORDER, *NOT_CANONICAL, "02" + "00" * 31, "", "00" * 31, "58" + "66" * 32]
)
def test_bad_ed25519_points(raw):
    with pytest.raises(Refused, match=r"key\.malformed"):
        PublicKey(Algorithm.ED25519, bytes.fromhex(raw))


def test_the_base_point_of_ed25519_is_a_key():
    PublicKey(Algorithm.ED25519, bytes.fromhex("58" + "66" * 31))


@pytest.mark.parametrize(
    "raw",
    [
        b"\x02" + b"\xff" * 32,
        b"\x02" + bytes(31) + b"\x01",  # x = 1 is not on the curve
        b"\x04" + bytes(32),
        b"\x00" * 33,
        KEYS[1].public.raw[:-1],
        b"",
    ],
)
def test_bad_p256_points(raw):
    with pytest.raises(Refused, match=r"key\.malformed"):
        PublicKey(Algorithm.P256, raw)


@pytest.mark.parametrize(
    ("algorithm", "data"),
    [
        (Algorithm.ED25519, bytes(31)),
        (Algorithm.ED25519, bytes(33)),
        (Algorithm.P256, bytes(32)),
        (Algorithm.P256, P256_ORDER.to_bytes(32, "big")),
        (Algorithm.P256, b"\x01"),
    ],
)
def test_bad_private_keys(algorithm, data):
    with pytest.raises(Refused, match=r"key\.malformed"):
        PrivateKey.from_bytes(algorithm, data)


@pytest.mark.parametrize("key", KEYS, ids=list(Algorithm))
def test_a_private_key_shows_and_leaves_nothing(key):
    assert repr(key) == str(key) == "<PrivateKey>"
    assert not hasattr(key, "__dict__")
    for leave in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            leave(key)


def test_a_public_key_is_plain_data():
    assert dataclasses.asdict(KEYS[0].public) == {"algorithm": Algorithm.ED25519, "raw": KEYS[0].public.raw}
