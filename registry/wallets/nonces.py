"""Nonces that need no memory: random, dated and sealed with a keyed hash. Only those used are remembered.

The nonce endpoint is open to everybody (OpenID4VCI 1.0, section 7): what kept a row for each would be filled by
whoever likes.
"""

from __future__ import annotations

import hmac
import os
from datetime import UTC, datetime, timedelta

from keys.errors import Refused
from keys.jws import decode_base64url, encode_base64url
from keys.vault import Vault

LIFE = timedelta(minutes=5)
PURPOSE = "wallet nonce"
_RANDOM, _TIME, _SEAL = 16, 5, 16


def make_nonce(vault: Vault, *, at: datetime) -> str:
    """A new nonce, good for `LIFE`."""
    head = os.urandom(_RANDOM) + int((at + LIFE).timestamp()).to_bytes(_TIME, "big")
    return encode_base64url(head + _seal(vault, head))


def read_nonce(vault: Vault, nonce: str, *, at: datetime) -> datetime | None:
    """Until when a nonce of ours is good; None when it is not ours, or over."""
    try:
        data = decode_base64url(nonce)
    except Refused:
        return None
    head, seal = data[: _RANDOM + _TIME], data[_RANDOM + _TIME :]
    if len(seal) != _SEAL or not hmac.compare_digest(seal, _seal(vault, head)):
        return None
    until = datetime.fromtimestamp(int.from_bytes(head[_RANDOM:], "big"), UTC)
    return until if at < until else None


def _seal(vault: Vault, head: bytes) -> bytes:
    return vault.digest(head, purpose=PURPOSE)[:_SEAL]
