"""COSE_Sign1 (RFC 9052, section 4.2) with EdDSA (RFC 9053, section 2.2): bytes in, few bytes out.

The shape is fixed: tag 18 and the array of a protected header, an unprotected header, a payload and
a signature, in deterministic CBOR (RFC 8949, section 4.2.1). ``sign1`` puts the key's name into the
protected header: there it costs the same as in the unprotected one while the header stays below
24 bytes, and it is signed, so that no bit of the message can be changed unseen.

``read1`` rebuilds the message from the parts it understood and demands the same bytes. That refuses,
without a rule for each: trailing bytes, long or indefinite lengths, duplicate or unsorted map keys,
``true`` in the place of 1.

``external_aad`` (RFC 9052, section 4.3) is signed but not carried: what signer and verifier both know
from elsewhere, such as the address that the message stands behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cbor2

from keys.errors import Refused
from keys.pair import SIGNATURE_BYTES, Algorithm, PrivateKey, PublicKey

MAX_COSE_BYTES = 2_048
"""A QR of version 12 at level M holds 287 bytes; seven times that leaves room, and nothing to flood with."""
MAX_KID_BYTES = 128
"""A thumbprint has 32 bytes; a whole DID URL of this registry fits too."""
MAX_NESTING = 3
"""Tag, array, header map: the shape has no deeper place."""

REMEMBERED_HEADERS = 256
"""Messages of one key have one header; more than a list of certificates has keys, and half a megabyte at most."""

MAX_CONTENT_TYPE = 65_535
"""CoAP content formats have 16 bits (RFC 7252 section 12.3)."""

EDDSA = -8
_TAG_SIGN1 = 18
_ALGORITHM, _CRITICAL, _CONTENT_TYPE, _KID = 1, 2, 3, 4
"""RFC 9052 section 3.1."""


@dataclass(frozen=True)
class Sign1:
    """A well-formed message, not yet verified. ``algorithm`` is always ``EDDSA`` (-8).

    ``kid`` names the key; ``content_type`` is a CoAP content format, where the signer gave one.
    """

    kid: bytes
    payload: bytes
    algorithm: int
    content_type: int | None
    protected: bytes
    signature: bytes


def sign1(payload: bytes, *, key: PrivateKey, kid: bytes, external_aad: bytes = b"") -> bytes:
    """``payload`` as a tagged COSE_Sign1 by the Ed25519 ``key`` that verifiers find under ``kid``.

    Refused ``cose.algorithm_mismatch`` (no Ed25519 key), ``cose.kid``, ``cose.too_large``.
    """
    if key.public.algorithm is not Algorithm.ED25519:
        raise Refused("cose.algorithm_mismatch")
    protected = _encode({_ALGORITHM: EDDSA, _KID: _check_kid(kid)})
    signature = key.sign(_to_be_signed(protected, external_aad, payload))
    message = _assemble(protected, {}, payload, signature)
    if len(message) > MAX_COSE_BYTES:
        raise Refused("cose.too_large", limit=MAX_COSE_BYTES)
    return message


def read1(data: bytes) -> Sign1:
    """The parts of a tagged COSE_Sign1. Nothing is verified.

    Refused ``cose.too_large``, ``cose.malformed`` (no CBOR, or another shape), ``cose.critical_header``,
    ``cose.algorithm`` (not EdDSA), ``cose.header`` (one we do not know), ``cose.kid`` (none, two, or too
    long), ``cose.not_deterministic``.
    """
    if len(data) > MAX_COSE_BYTES:
        raise Refused("cose.too_large", limit=MAX_COSE_BYTES)
    protected, unprotected, payload, signature = _read_parts(data)
    kid, content_type = _read_headers(protected, unprotected) if unprotected else _read_alone(protected)
    # What we understood, written again: the same bytes, or the message says something else too.
    if data != _assemble(protected, {_KID: kid} if unprotected else {}, payload, signature):
        raise Refused("cose.not_deterministic")
    return Sign1(kid, payload, EDDSA, content_type, protected, signature)


def verify1(message: Sign1, public: PublicKey, *, external_aad: bytes = b"") -> bytes:
    """The payload that ``public`` signed together with ``external_aad``.

    Refused ``cose.algorithm_mismatch``, ``cose.signature``.
    """
    if public.algorithm is not Algorithm.ED25519 or message.algorithm != EDDSA:
        raise Refused("cose.algorithm_mismatch")
    signed = _to_be_signed(message.protected, external_aad, message.payload)
    if not public.verify(message.signature, signed):
        raise Refused("cose.signature")
    return message.payload


def _read_parts(data: bytes) -> tuple[bytes, dict[object, Any], bytes, bytes]:
    message = _decode(data)
    if type(message) is not cbor2.CBORTag or message.tag != _TAG_SIGN1:
        raise Refused("cose.malformed")
    parts = message.value  # below a tag cbor2 gives a tuple and a frozen map
    if not isinstance(parts, list | tuple) or len(parts) != 4:
        raise Refused("cose.malformed")
    protected, unprotected, payload, signature = parts
    if not isinstance(unprotected, Mapping):
        raise Refused("cose.malformed")
    if not all(type(part) is bytes for part in (protected, payload, signature)):
        raise Refused("cose.malformed")
    if len(signature) != SIGNATURE_BYTES:
        raise Refused("cose.malformed")
    return protected, dict(unprotected), payload, signature


@lru_cache(REMEMBERED_HEADERS)
def _read_alone(protected: bytes) -> tuple[bytes, int | None]:
    return _read_headers(protected, {})


def _read_headers(protected: bytes, unprotected: dict[object, Any]) -> tuple[bytes, int | None]:
    """The key's name and the content type, None where there is none. Refused as `read1` says."""
    header = _decode_map(protected)
    _check_headers(header, unprotected)
    kid = _read_kid(header, unprotected)
    known = {label: header[label] for label in (_CONTENT_TYPE, _KID) if label in header}
    if protected != _encode({_ALGORITHM: EDDSA, **known}):
        raise Refused("cose.not_deterministic")
    return kid, header.get(_CONTENT_TYPE)


