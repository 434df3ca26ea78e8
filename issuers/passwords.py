"""Passwords by Argon2id (RFC 9106), through argon2-cffi with its own defaults."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from keys.errors import Refused

MIN_LENGTH = 12  # characters; NIST SP 800-63B-4 asks for length, not for kinds of characters
MAX_LENGTH = 256  # more is not a password, it is work for our processor


def hash_password(password: str) -> str:
    """The Argon2id hash of a password. Refused ``auth.password_short``, ``auth.password_long``."""
    if len(password) < MIN_LENGTH:
        raise Refused("auth.password_short", field="password", limit=MIN_LENGTH)
    if len(password) > MAX_LENGTH:
        raise Refused("auth.password_long", field="password", limit=MAX_LENGTH)
    return _hasher().hash(password)


def verify_password(hashed: str | None, password: str) -> bool:
    """Whether the password is right. An unknown account (None) takes as long as a wrong password."""
    if len(password) > MAX_LENGTH:
        return False
    try:
        known = _nobody() if hashed is None else hashed
        return _hasher().verify(known, password) and hashed is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobody() -> str:
    return _hasher().hash("the password of an account that does not exist")
