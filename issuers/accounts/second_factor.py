"""The second factor: six digits of a clock and a secret (TOTP, RFC 6238), and recovery codes for a lost phone; pure.

The arithmetic is `pyotp`'s; which step of the clock a code belongs to is found here, because a code must never be
accepted twice: the step of the last accepted one is kept, and only a later one will do.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import datetime
from io import BytesIO

import pyotp
import qrcode
from qrcode.image.svg import SvgPathImage

STEP = 30  # seconds: the only period that every authenticator app understands
DRIFT = 1  # steps before and after: a phone's clock may be half a minute off (RFC 6238 section 5.2)
DIGITS = 6
RECOVERY_CODES = 10
RECOVERY_LENGTH = 12  # characters of 5 bits: 60 bits, beyond guessing at one try a second
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without i, l, o, 0, 1, which paper confuses


def new_secret() -> str:
    """160 random bits in base32, as RFC 4226 section 4 recommends."""
    return pyotp.random_base32()


def find_step(secret: str, code: str, *, at: datetime, after: int) -> int | None:
    """The step of the clock whose code this is, later than the step ``after``; None for a wrong or a used code."""
    typed = "".join(code.split())
    if not (typed.isascii() and typed.isdigit() and len(typed) == DIGITS):
        return None
    totp, now = pyotp.TOTP(secret, interval=STEP), int(at.timestamp()) // STEP
    right = [
        step
        for step in range(now - DRIFT, now + DRIFT + 1)
        if hmac.compare_digest(totp.generate_otp(step), typed)
    ]
    return next((step for step in right if step > after), None)


def enrolment_uri(secret: str, account: str, issuer: str) -> str:
    """What an authenticator app reads from the QR (the Key URI format)."""
    return pyotp.TOTP(secret, interval=STEP).provisioning_uri(name=account, issuer_name=issuer)


def enrolment_picture(uri: str) -> str:
    """The QR of the address as a ``data:`` address: it is shown once and must lie at no address of its own."""
    picture = qrcode.make(uri, image_factory=SvgPathImage, border=4)
    out = BytesIO()
    picture.save(out)
    return f"data:image/svg+xml;base64,{base64.b64encode(out.getvalue()).decode()}"


def new_recovery_codes() -> list[str]:
    """Codes that each stand in for the phone once, grouped for reading."""
    return ["-".join(_group() for _ in range(RECOVERY_LENGTH // 4)) for _ in range(RECOVERY_CODES)]


def clean_recovery_code(typed: str) -> str:
    """A recovery code as it is kept, however it was typed."""
    return "".join(letter for letter in typed.lower() if letter in _LETTERS)


def _group() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(4))
