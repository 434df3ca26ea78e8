"""Issuing SD-JWTs (RFC 9901): flat, and padded with decoys (section 4.2.5): the number of digests tells nothing.

Many are made at once: salts are drawn, texts encoded and signatures made for all of them, each step side by side.
"""

from __future__ import annotations

import os
from binascii import b2a_base64
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from itertools import chain, islice
from typing import Any, NamedTuple, TypeAlias

import orjson

from keys.errors import Refused
from keys.jws import sign_compact_many
from keys.pair import PrivateKey
from keys.sd_jwt import HASH, RESERVED, Digest

SALT_CHARACTERS = 22
"""Of base64url: 132 random bits, over the 128 of RFC 9901, section 9.3."""
DRAWN_BYTES, DRAWN_CHARACTERS = 18, 24
"""Drawn for a salt: whole groups of base64, so that all salts are cut from one text."""
HEAD_CHARACTERS = 32
"""Of a disclosure in base64url, up to the end of its salt: 24 bytes, whole groups. The rest is encoded on its own."""
DIGEST_CHARACTERS, CUT_CHARACTERS = 43, 44
"""Of a digest in base64url; with a zero byte behind it one more, whole groups."""
_TO_URL = bytes.maketrans(b"+/", b"-_")


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


def _encode(data: bytes) -> bytes:
    return b2a_base64(data, newline=False).translate(_TO_URL, b"=")
