import base64
import gzip
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import Refused
from keys.jcs import canonicalize
from keys.strict_json import loads
from registry.status_list import (
    MAX_ENCODED,
    SIZE,
    build_status_list,
    decode,
    encode,
    is_set,
    read_status_list,
)

URL = "https://example.test/status-lists/revocation-1"
AT = datetime(2026, 11, 22, 4, tzinfo=UTC)
indices = st.sets(st.integers(0, SIZE - 1), max_size=50)


def pack(data: bytes) -> str:
    return "u" + base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def make_list(**changes):
    made = build_status_list(URL, issuer="did:web:example.test", purpose="revocation", indices=[7], at=AT)
    return made | changes


@given(chosen=indices)
def test_exactly_what_was_set_is_set(chosen):
    bits = decode(encode(chosen))
    assert {index for index in range(SIZE) if bits[index >> 3] & (0x80 >> (index & 7))} == chosen
    assert all(is_set(bits, index) for index in chosen)


def test_the_first_index_is_the_leftmost_bit():
    """Bitstring Status List 1.0, section 3.2."""
    assert decode(encode([0]))[0] == 0b1000_0000
    assert decode(encode([SIZE - 1]))[-1] == 0b0000_0001


def test_the_same_bits_give_the_same_text():
    assert encode([5, 1]) == encode([1, 5])


def test_the_fullest_list_that_does_not_compress_is_within_the_limit():
    noise = int.from_bytes(b"".join(bytes([(i * 167 + i // 251) % 256]) for i in range(SIZE // 8)), "big")
    assert len(encode(index for index in range(SIZE) if noise >> index & 1)) <= MAX_ENCODED


@pytest.mark.parametrize("index", [-1, SIZE])
def test_an_index_outside_is_an_error(index):
    with pytest.raises(ValueError, match="outside"):
        encode([index])
    with pytest.raises(Refused, match=r"status_list\.index"):
        is_set(decode(encode([])), index)


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        "u",
        "x",
        encode([])[1:],
        "z" + encode([])[1:],
        encode([])[:-8],
        encode([]) + "AAAA",
        "u!!!!",
        "u一",
        pack(b"not gzip"),
        pack(gzip.compress(b"", mtime=0)),
        pack(gzip.compress(bytes(SIZE // 8 - 1), mtime=0)),
        pack(gzip.compress(bytes(SIZE // 8 + 1), mtime=0)),
        "u" + "A" * MAX_ENCODED,
    ],
)
def test_what_is_no_list_of_ours_is_refused(encoded):
    with pytest.raises(Refused, match=r"status_list\.malformed"):
        decode(encoded)


def test_a_bomb_is_refused_in_time_and_memory():
    bomb = gzip.compress(bytes(16 * 1024 * 1024), 9)
    assert len(pack(bomb)) < MAX_ENCODED  # the length alone would let it in
    began = time.monotonic()
    with pytest.raises(Refused, match=r"status_list\.malformed"):
        decode(pack(bomb))
    assert time.monotonic() - began < 0.05


@given(text=st.text(max_size=40) | st.binary(max_size=40).map(pack))
def test_garbage_is_refused_and_nothing_else(text):
    with pytest.raises(Refused, match=r"status_list\.malformed"):
        decode(text)


def test_a_list_reads_back():
    found = read_status_list(loads(canonicalize(make_list())))
    assert (found.url, found.purpose) == (URL, "revocation")
    assert is_set(found.bits, 7)
    assert not is_set(found.bits, 8)
    assert found.valid_until == AT + timedelta(days=1)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": 7},
        {"validUntil": "2026-11-23"},
        {"validUntil": "morgen"},
        {"validUntil": None},
        {"credentialSubject": None},
        {"credentialSubject": []},
        {"credentialSubject": "x"},
        {"credentialSubject": {"statusPurpose": "revocation"}},
        {"credentialSubject": {"statusPurpose": ["revocation"], "encodedList": encode([])}},
        {"credentialSubject": {"statusPurpose": "revocation", "encodedList": 7}},
    ],
)
def test_another_shape_is_refused(changes):
    with pytest.raises(Refused, match=r"status_list\.malformed"):
        read_status_list(make_list(**changes))
