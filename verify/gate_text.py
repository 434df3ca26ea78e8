"""The text of a QR: ``https://HOST/v/CODE#PAYLOAD``. Pure.

PAYLOAD is decimal: the digit of the format's version, then the number that the message's bytes are, big-endian. A QR
packs three digits into ten bits, so that a byte costs 8.03 bits; base64url in byte mode takes 10.7. The message is a
tagged COSE_Sign1 and begins with the byte 0xD2, so no leading zero is lost. See ``docs/qr-format.md``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from keys.errors import Refused

VERSION = "1"
MAX_TEXT = 1_000  # characters: the longest host name has 253, a version 12 code holds 695 digits
MAX_DIGITS = 640  # Python converts so many under every setting of its own limit (sys.set_int_max_str_digits)
CODE_CHARACTERS = 22  # 128 bits as base64url

_TEXT = re.compile(r"((https?://[A-Za-z0-9.:\[\]-]{1,261})/v/([A-Za-z0-9_-]{22}))#([0-9]+)")
_PAGE = re.compile(r"(https?://[A-Za-z0-9.:\[\]-]{1,261})/v/([A-Za-z0-9_-]{22})(#.*)?", re.DOTALL)

# ISO/IEC 18004: table 7 (290 data codewords in version 12-M), table 3 (counts of 16 and 12 bits in versions 10 to 26)
VERSION_12_M_BITS = 290 * 8
_BYTE_HEADER = 4 + 16
_NUMERIC_HEADER = 4 + 12


@dataclass(frozen=True)
class GateText:
    """The parts of a text, not yet verified. ``url`` is everything before the ``#``."""

    url: str
    origin: str
    code: str
    message: bytes


def write_text(url: str, message: bytes) -> str:
    """The text of a signed message that stands behind ``url``."""
    return f"{url}#{VERSION}{int.from_bytes(message)}"


def read_text(text: str) -> GateText:
    """The parts of ``text``.

    Refused ``qr.too_long``, ``qr.foreign`` (not the address of a certificate), ``qr.no_payload``, ``qr.version``,
    ``qr.digits``.
    """
    if len(text) > MAX_TEXT:
        raise Refused("qr.too_long", limit=MAX_TEXT)
    text = text.strip()
    page = _PAGE.fullmatch(text)
    if not page:
        raise Refused("qr.foreign")
    if not page.group(3):
        raise Refused("qr.no_payload")
    found = _TEXT.fullmatch(text)
    if not found:
        raise Refused("qr.digits")
    url, origin, code, payload = found.groups()
    return GateText(url, origin, code, _read_payload(payload))


def fits_version_12(text: str) -> bool:
    """Whether ``text``, address in byte mode and payload in numeric mode, fits a QR of version 12 at level M."""
    address, _, digits = text.partition("#")
    numeric = len(digits) // 3 * 10 + (0, 4, 7)[len(digits) % 3]
    return _BYTE_HEADER + 8 * (len(address) + 1) + _NUMERIC_HEADER + numeric <= VERSION_12_M_BITS


def _read_payload(payload: str) -> bytes:
    if payload[0] != VERSION:
        raise Refused("qr.version", known=VERSION)
    digits = payload[1:]
    if not digits or digits[0] == "0" or len(digits) > MAX_DIGITS:
        raise Refused("qr.digits")
    number = int(digits)
    return number.to_bytes((number.bit_length() + 7) // 8)
