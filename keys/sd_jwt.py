"""SD-JWT (RFC 9901): a signed token whose claims can be shown one by one. Pure.

The issuer signs digests; each claim travels beside the token as a disclosure ``[salt, name, value]``. Who holds the
token takes disclosures away and passes the rest on: what is shown is proved, what is hidden is 128 bits of salt away
from being guessed. A key binding token (``kb+jwt``) proves that the presenter holds the key of ``cnf``.

Tokens are issued in `keys.sd_jwt_issuing`. What is read may nest and have array elements, as the RFC says
(section 7.1), within limits.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any, TypeAlias

import orjson

from keys.errors import Refused
from keys.jws import (
    MAX_CHARACTERS,
    Jws,
    check_type,
    decode_base64url,
    encode_base64url,
    read_compact,
    read_jwk,
    read_object,
    sign_compact,
    verify_compact,
    write_header,
)
from keys.pair import PrivateKey, PublicKey
from keys.strict_json import JsonObject, JsonValue, loads

MAX_DISCLOSURES = 64
"""A certificate has fifteen; a reader's work grows with each."""
MAX_NESTING = 16
"""Disclosures inside disclosures: every walk stays far from the interpreter's limit."""
HASH = "sha-256"
BINDING_TYPE = "kb+jwt"
RESERVED = frozenset({"_sd", "_sd_alg", "..."})

Digest: TypeAlias = str


@dataclass(frozen=True)
class Disclosure:
    """One disclosure as it stands in the text. ``name`` is None for an element of an array."""

    text: str
    name: str | None
    value: JsonValue

    @cached_property
    def digest(self) -> Digest:
        """What the signed token has in its place."""
        return _digest(self.text.encode())


@dataclass(frozen=True)
class SdJwt:
    """A well-formed SD-JWT, not yet verified. ``presented`` is what a key binding token signs a digest of."""

    token: Jws
    disclosures: tuple[Disclosure, ...]
    binding: Jws | None
    presented: str


@dataclass(frozen=True)
class Shown:
    """What a verified SD-JWT says: the claims shown, the names that were disclosed, how many digests stay closed."""

    claims: JsonObject
    disclosed: frozenset[str]
    hidden: int


def select(sd_jwt: SdJwt, names: Container[str]) -> str:
    """The presentation with the disclosures of these names alone, without key binding."""
    kept = [one.text for one in sd_jwt.disclosures if one.name in names]
    return "~".join([issued_token(sd_jwt), *kept, ""])


def issued_token(sd_jwt: SdJwt) -> str:
    """The part that the issuer signed, the same in each presentation."""
    return sd_jwt.presented.partition("~")[0]


def bind(presentation: str, *, key: PrivateKey, audience: str, nonce: str, at: int) -> str:
    """The presentation with a key binding token; ``at`` in seconds since 1970."""
    claims = {"iat": at, "aud": audience, "nonce": nonce, "sd_hash": _digest(presentation.encode())}
    header = write_header(key.public, typ=BINDING_TYPE)
    return presentation + sign_compact(orjson.dumps(claims), key=key, header=header)


def read(text: str) -> SdJwt:
    """The parts of an SD-JWT with or without key binding. Nothing is verified.

    Refused ``jws.*``, ``json.*``, ``sd_jwt.malformed``, ``sd_jwt.too_many``, ``sd_jwt.duplicate``.
    """
    if len(text) > MAX_CHARACTERS:
        raise Refused("jws.too_large", limit=MAX_CHARACTERS)
    if not text.isascii() or "~" not in text:
        raise Refused("sd_jwt.malformed")
    token, *middle, last = text.split("~")
    if len(middle) > MAX_DISCLOSURES:
        raise Refused("sd_jwt.too_many", limit=MAX_DISCLOSURES)
    if len(set(middle)) != len(middle):
        raise Refused("sd_jwt.duplicate")
    return SdJwt(
        token=read_compact(token),
        disclosures=tuple(map(_read_disclosure, middle)),
        binding=read_compact(last) if last else None,
        presented=text[: len(text) - len(last)],
    )


def verify(sd_jwt: SdJwt, public: PublicKey, *, typ: str) -> Shown:
    """What the issuer's key proves (RFC 9901, section 7.1). Key binding is `verify_binding`.

    Refused ``jws.type``, ``jws.algorithm``, ``jws.signature``, ``sd_jwt.hash``, ``sd_jwt.malformed``,
    ``sd_jwt.name`` (reserved, or said twice), ``sd_jwt.duplicate`` (a digest twice), ``sd_jwt.unreferenced``
    (a disclosure that nothing signed stands for), ``sd_jwt.too_deep``.
    """
    check_type(sd_jwt.token, typ)
    payload = read_object(verify_compact(sd_jwt.token, public))
    if payload.pop("_sd_alg", HASH) != HASH:
        raise Refused("sd_jwt.hash")
    return _Opening(sd_jwt.disclosures).open(payload)


