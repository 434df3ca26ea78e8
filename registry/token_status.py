"""Token Status List (draft-ietf-oauth-status-list), pure: two bits a token, compressed, in a signed token.

Beside the Bitstring lists of the Data Integrity credentials, with the same indices: an SD-JWT VC names this one.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from datetime import datetime, timedelta

import orjson

from keys.jws import encode_base64url, sign_compact, write_header
from keys.pair import PrivateKey
from registry.status_list import SIZE, TTL

TYPE = "statuslist+jwt"
MEDIA_TYPE = f"application/{TYPE}"
BITS = 2  # a token: valid, invalid, suspended
INVALID, SUSPENDED = 1, 2  # section 7.1
LIFE = timedelta(days=1)  # a copy older than that says nothing


def encode_statuses(invalid: Iterable[int], suspended: Iterable[int]) -> str:
    """The ``lst`` of a list; index 0 in the lowest bits of the first byte (section 4.1). ValueError outside it."""
    packed = bytearray(SIZE * BITS // 8)
    for status, indices in ((SUSPENDED, suspended), (INVALID, invalid)):
        for index in indices:
            if not 0 <= index < SIZE:
                raise ValueError("status index outside the list")
            shift = index % 4 * BITS
            packed[index // 4] = packed[index // 4] & ~(0b11 << shift) | status << shift
    return encode_base64url(zlib.compress(bytes(packed), 9))


def sign_token_list(url: str, encoded: str, *, key: PrivateKey, key_id: str, at: datetime) -> bytes:
    """The signed list that is published at ``url``."""
    issued = int(at.timestamp())
    claims = {
        "sub": url,
        "iss": key_id.partition("#")[0],
        "iat": issued,
        "exp": issued + int(LIFE.total_seconds()),
        "ttl": int(TTL.total_seconds()),
        "status_list": {"bits": BITS, "lst": encoded},
    }
    header = write_header(key.public, typ=TYPE, kid=key_id)
    return sign_compact(orjson.dumps(claims), key=key, header=header).encode("ascii")
