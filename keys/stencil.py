"""Signing many documents that differ in a few texts: canonicalized once, then filled in.

A text inside a JCS document (RFC 8785) is written the same wherever it stands, and members are ordered by their names
alone. So a document whose varying texts are marks is canonicalized once, cut at the marks, and the pieces are joined
around the escaped texts. `canonicalize` and `keys.proof.sign` stay the truth: every stencil is cut from what they made,
and a property test compares its bytes with theirs.
"""

from __future__ import annotations

import json.encoder
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple, cast

from keys.errors import Refused
from keys.jcs import canonicalize
from keys.multikey import Algorithm, encode_base58btc
from keys.pair import PrivateKey
from keys.proof import sign

# An opening and a closing quotation mark stand around the text. (The C version; the RFC asks for the same escapes.)
_QUOTE = cast("Any", json.encoder.encode_basestring)
SOMETIME = datetime(2026, 1, 1, tzinfo=UTC)
_CREATED, _VALUE = "created", "proofValue"
KEPT_TIMES = 16  # a whole chunk of a batch is signed at one moment


@dataclass(frozen=True)
class Marks:
    """Texts that stand for what varies: random, so that no document holds one by chance or by design."""

    _token: str = field(default_factory=lambda: secrets.token_hex(16))

    def __call__(self, name: str) -> str:
        """The mark of the hole ``name``, made of letters and digits."""
        return f"<{self._token}:{name}>"

    def cut(self, text: str) -> list[str]:
        """``text`` cut at its marks: pieces at even places, names of holes at odd ones."""
        return re.split(f"<{self._token}:([A-Za-z]+)>", text)


class Stencil:
    """The canonical bytes of ``document``, whose marks are filled with texts."""

    def __init__(self, document: object, marks: Marks) -> None:
        parts = marks.cut(canonicalize(document).decode())
        self._template = b"%s".join(part.encode().replace(b"%", b"%%") for part in parts[::2])
        self._names = parts[1::2]

    def fill(self, texts: Mapping[str, bytes]) -> bytes:
        """The document with ``texts`` (already escaped, UTF-8) in its holes."""
        return self._template % tuple(map(texts.__getitem__, self._names))


class SigningStencil:
    """Signed documents (Data Integrity, one proof) that differ from ``document`` in what its marks stand for."""

    def __init__(
        self, document: Mapping[str, object], marks: Marks, *, algorithm: Algorithm, verification_method: str
    ) -> None:
        key = PrivateKey.generate(algorithm)  # for the shape only; its signature is thrown away
        signed = sign(document, key=key, verification_method=verification_method, created=SOMETIME)
        (proof,) = cast("list[dict[str, Any]]", signed["proof"])
        proof |= {_CREATED: marks(_CREATED), _VALUE: marks(_VALUE)}
        self._signed = Stencil(signed, marks)
        self._options = Stencil({name: proof[name] for name in proof if name != _VALUE}, marks)
        self._unsecured = Stencil(document, marks)

    def fill(self, texts: Mapping[str, str], *, created: datetime) -> Filled:
        """The document with ``texts`` in its holes, to be signed. Refused ``json.lone_surrogate``."""
        try:
            filled = {name: _QUOTE(text)[1:-1].encode() for name, text in texts.items()}
        except UnicodeEncodeError:
            raise Refused("json.lone_surrogate") from None
        filled[_CREATED] = _write_time(created)
        message = sha256(self._options.fill(filled)).digest() + sha256(self._unsecured.fill(filled)).digest()
        return Filled(self._signed, filled, message)


class Filled(NamedTuple):
    """A document to be signed: ``message`` is what the key signs."""

    signed: Stencil
    texts: dict[str, bytes]
    message: bytes


def sign_filled(filled: Sequence[Filled], key: PrivateKey) -> list[bytes]:
    """The canonical bytes of each signed document."""
    values = [encode_base58btc(value).encode() for value in key.sign_many([one.message for one in filled])]
    return [one.signed.fill(one.texts | {_VALUE: value}) for one, value in zip(filled, values, strict=True)]


@lru_cache(KEPT_TIMES)
def _write_time(moment: datetime) -> bytes:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
