"""Key pairs: Ed25519 (RFC 8032) and ECDSA over P-256 with SHA-256 (FIPS 186-5).

The ``cryptography`` objects are made once per key, so that signing and verifying cost the primitive.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NoReturn, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from keys.errors import Refused
from keys.multikey import Algorithm, decode_multikey, encode_multikey

__all__ = ["Algorithm", "PrivateKey", "PublicKey"]

SIGNATURE_BYTES = 64
"""Both algorithms: R and S, or r and s, of 32 bytes each."""
LOADED_KEYS = 4_096
"""Loaded public keys kept in memory: more than the keys of all assessors in use at a time."""

_CURVE = ec.SECP256R1()
# Verifying ignores the flag; signing takes its nonce from the message (RFC 6979), so a weak source of
# random numbers cannot give the key away.
_ECDSA = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
_Loaded: TypeAlias = ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey

# Curve25519 in Edwards form, RFC 8032 section 5.1.
_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P


@dataclass(frozen=True)
class PublicKey:
    """A valid public key: ``raw`` is 32 bytes (Ed25519) or a 33-byte compressed point (P-256).

    Refused ``key.malformed`` for a wrong length, a point off the curve, or one of small order.
    """

    algorithm: Algorithm
    raw: bytes

    def __post_init__(self) -> None:
        _load(self.algorithm, self.raw)

    @classmethod
    def from_multikey(cls, text: str) -> PublicKey:
        """The key of a ``publicKeyMultibase``; Refused ``key.malformed``."""
        return cls(*decode_multikey(text))

    @cached_property
    def multikey(self) -> str:
        """Multikey ``publicKeyMultibase``: ``z6Mk...`` or ``zDna...``."""
        return encode_multikey(self.algorithm, self.raw)

    @cached_property
    def _loaded(self) -> _Loaded:
        return _load(self.algorithm, self.raw)

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Whether ``signature`` (64 bytes: Ed25519, or r and s of ECDSA) is this key's over ``message``."""
        if len(signature) != SIGNATURE_BYTES:
            return False
        try:
            if isinstance(self._loaded, ed25519.Ed25519PublicKey):
                self._loaded.verify(signature, message)
            else:
                self._loaded.verify(_to_der(signature), message, _ECDSA)
        except InvalidSignature:
            return False
        return True

    def jwk(self) -> dict[str, str]:
        """Public JSON Web Key: OKP (RFC 8037) or EC (RFC 7518 section 6.2)."""
        if isinstance(self._loaded, ed25519.Ed25519PublicKey):
            return {"kty": "OKP", "crv": self.algorithm.value, "x": _base64url(self.raw)}
        point = self._loaded.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        x, y = _base64url(point[1:33]), _base64url(point[33:])
        return {"kty": "EC", "crv": self.algorithm.value, "x": x, "y": y}


class PrivateKey:
    """A private key. Neither ``repr`` nor pickle shows it; ``to_bytes`` is for the vault alone."""

    __slots__ = ("_key", "public")

    def __init__(self, key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> None:
        self._key = key
        self.public = _public_of(key)

    @classmethod
    def generate(cls, algorithm: Algorithm) -> PrivateKey:
        """A new key from the system's random numbers."""
        if algorithm is Algorithm.ED25519:
            return cls(ed25519.Ed25519PrivateKey.generate())
        return cls(ec.generate_private_key(_CURVE))

    @classmethod
    def from_bytes(cls, algorithm: Algorithm, data: bytes) -> PrivateKey:
        """The key of a 32-byte seed (Ed25519) or big-endian scalar (P-256); Refused ``key.malformed``."""
        if len(data) != 32:
            raise Refused("key.malformed")
        if algorithm is Algorithm.ED25519:
            return cls(ed25519.Ed25519PrivateKey.from_private_bytes(data))
        try:
            return cls(ec.derive_private_key(int.from_bytes(data, "big"), _CURVE))
        except ValueError:
            raise Refused("key.malformed") from None

    def to_bytes(self) -> bytes:
        """The 32 bytes that ``from_bytes`` takes."""
        if isinstance(self._key, ed25519.Ed25519PrivateKey):
            return self._key.private_bytes_raw()
        return self._key.private_numbers().private_value.to_bytes(32, "big")

    def sign(self, message: bytes) -> bytes:
        """64 bytes: Ed25519, or r and s of ECDSA P-256 with SHA-256. The same message, the same bytes."""
        if isinstance(self._key, ed25519.Ed25519PrivateKey):
            return self._key.sign(message)
        r, s = decode_dss_signature(self._key.sign(message, _ECDSA))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def sign_many(self, messages: Iterable[bytes]) -> list[bytes]:
        """The signature of each, side by side: one among other work takes half as long again (colder caches)."""
        return list(map(self.sign, messages))

    def __repr__(self) -> str:
        return "<PrivateKey>"

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError("a private key leaves memory only through the vault")


def _public_of(key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> PublicKey:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return PublicKey(Algorithm.ED25519, key.public_key().public_bytes_raw())
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    return PublicKey(Algorithm.P256, point)


@lru_cache(LOADED_KEYS)
def _load(algorithm: Algorithm, raw: bytes) -> _Loaded:
    if algorithm is Algorithm.ED25519:
        if not _is_strong_edwards_point(raw):
            raise Refused("key.malformed")
        return ed25519.Ed25519PublicKey.from_public_bytes(raw)
    if len(raw) != 33:
        raise Refused("key.malformed")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, raw)
    except ValueError:
        raise Refused("key.malformed") from None


def _is_strong_edwards_point(raw: bytes) -> bool:
    """On the curve, encoded canonically (RFC 8032 section 5.1.3), and not of small order.

    OpenSSL takes any 32 bytes; under a key of small order one signature fits many messages.
    Of small order are the points whose fourfold is the identity or has y = -1 (then the eightfold is).
    """
    y = int.from_bytes(raw, "little") & (2**255 - 1)
    if len(raw) != 32 or y >= _P:
        return False
    x_squared = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    on_curve = x_squared != 0 and pow(x_squared, (_P - 1) // 2, _P) == 1
    return on_curve and _double_y(_double_y(y)) not in {1, _P - 1}


def _double_y(y: int) -> int:
    """The y of twice a point: (y^2 + x^2) / (1 - d x^2 y^2), with x^2 taken from the curve's equation."""
    y_squared = y * y % _P
    x_squared = (y_squared - 1) * pow(_D * y_squared + 1, -1, _P) % _P
    return (y_squared + x_squared) * pow(1 - _D * x_squared * y_squared, -1, _P) % _P


def _to_der(signature: bytes) -> bytes:
    half = SIGNATURE_BYTES // 2
    r, s = int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
    return encode_dss_signature(r, s)


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
