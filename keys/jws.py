"""JWS in compact form (RFC 7515, section 3.1) with EdDSA over Ed25519 (RFC 8037) and ES256 (RFC 7518).

Algorithms stand in one list, and the key decides which of them it may be: what a header claims never chooses how a
signature is checked. Written as ``EdDSA``, which every library knows; ``Ed25519`` (RFC 9864), the new name of the
same, is read too.

The type in the header (``typ``) is part of what is asked for (RFC 8725, section 3.11), so that a token made for one
purpose does not pass as another.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from keys.errors import Refused
from keys.pair import SIGNATURE_BYTES, Algorithm, PrivateKey, PublicKey
from keys.strict_json import JsonObject, loads

MAX_CHARACTERS = 65_536
"""A certificate as JWT has 4,000; sixteen times that is no token."""
COORDINATE_BYTES = 32
"""Of Ed25519 and P-256: a public key's x and y."""

_READ = {"EdDSA": Algorithm.ED25519, "Ed25519": Algorithm.ED25519, "ES256": Algorithm.P256}
_WRITTEN = {Algorithm.ED25519: "EdDSA", Algorithm.P256: "ES256"}
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")
_UNDERSTOOD_NOWHERE = {"crit", "b64", "zip", "enc"}
"""Members that change how the token is to be read."""


@dataclass(frozen=True)
class Jws:
    """A well-formed token, not yet verified."""

    header: Mapping[str, Any]
    payload: bytes
    signed: bytes
    signature: bytes
    algorithm: Algorithm


def algorithm_name(algorithm: Algorithm) -> str:
    """The ``alg`` that a key of this kind signs with."""
    return _WRITTEN[algorithm]


def encode_base64url(data: bytes) -> str:
    """Base64url without padding."""
    return _encode(data).decode("ascii")


def decode_base64url(text: str) -> bytes:
    """The bytes; Refused ``jws.malformed`` for padding, foreign characters, or bits that nobody reads."""
    if not _BASE64URL.fullmatch(text) or len(text) % 4 == 1:
        raise Refused("jws.malformed")
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encode_base64url(data) != text:
        raise Refused("jws.malformed")
    return data


def write_header(key: PublicKey, **members: Any) -> bytes:
    """The encoded header for tokens of ``key``: ``alg`` and the members given. The same for each of them."""
    return encode_base64url(orjson.dumps({"alg": _WRITTEN[key.algorithm], **members})).encode()


def sign_compact(payload: bytes, *, key: PrivateKey, header: bytes) -> str:
    """The token of ``payload`` under a header of `write_header` for the same key."""
    (token,) = sign_compact_many([payload], key=key, header=header)
    return token.decode("ascii")


def sign_compact_many(payloads: Iterable[bytes], *, key: PrivateKey, header: bytes) -> list[bytes]:
    """The token of each payload, in ASCII, under one header of `write_header` for the same key."""
    signed = [b"%s.%s" % (header, _encode(payload)) for payload in payloads]
    signatures = key.sign_many(signed)
    return [b"%s.%s" % (text, _encode(value)) for text, value in zip(signed, signatures, strict=True)]


def _encode(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


def read_compact(text: str) -> Jws:
    """The parts of a token. Nothing is verified.

    Refused ``jws.too_large``, ``jws.malformed``, ``jws.algorithm`` (not of the list), ``json.*`` (header).
    """
    if len(text) > MAX_CHARACTERS:
        raise Refused("jws.too_large", limit=MAX_CHARACTERS)
    parts = text.split(".")
    if len(parts) != 3:
        raise Refused("jws.malformed")
    head, payload, signature = map(decode_base64url, parts)
    header = read_object(head)
    if _UNDERSTOOD_NOWHERE & header.keys() or len(signature) != SIGNATURE_BYTES:
        raise Refused("jws.malformed")
    algorithm = _READ.get(str(header.get("alg")))
    if algorithm is None:
        raise Refused("jws.algorithm")
    return Jws(header, payload, f"{parts[0]}.{parts[1]}".encode(), signature, algorithm)


def check_type(token: Jws, typ: str) -> None:
    """Refused ``jws.type`` unless the header says ``typ``; ``application/`` may stand before it (RFC 7515, 4.1.9)."""
    found = token.header.get("typ")
    if not isinstance(found, str) or found.lower().removeprefix("application/") != typ:
        raise Refused("jws.type")


def verify_compact(token: Jws, public: PublicKey) -> bytes:
    """The payload that ``public`` signed; Refused ``jws.algorithm`` (not that key's), ``jws.signature``."""
    if token.algorithm is not public.algorithm:
        raise Refused("jws.algorithm")
    if not public.verify(token.signature, token.signed):
        raise Refused("jws.signature")
    return token.payload


def read_object(data: bytes) -> JsonObject:
    """Header or payload as an object; Refused ``jws.malformed``, ``json.*``."""
    value = loads(data)
    if not isinstance(value, dict):
        raise Refused("jws.malformed")
    return value


def read_jwk(jwk: object) -> PublicKey:
    """The public key of a JWK: OKP Ed25519 (RFC 8037) or EC P-256 (RFC 7518, section 6.2).

    Refused ``jwk.malformed``, also where the private part came along: such a key is nobody's any more.
    """
    if not isinstance(jwk, Mapping) or "d" in jwk:
        raise Refused("jwk.malformed")
    kind = (jwk.get("kty"), jwk.get("crv"))
    try:
        if kind == ("OKP", "Ed25519"):
            return PublicKey(Algorithm.ED25519, _coordinate(jwk, "x"))
        if kind == ("EC", "P-256"):
            return _point(_coordinate(jwk, "x"), _coordinate(jwk, "y"))
    except Refused:
        raise Refused("jwk.malformed") from None
    raise Refused("jwk.malformed")


def _point(x: bytes, y: bytes) -> PublicKey:
    public = PublicKey(Algorithm.P256, bytes([2 + (y[-1] & 1)]) + x)
    if public.jwk()["y"] != encode_base64url(y):  # the other point of this x, or none
        raise Refused("jwk.malformed")
    return public


def _coordinate(jwk: Mapping[Any, Any], name: str) -> bytes:
    text = jwk.get(name)
    data = decode_base64url(text) if isinstance(text, str) else b""
    if len(data) != COORDINATE_BYTES:
        raise Refused("jwk.malformed")
    return data
