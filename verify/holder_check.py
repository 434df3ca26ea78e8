"""The check value: compares a typed identity number offline without carrying it. Pure.

The value is PBKDF2-HMAC-SHA-256 of the number (RFC 8018), cut so short that many numbers share it: cutting, not the
slow derivation, is what keeps the number secret. ``docs/qr-format.md`` has the arithmetic.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from hmac import compare_digest

ITERATIONS = 200_000  # 0.1 s here: browsers have PBKDF2 in WebCrypto, memory-hard functions they have not
SALT_BYTES = 8  # no two people share one, so that no table serves twice
VALUE_BYTES = 3  # of the derived key; the first BITS of them count

BITS = {
    "resident_id": 20,  # about 2^24 numbers fit a mask: 16 are left
    "residence_permit_hmt": 12,  # three prefixes only, 2^17 numbers
    "foreign_permanent_resident": 12,
    "hmt_travel_permit": 8,  # 2^13: four digits are hidden
    "passport": 8,
}
"""How many bits a document's check value has: at least 4 fewer than its mask leaves open."""


@dataclass(frozen=True)
class CheckValue:
    """A salt of 8 bytes and the value, below ``2 ** BITS[id_type]``."""

    salt: bytes
    value: int

    def fits(self, id_type: str, id_number: str) -> bool:
        """Whether ``id_number``, in the form that ``registry.identity`` gives, may be the holder's.

        True for the holder's own number, and for one in ``2 ** BITS[id_type]`` others.
        """
        own = make_check_value(id_type, id_number, salt=self.salt).value
        return compare_digest(own.to_bytes(VALUE_BYTES), self.value.to_bytes(VALUE_BYTES))


def make_check_value(id_type: str, id_number: str, *, salt: bytes) -> CheckValue:
    """The check value of ``id_number``, in the form that ``registry.identity`` gives; takes about 0.1 s."""
    derived = hashlib.pbkdf2_hmac("sha256", id_number.encode(), salt, ITERATIONS, VALUE_BYTES)
    return CheckValue(salt, int.from_bytes(derived) >> (8 * VALUE_BYTES - BITS[id_type]))
