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
_TEN_DIGITS = len(_PAIRS) ** 5
"""Fits 60 bits: what is left of a division is a small number."""

_CODECS = {Algorithm.ED25519: b"\xed\x01", Algorithm.P256: b"\x80\x24"}
_LENGTHS = {Algorithm.ED25519: 32, Algorithm.P256: 33}


def encode_base58btc(data: bytes) -> str:
    """Multibase text of ``data``: ``z`` and base58 (Bitcoin alphabet).

    Ten digits a division, where the library takes one: a signature is written for every certificate.
    """
    number, groups = int.from_bytes(data, "big"), []
    while number:
        number, rest = divmod(number, _TEN_DIGITS)
        pairs = []
        for _ in range(5):
            rest, pair = divmod(rest, len(_PAIRS))
            pairs.append(_PAIRS[pair])
        groups.append("".join(reversed(pairs)))
    zeros = len(data) - len(data.lstrip(b"\0"))
    return "z" + "1" * zeros + "".join(reversed(groups)).lstrip("1")


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