def verify_binding(sd_jwt: SdJwt, claims: Mapping[str, Any], check: Callable[[JsonObject], None]) -> None:
    """Check the key binding token by the key of ``cnf`` (RFC 9901, section 7.3).

    ``check`` judges ``aud``, ``nonce`` and ``iat``, which are the verifier's own. Refused ``sd_jwt.not_bound`` (no
    token, or no key to check it by), ``sd_jwt.binding``, ``jwk.malformed``, ``jws.*``.
    """
    confirmed = claims.get("cnf")
    if sd_jwt.binding is None or not isinstance(confirmed, Mapping):
        raise Refused("sd_jwt.not_bound")
    check_type(sd_jwt.binding, BINDING_TYPE)
    bound = read_object(verify_compact(sd_jwt.binding, read_jwk(confirmed.get("jwk"))))
    texts = all(isinstance(bound.get(name), str) for name in ("aud", "nonce"))
    if not texts or type(bound.get("iat")) is not int:
        raise Refused("sd_jwt.binding")
    if bound.get("sd_hash") != _digest(sd_jwt.presented.encode()):
        raise Refused("sd_jwt.binding")
    check(bound)


class _Opening:
    """One walk over a signed payload, putting disclosures where their digests stand."""

    def __init__(self, disclosures: tuple[Disclosure, ...]) -> None:
        self._waiting = {one.digest: one for one in disclosures}
        self._seen: set[Digest] = set()
        self._names: set[str] = set()
        self._hidden = 0

    def open(self, payload: JsonObject) -> Shown:
        claims = self._object(payload, 0)
        if self._waiting:
            raise Refused("sd_jwt.unreferenced")
        return Shown(claims, frozenset(self._names), self._hidden)

    def _value(self, value: JsonValue, depth: int) -> JsonValue:
        if depth > MAX_NESTING:
            raise Refused("sd_jwt.too_deep", limit=MAX_NESTING)
        if isinstance(value, dict):
            return self._object(value, depth)
        return self._array(value, depth) if isinstance(value, list) else value

    def _object(self, members: JsonObject, depth: int) -> JsonObject:
        digests = members.pop("_sd", [])
        if not isinstance(digests, list) or RESERVED & members.keys():
            raise Refused("sd_jwt.malformed")
        opened = {name: self._value(value, depth + 1) for name, value in members.items()}
        for digest in digests:
            found = self._take(digest)
            if found is None:
                continue
            if found.name is None:
                raise Refused("sd_jwt.malformed")
            if found.name in opened or found.name in RESERVED:
                raise Refused("sd_jwt.name")
            self._names.add(found.name)
            opened[found.name] = self._value(found.value, depth + 1)
        return opened

    def _array(self, elements: list[JsonValue], depth: int) -> list[JsonValue]:
        opened: list[JsonValue] = []
        for element in elements:
            if not isinstance(element, dict) or element.keys() != {"..."}:
                opened.append(self._value(element, depth + 1))
                continue
            found = self._take(element["..."])
            if found is None:
                continue
            if found.name is not None:
                raise Refused("sd_jwt.malformed")
            opened.append(self._value(found.value, depth + 1))
        return opened

    def _take(self, digest: JsonValue) -> Disclosure | None:
        """The disclosure of a digest; None where it stays hidden."""
        if not isinstance(digest, str):
            raise Refused("sd_jwt.malformed")
        if digest in self._seen:
            raise Refused("sd_jwt.duplicate")
        self._seen.add(digest)
        found = self._waiting.pop(digest, None)
        self._hidden += found is None
        return found


def _read_disclosure(text: str) -> Disclosure:
    parts = loads(decode_base64url(text))
    if not isinstance(parts, list) or len(parts) not in {2, 3} or not isinstance(parts[0], str):
        raise Refused("sd_jwt.malformed")
    if len(parts) == 2:
        return Disclosure(text, None, parts[1])
    if not isinstance(parts[1], str):
        raise Refused("sd_jwt.malformed")
    return Disclosure(text, parts[1], parts[2])


def _digest(data: bytes) -> Digest:
    return encode_base64url(sha256(data).digest())
