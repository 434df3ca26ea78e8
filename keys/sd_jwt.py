"""SD-JWT (RFC 9901): a signed token whose claims can be shown one by one. Pure.

The issuer signs digests; each claim travels beside the token as a disclosure ``[salt, name, value]``. Who holds the
token takes disclosures away and passes the rest on: what is shown is proved, what is hidden is 128 bits of salt away
from being guessed. A key binding token (``kb+jwt``) proves that the presenter holds the key of ``cnf``.

What is issued here is flat and padded with decoys (section 4.2.5), so that the number of digests tells nothing. What
is read may nest and have array elements, as the RFC says (section 7.1), within limits.
"""

from __future__ import annotations

import os
from binascii import b2a_base64
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from itertools import chain, islice
from typing import Any, NamedTuple, TypeAlias

import orjson

from keys.errors import Refused
from keys.jws import (
    MAX_CHARACTERS,
    Jws,
    check_type,
    decode_base64url,
    read_compact,
    read_jwk,
    read_object,
    sign_compact,
    sign_compact_many,
    verify_compact,
    write_header,
)
from keys.pair import PrivateKey, PublicKey
from keys.strict_json import JsonObject, JsonValue, loads

SALT_CHARACTERS = 22
"""Of base64url: 132 random bits, over the 128 of RFC 9901, section 9.3."""
DRAWN_BYTES, DRAWN_CHARACTERS = 18, 24
"""Drawn for a salt: whole groups of base64, so that all salts are cut from one text."""
HEAD_CHARACTERS = 32
"""Of a disclosure in base64url, up to the end of its salt: 24 bytes, whole groups. The rest is encoded on its own."""
DIGEST_CHARACTERS, CUT_CHARACTERS = 43, 44
"""Of a digest in base64url; with a zero byte behind it one more, whole groups."""
MAX_DISCLOSURES = 64
"""A certificate has fifteen; a reader's work grows with each."""
MAX_NESTING = 16
"""Disclosures inside disclosures: every walk stays far from the interpreter's limit."""
HASH = "sha-256"
BINDING_TYPE = "kb+jwt"
RESERVED = frozenset({"_sd", "_sd_alg", "..."})

_TO_URL = bytes.maketrans(b"+/", b"-_")

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


class Hideable(NamedTuple):
    """A claim that can be shown alone. ``tail`` is its disclosure in base64url from the end of the salt on."""

    name: str
    tail: bytes


Claims: TypeAlias = tuple[Mapping[str, Any], Sequence[Hideable]]
"""Of one token: what stands in the open, and what can be shown alone."""


def hide(name: str, value: object) -> Hideable:
    """The claim ``name`` with a JSON value: worth keeping where many tokens have the same."""
    return Hideable(name, _encode(b'",' + orjson.dumps((name, value))[1:]))


class Prepared(NamedTuple):
    """A token to be signed: its payload, and the disclosures that travel beside it."""

    payload: bytes
    disclosures: list[bytes]


def prepare_many(tokens: Sequence[Claims], *, digests: int = 0) -> list[Prepared]:
    """Each token with its claims in the open and what is hideable as disclosures, in the order given.

    ``digests`` is how many a token carries at least: decoys fill them up. Salts are drawn, and texts encoded, for all
    at once. Refused ``sd_jwt.name`` (a reserved name, one that is there twice, or one that stands in the open too).
    """
    heads = iter(_heads(sum(max(digests, len(hideable)) for _, hideable in tokens)))
    texts = [_write_disclosures(one, list(islice(heads, max(digests, len(one[1]))))) for one in tokens]
    listed = iter(_digests(chain.from_iterable(texts)))
    return [
        # sorted: the order of the claims is not to be seen
        Prepared(
            orjson.dumps({"_sd": sorted(islice(listed, len(of_one))), **claims, "_sd_alg": HASH}),
            of_one[: len(hideable)],
        )
        for (claims, hideable), of_one in zip(tokens, texts, strict=True)
    ]


def _write_disclosures(token: Claims, heads: list[bytes]) -> list[bytes]:
    """The disclosures of a token, and behind them what its decoys are digests of: the heads that are left over."""
    claims, hideable = token
    names = {one.name for one in hideable}
    if len(names) < len(hideable) or RESERVED & names or RESERVED & claims.keys() or claims.keys() & names:
        raise Refused("sd_jwt.name")
    return [head + one.tail for head, one in zip(heads, hideable, strict=False)] + heads[len(hideable) :]


def issue_many(prepared: Sequence[Prepared], *, key: PrivateKey, header: bytes) -> list[bytes]:
    """The SD-JWT of each with all its disclosures, in ASCII; ``header`` is of `keys.jws.write_header`."""
    tokens = sign_compact_many([one.payload for one in prepared], key=key, header=header)
    return [b"~".join([token, *one.disclosures, b""]) for token, one in zip(tokens, prepared, strict=True)]


def issue(
    claims: Mapping[str, Any],
    hideable: Sequence[Hideable],
    *,
    key: PrivateKey,
    header: bytes,
    digests: int = 0,
) -> str:
    """One SD-JWT, as `prepare_many` and `issue_many` make them. Refused as there."""
    (token,) = issue_many(prepare_many([(claims, hideable)], digests=digests), key=key, header=header)
    return token.decode("ascii")


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


def _heads(count: int) -> list[bytes]:
    """So many beginnings of disclosures, each with a salt of its own, from one system call."""
    drawn = b2a_base64(os.urandom(DRAWN_BYTES * count), newline=False).translate(_TO_URL)
    starts = range(0, len(drawn), DRAWN_CHARACTERS)
    text = _encode(b"".join([b'["' + drawn[start : start + SALT_CHARACTERS] for start in starts]))
    return [text[start : start + HEAD_CHARACTERS] for start in range(0, len(text), HEAD_CHARACTERS)]


def _digests(texts: Iterable[bytes]) -> list[Digest]:
    """The digest of each text; encoded all at once."""
    text = _encode(b"".join([sha256(text).digest() + b"\0" for text in texts])).decode("ascii")
    return [text[start : start + DIGEST_CHARACTERS] for start in range(0, len(text), CUT_CHARACTERS)]


def _digest(data: bytes) -> Digest:
    return _encode(sha256(data).digest()).decode("ascii")


def _encode(data: bytes) -> bytes:
    return b2a_base64(data, newline=False).translate(_TO_URL, b"=")
