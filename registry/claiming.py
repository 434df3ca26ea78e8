"""Claim links: by one of them the person a certificate is about comes to a page of their own.

A link is derived from the vault and the certificate's code, so that issuing stores nothing: 40,000 certificates have
40,000 links at no cost. AES-SIV (RFC 5297) hides the code and proves the link at once, and gives the same link each
time. Whoever finds one learns nothing, not even which certificate: the page asks for name and identity number.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from keys.errors import Refused
from keys.vault import Vault

CLAIM_LIFE = timedelta(days=90)
"""From recording. Certificates are handed out weeks after issue (uploads alone are 30 to 90 days late, domain notes
section 9); a link on a lost sheet should not open for ever. Assessor and registrar make a new one at any time."""

PATH = "/claim/"
MAX_TOKEN = 200  # characters; a token of ours has 54
PURPOSE = "claim link"
_KEY_BYTES = 64  # two AES-256 keys, RFC 5297 section 2.2


@dataclass(frozen=True)
class Claim:
    """What a link names: the certificate, and how many links were made for it before (0: the first, at issue)."""

    code: str = field(repr=False)
    generation: int


def claim_link(vault: Vault, origin: str, code: str, generation: int = 0) -> str:
    """The one-time link for the holder of a certificate; the same for the same arguments."""
    return f"{origin}{PATH}{claim_token(vault, code, generation)}"


def claim_token(vault: Vault, code: str, generation: int = 0) -> str:
    """The part of the link that counts: 54 characters of base64url for a code of 22."""
    sealed = _siv(vault).encrypt(f"{generation} {code}".encode(), None)
    return urlsafe_b64encode(sealed).rstrip(b"=").decode()


def read_claim(vault: Vault, token: str) -> Claim:
    """What a token names. Refused ``claim.unknown`` for one that this registry did not make."""
    if len(token) > MAX_TOKEN:
        raise Refused("claim.unknown")
    try:
        sealed = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        generation, _, code = _siv(vault).decrypt(sealed, None).decode().partition(" ")
    except (Error, ValueError, InvalidTag):
        raise Refused("claim.unknown") from None
    if claim_token(vault, code, int(generation)) != token:  # base64 has idle bits at its end
        raise Refused("claim.unknown")
    return Claim(code, int(generation))


def check_age(made_at: datetime, now: datetime) -> None:
    """Refused ``claim.expired`` for a link made longer ago than `CLAIM_LIFE`."""
    if now >= made_at + CLAIM_LIFE:
        raise Refused("claim.expired", days=CLAIM_LIFE.days)


def _siv(vault: Vault) -> AESSIV:
    return AESSIV(vault.derive(PURPOSE, _KEY_BYTES))
