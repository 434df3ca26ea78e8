"""The check value: right for the holder, wrong for others, and too short to find the holder's number with."""

from __future__ import annotations

from hashlib import pbkdf2_hmac
from math import log2

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.identity import IdType
from verify.holder_check import BITS, ITERATIONS, CheckValue, make_check_value

SALT = b"12345678"
NUMBER = "150102199901010014"
# What a mask of two and two characters leaves open: docs/qr-format.md counts them.
OPEN = {
    "resident_id": 100 * 18_262 * 100 / 11,
    "residence_permit_hmt": 18_262 * 100 / 11,
    "foreign_permanent_resident": 18_262 * 100,
    "hmt_travel_permit": 10**4,
    "passport": 10**4,
}


def test_it_is_the_specifications_derivation_cut():
    """RFC 8018 section 5.2, by the standard library, three bytes; the upper 20 bits."""
    derived = pbkdf2_hmac("sha256", NUMBER.encode(), SALT, ITERATIONS, 3)
    assert make_check_value("resident_id", NUMBER, salt=SALT).value == int.from_bytes(derived) >> 4
    assert ITERATIONS == 200_000


def test_the_holders_number_fits_and_anothers_does_not():
    check = make_check_value("resident_id", NUMBER, salt=SALT)
    assert check.fits("resident_id", NUMBER)
    assert not check.fits("resident_id", "150102199901010022")


def test_another_salt_another_value():
    values = {make_check_value("resident_id", NUMBER, salt=bytes([n]) * 8).value for n in range(4)}
    assert len(values) == 4


@settings(max_examples=5, deadline=None)
@given(
    st.sampled_from(sorted(BITS)),
    st.text("0123456789X", min_size=6, max_size=18),
    st.binary(min_size=8, max_size=8),
)
def test_a_value_is_below_its_limit(id_type, number, salt):
    assert 0 <= make_check_value(id_type, number, salt=salt).value < 2 ** BITS[id_type]


@pytest.mark.parametrize("id_type", BITS)
def test_at_least_sixteen_numbers_are_left(id_type):
    assert log2(OPEN[id_type]) - BITS[id_type] >= 3.9


def test_every_document_has_its_length():
    assert set(BITS) == {one.value for one in IdType}


def test_values_are_compared_whole():
    own = make_check_value("passport", "AB1234567", salt=SALT)
    assert not CheckValue(SALT, own.value ^ 1).fits("passport", "AB1234567")
