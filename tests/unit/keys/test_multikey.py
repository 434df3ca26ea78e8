import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import Refused
from keys.multikey import Algorithm, decode_base58btc, decode_multikey, encode_base58btc, encode_multikey


@given(st.binary(min_size=1, max_size=64))
def test_base58btc_round_trip(data):
    assert decode_base58btc(encode_base58btc(data)) == data


@pytest.mark.parametrize(
    "text",
    ["", "z", "6Mk", "u6Mk", "z6Mk\n", " z6Mk", "z6 Mk", "z0", "zO", "zI", "zl", "zé", "z" + "2" * 200],
)
def test_one_text_one_reading(text):
    with pytest.raises(Refused, match=r"multibase\.malformed"):
        decode_base58btc(text)


@pytest.mark.parametrize(
    ("algorithm", "raw", "start"),
    [(Algorithm.ED25519, bytes(range(32)), "z6Mk"), (Algorithm.P256, b"\x02" + bytes(range(32)), "zDn")],
)
def test_multikey_round_trip(algorithm, raw, start):
    text = encode_multikey(algorithm, raw)
    assert text.startswith(start)
    assert decode_multikey(text) == (algorithm, raw)


@pytest.mark.parametrize(
    "data",
    [
        b"\xed\x01" + bytes(31),
        b"\xed\x01" + bytes(33),
        b"\x80\x24" + bytes(32),
        b"\x80\x26" + bytes(32),  # an Ed25519 secret key
        b"\xec\x01" + bytes(32),  # X25519
        b"\xed" + bytes(32),
    ],
)
def test_wrong_codec_or_length(data):
    with pytest.raises(Refused, match=r"key\.malformed"):
        decode_multikey(encode_base58btc(data))


def test_no_multibase_is_no_key():
    with pytest.raises(Refused, match=r"key\.malformed"):
        decode_multikey("not a key")
