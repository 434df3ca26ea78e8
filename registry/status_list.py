"""Bitstring Status List 1.0, pure: which indices are set, as bytes, as text, as a credential.

Bit 0 is the leftmost bit of the first byte (section 3.2). The text is multibase base64url of the GZIP of the bits.
"""

from __future__ import annotations

import base64
import gzip
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from keys.errors import Refused
from registry.credential import CONTEXT_CREDENTIALS, Credential

SIZE = 131_072  # entries: the specification's minimum for herd privacy (section 6.1), 16 kB of bits
MAX_ENCODED = (
    32_768  # characters: 16 kB of random bits do not compress; anything longer is not one of our lists
)
TTL = timedelta(minutes=5)  # how long a verifier may go on using a copy without asking again


@dataclass(frozen=True)
class StatusList:
    """A read list: where it is published, what its bits say, since when, and until when it says that they are all."""

    url: str
    purpose: str
    bits: bytes
    valid_until: datetime
    valid_from: datetime


def encode(indices: Iterable[int]) -> str:
    """The encoded list with exactly ``indices`` set; ValueError outside 0 to SIZE-1."""
    # mtime=0: the same bits give the same text
    return "u" + base64.urlsafe_b64encode(gzip.compress(set_bits(indices), mtime=0)).rstrip(b"=").decode()


def set_bits(indices: Iterable[int]) -> bytes:
    """The bits with exactly ``indices`` set; ValueError outside 0 to SIZE-1."""
    bits = bytearray(SIZE // 8)
    for index in indices:
        if not 0 <= index < SIZE:
            raise ValueError("status index outside the list")
        bits[index >> 3] |= 0x80 >> (index & 7)
    return bytes(bits)


def digest_bits(bits: bytes) -> str:
    """The SHA-256 of a list's bits in hex: the same for every copy that says the same, whenever it was signed."""
    return sha256(bits).hexdigest()


def decode(encoded: str) -> bytes:
    """The bits of an encoded list: exactly SIZE/8 bytes, else Refused ``status_list.malformed``."""
    if not encoded.startswith("u") or len(encoded) > MAX_ENCODED:
        raise Refused("status_list.malformed")
    try:
        packed = base64.b64decode(encoded[1:] + "=" * (-len(encoded[1:]) % 4), altchars=b"-_", validate=True)
        inflate = zlib.decompressobj(wbits=31)
        bits = inflate.decompress(packed, SIZE // 8 + 1)  # bounded: a bomb stops one byte past the list
    except (ValueError, zlib.error) as error:
        raise Refused("status_list.malformed") from error
    if len(bits) != SIZE // 8 or not inflate.eof or inflate.unused_data:
        raise Refused("status_list.malformed")
    return bits


def is_set(bits: bytes, index: int) -> bool:
    """Whether ``index`` is set; Refused ``status_list.index`` outside the list."""
    if not 0 <= index < len(bits) * 8:
        raise Refused("status_list.index")
    return bool(bits[index >> 3] & (0x80 >> (index & 7)))


def build_status_list(
    url: str, *, issuer: str, purpose: str, indices: Iterable[int], at: datetime
) -> Credential:
    """The unsigned BitstringStatusListCredential published at ``url`` (section 2.2)."""
    return {
        "@context": [CONTEXT_CREDENTIALS],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer,
        "validFrom": _instant(at),
        "validUntil": _instant(at + timedelta(days=1)),  # an older copy must not pass for news
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": purpose,
            "encodedList": encode(indices),
            "ttl": int(TTL.total_seconds() * 1000),
        },
    }


def read_status_list(credential: dict[str, Any]) -> StatusList:
    """A status list credential, read; its signature is the caller's to check."""
    try:
        subject = credential["credentialSubject"]
        url, purpose, encoded = credential["id"], subject["statusPurpose"], subject["encodedList"]
        valid_from, valid_until = (
            datetime.fromisoformat(credential[at]) for at in ("validFrom", "validUntil")
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Refused("status_list.malformed") from error
    if not all(isinstance(text, str) for text in (url, purpose, encoded)):
        raise Refused("status_list.malformed")
    if valid_from.tzinfo is None or valid_until.tzinfo is None:
        raise Refused("status_list.malformed")
    return StatusList(url, purpose, decode(encoded), valid_until, valid_from)


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
