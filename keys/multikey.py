"""Multibase base58btc and Multikey (W3C Controlled Identifiers 1.0, sections 2.2.2 and 2.4)."""

from __future__ import annotations

import re
from enum import StrEnum

import base58

from keys.errors import Refused

MAX_CHARACTERS = 128
"""A 64-byte signature takes 89; base58 costs the square of its length."""

_BASE58BTC = re.compile(r"z[1-9A-HJ-NP-Za-km-z]+")


class Algorithm(StrEnum):
    """Kinds of key pair. The value is also the JWK ``crv``."""

    ED25519 = "Ed25519"
    P256 = "P-256"


_ALPHABET = base58.BITCOIN_ALPHABET.decode()
_PAIRS = tuple(a + b for a in _ALPHABET for b in _ALPHABET)
_TWO, _FOUR, _EIGHT = len(_PAIRS), len(_PAIRS) ** 2, len(_PAIRS) ** 4
"""58 to the power of so many digits. Eight fit 47 bits: what is left of a division is a small number."""

_CODECS = {Algorithm.ED25519: b"\xed\x01", Algorithm.P256: b"\x80\x24"}
_LENGTHS = {Algorithm.ED25519: 32, Algorithm.P256: 33}


def encode_base58btc(data: bytes) -> str:
    """Multibase text of ``data``: ``z`` and base58 (Bitcoin alphabet).

    Eight digits a division of the long number, where the library takes one: a signature is written for every
    certificate.
    """
    number = int.from_bytes(data, "big")
    pairs: list[str] = []
    while number:
        number, rest = divmod(number, _EIGHT)
        high, low = rest // _FOUR, rest % _FOUR
        pairs += (_PAIRS[low % _TWO], _PAIRS[low // _TWO], _PAIRS[high % _TWO], _PAIRS[high // _TWO])
    zeros = len(data) - len(data.lstrip(b"\0"))
    return "z" + "1" * zeros + "".join(pairs[::-1]).lstrip("1")


def decode_base58btc(text: str) -> bytes:
    """The bytes of multibase ``text``; Refused ``multibase.malformed``.

    The library would strip white space; here a text has exactly one reading.
    """
    if len(text) > MAX_CHARACTERS or not _BASE58BTC.fullmatch(text):
        raise Refused("multibase.malformed")
    return base58.b58decode(text[1:])


def encode_multikey(algorithm: Algorithm, raw: bytes) -> str:
    """``publicKeyMultibase`` of a raw public key (32 bytes, or a 33-byte compressed point)."""
    return encode_base58btc(_CODECS[algorithm] + raw)


def decode_multikey(text: str) -> tuple[Algorithm, bytes]:
    """Algorithm and raw key of a ``publicKeyMultibase``; Refused ``key.malformed``."""
    try:
        data = decode_base58btc(text)
    except Refused:
        raise Refused("key.malformed") from None
    for algorithm, codec in _CODECS.items():
        if data.startswith(codec) and len(data) == len(codec) + _LENGTHS[algorithm]:
            return algorithm, data[len(codec) :]
    raise Refused("key.malformed")
