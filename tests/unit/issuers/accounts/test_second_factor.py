"""Codes of the clock: right ones, drift, never twice; recovery codes however they are typed."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from issuers.accounts.second_factor import (
    RECOVERY_CODES,
    clean_recovery_code,
    enrolment_picture,
    enrolment_uri,
    find_step,
    new_recovery_codes,
    new_secret,
)

NOW = datetime(2026, 11, 22, 4, 0, 10, tzinfo=UTC)
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # RFC 6238 appendix B: "12345678901234567890" in base32


@pytest.mark.parametrize(
    ("seconds", "code"),  # RFC 6238 appendix B, SHA-1, the last six of its eight digits
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_the_vectors_of_the_rfc(seconds, code):
    assert find_step(SECRET, code, at=datetime.fromtimestamp(seconds, UTC), after=-1) == seconds // 30


@pytest.mark.parametrize(("drift", "is_right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_half_a_minute_of_drift_is_forgiven(drift, is_right):
    code = pyotp.TOTP(SECRET).at(NOW + timedelta(seconds=30 * drift))
    assert (find_step(SECRET, code, at=NOW, after=-1) is not None) is is_right


def test_a_code_is_right_once():
    code = pyotp.TOTP(SECRET).at(NOW)
    step = find_step(SECRET, code, at=NOW, after=-1)
    assert find_step(SECRET, code, at=NOW, after=step) is None
    assert find_step(SECRET, code, at=NOW + timedelta(seconds=30), after=step) is None


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "１２３４５６", "-12345", "12 34 5a"])
def test_what_is_no_code_is_wrong(typed):
    assert find_step(SECRET, typed, at=NOW, after=-1) is None


def test_spaces_in_a_code_do_no_harm():
    code = pyotp.TOTP(SECRET).at(NOW)
    assert find_step(SECRET, f" {code[:3]} {code[3:]} ", at=NOW, after=-1) is not None


def test_an_app_reads_the_address_back():
    secret = new_secret()
    read = pyotp.parse_uri(enrolment_uri(secret, "li.hua", "Skills Registry"))
    assert (read.secret, read.name, read.issuer) == (secret, "li.hua", "Skills Registry")
    assert enrolment_picture("otpauth://x").startswith("data:image/svg+xml;base64,")


def test_recovery_codes_differ_and_forgive_how_they_are_typed():
    codes = new_recovery_codes()
    assert len({clean_recovery_code(code) for code in codes}) == RECOVERY_CODES
    assert clean_recovery_code(codes[0].upper().replace("-", " ")) == clean_recovery_code(codes[0])
    assert len(clean_recovery_code(codes[0])) == 12
