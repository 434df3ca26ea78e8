"""A key whose private part is elsewhere: it takes down what would have to be signed, and the signature comes later."""

from __future__ import annotations

from keys.pair import SIGNATURE_BYTES, PrivateKey, PublicKey

PLACEHOLDER = bytes(SIGNATURE_BYTES)
"""Stands where the signature will stand; no key's signature over anything, and never sent out."""


class AbsentKey(PrivateKey):
    """Stands in for the private key of ``public`` where a document is laid out. ``asked``: the bytes to sign."""

    __slots__ = ("asked",)

    def __init__(self, public: PublicKey) -> None:
        self.public = public
        self.asked = b""

    def sign(self, message: bytes) -> bytes:
        """Takes ``message`` down and gives the placeholder."""
        self.asked = message
        return PLACEHOLDER

    def to_bytes(self) -> bytes:
        """There is nothing to give."""
        raise TypeError("the private part is elsewhere")