def _check_headers(header: dict[object, Any], unprotected: dict[object, Any]) -> None:
    if _CRITICAL in header or _CRITICAL in unprotected:
        raise Refused("cose.critical_header")
    if header.get(_ALGORITHM) != EDDSA:
        raise Refused("cose.algorithm")
    if not header.keys() <= {_ALGORITHM, _CONTENT_TYPE, _KID} or not unprotected.keys() <= {_KID}:
        raise Refused("cose.header")
    content_type = header.get(_CONTENT_TYPE, 0)
    if type(content_type) is not int or not 0 <= content_type <= MAX_CONTENT_TYPE:
        raise Refused("cose.header")


def _read_kid(header: dict[object, Any], unprotected: dict[object, Any]) -> bytes:
    kids = [part[_KID] for part in (header, unprotected) if _KID in part]
    if len(kids) != 1 or type(kids[0]) is not bytes:
        raise Refused("cose.kid")
    return _check_kid(kids[0])


def _check_kid(kid: bytes) -> bytes:
    if not 0 < len(kid) <= MAX_KID_BYTES:
        raise Refused("cose.kid")
    return kid


def _to_be_signed(protected: bytes, external_aad: bytes, payload: bytes) -> bytes:
    """``Sig_structure`` of RFC 9052 section 4.4."""
    return _encode(["Signature1", protected, external_aad, payload])


def _assemble(protected: bytes, unprotected: dict[int, bytes], payload: bytes, signature: bytes) -> bytes:
    return _encode(cbor2.CBORTag(_TAG_SIGN1, [protected, unprotected, payload, signature]))


def _encode(value: object) -> bytes:
    return cbor2.dumps(value, canonical=True)


def _decode(data: bytes) -> object:
    try:
        return cbor2.loads(data, max_depth=MAX_NESTING, allow_indefinite=False, allow_duplicate_keys=False)
    except cbor2.CBORDecodeError:
        raise Refused("cose.malformed") from None


def _decode_map(data: bytes) -> dict[object, Any]:
    """A header; the empty one is written as no bytes at all."""
    header = _decode(data) if data else {}
    if type(header) is not dict:
        raise Refused("cose.malformed")
    return header
