"""Secrets at rest under one master key: sealing (AES-256-GCM), keyed digests (HMAC-SHA-256), subkeys (HKDF).

Layout of a sealed secret: version byte 1, 12-byte nonce, ciphertext, 16-byte tag.
"""

from __future__ import annotations

import os
import stat
from base64 import b64decode, urlsafe_b64encode
from pathlib import Path
from typing import NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from keys.errors import Refused

MASTER_KEY_BYTES = 32
NONCE_BYTES = 12
"""NIST SP 800-38D: 96 random bits are good for 2^32 sealings under one key."""
MAX_MASTER_KEY_FILE = 1_024
"""The file holds 44 characters and a line end."""
_VERSION = b"\x01"
_TAG_BYTES = 16


class Vault:
    """Seals and opens with keys derived from ``master`` (32 bytes, else ``vault.master_key_length``)."""

    def __init__(self, master: bytes) -> None:
        if len(master) != MASTER_KEY_BYTES:
            raise Refused("vault.master_key_length")
        self._master = master
        self._begun: dict[str, HMAC] = {}
        self._sealer = AESGCM(self._expand(b"seal", 32))

    def seal(self, plaintext: bytes, *, context: str) -> bytes:
        """``plaintext``, sealed to open only with the same ``context`` (its owner's id, say)."""
        nonce = os.urandom(NONCE_BYTES)
        return _VERSION + nonce + self._sealer.encrypt(nonce, plaintext, _VERSION + context.encode())

    def open(self, sealed: bytes, *, context: str) -> bytes:
        """What was sealed; Refused ``vault.cannot_open`` for another key, another context, a changed byte."""
        start = len(_VERSION) + NONCE_BYTES
        if not sealed.startswith(_VERSION) or len(sealed) < start + _TAG_BYTES:
            raise Refused("vault.cannot_open")
        nonce = sealed[len(_VERSION) : start]
        try:
            return self._sealer.decrypt(nonce, sealed[start:], _VERSION + context.encode())
        except InvalidTag:
            raise Refused("vault.cannot_open") from None

    def digest(self, data: bytes, *, purpose: str) -> bytes:
        """32 bytes that name ``data`` to holders of the master key only: an index over a secret value."""
        begun = self._begun.get(purpose)
        if begun is None:
            # Purposes are words in the code, so this holds a handful. Copies spare the key schedule of each digest.
            key = self._expand(b"digest:" + purpose.encode(), 32)
            begun = self._begun[purpose] = HMAC(key, SHA256())
        copy = begun.copy()
        copy.update(data)
        return copy.finalize()

    def derive(self, purpose: str, length: int = 32) -> bytes:
        """``length`` bytes (at most 8,160) for ``purpose``, the same at every start: a session key, say."""
        return self._expand(b"derive:" + purpose.encode(), length)

    def _expand(self, info: bytes, length: int) -> bytes:
        # No salt: the master key is uniformly random (RFC 5869 section 3.1).
        return HKDF(SHA256(), length, salt=None, info=b"skills-registry/1/" + info).derive(self._master)

    def __repr__(self) -> str:
        return "<Vault>"

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError("a vault stays in the memory of its process")


def create_master_key(path: Path | str) -> None:
    """Write a new master key, 32 random bytes as base64url, to a new file that only its owner can read.

    Refused ``vault.master_key_exists``: a master key is never overwritten, what it sealed would be lost.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Refused("vault.master_key_exists") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(urlsafe_b64encode(os.urandom(MASTER_KEY_BYTES)) + b"\n")
        file.flush()
        os.fsync(file.fileno())


def read_master_key(path: Path | str) -> bytes:
    """The 32 bytes of the key file at ``path``.

    Refused ``vault.master_key_missing``, ``vault.master_key_exposed`` (group or others have any right),
    ``vault.master_key_malformed`` (no base64url), ``vault.master_key_length``.
    """
    try:
        with Path(path).open("rb") as file:
            if os.fstat(file.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise Refused("vault.master_key_exposed")
            text = file.read(MAX_MASTER_KEY_FILE).strip()
    except (FileNotFoundError, IsADirectoryError):
        raise Refused("vault.master_key_missing") from None
    try:
        master = b64decode(text + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise Refused("vault.master_key_malformed") from None
    if len(master) != MASTER_KEY_BYTES:
        raise Refused("vault.master_key_length")
    return master
