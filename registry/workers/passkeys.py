"""Passkeys: WebAuthn (Level 3) through Yubico's ``fido2``, with challenges that nothing is stored for until used.

A challenge is 16 random bytes, the second it was made in, and a keyed digest over both and what it is for. It works
once: who uses it leaves it in a collection that refuses a second one and forgets it when it would be too old anyway.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from ipaddress import ip_address
from typing import Any, cast
from urllib.parse import urlsplit

from fido2.server import Fido2Server
from fido2.utils import websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from pymongo import IndexModel
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from keys.errors import Refused
from keys.vault import Vault
from registry.workers.accounts import Passkey

CHALLENGE_LIFE = timedelta(minutes=10)  # to find the phone, read the page and put a finger on it
NONCE_BYTES, TIME_BYTES, SEAL_BYTES = 16, 8, 16
PURPOSE = "passkey challenge"
SIGN_IN = "sign in"

Json = Mapping[str, Any]
# what fido2 raises for an answer that is malformed, of another site, with a wrong challenge or a wrong signature
WRONG = (ValueError, KeyError, TypeError, AttributeError, AssertionError, IndexError)


@dataclass(frozen=True)
class PasskeyUser:
    """Whom a passkey is made for: the account's id, and what the device shows beside it."""

    account: str
    shown: str = field(repr=False)


class Passkeys:
    """The ceremonies of one site; ``origin`` is its public address, ``site`` the one under which passkeys work."""

    def __init__(self, database: Database[dict[str, Any]], vault: Vault, origin: str, name: str) -> None:
        self._used: Collection[dict[str, Any]] = database["worker_challenges"]
        self._vault = vault
        self.site = find_named_site(origin)
        host = urlsplit(self.site or origin).hostname or ""
        self._server = Fido2Server(
            PublicKeyCredentialRpEntity(name=name, id=host), verify_origin=lambda said: said == self.site
        )

    def prepare(self) -> None:
        """Make the index; does nothing where it is."""
        self._used.create_indexes([IndexModel("until", expireAfterSeconds=0)])

    def offer(self, user: PasskeyUser, known: Sequence[Passkey] = (), *, at: datetime) -> Json:
        """Options for ``navigator.credentials.create``, as JSON with base64url."""
        options, _ = self._server.register_begin(
            PublicKeyCredentialUserEntity(name=user.shown, id=user.account.encode(), display_name=user.shown),
            credentials=[_attested(one) for one in known],
            resident_key_requirement=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
            challenge=self._challenge(user.account, at),
        )
        return cast("Json", dict(options)["publicKey"])

    def ask(self, *, at: datetime) -> Json:
        """Options for ``navigator.credentials.get``: any passkey of this site."""
        options, _ = self._server.authenticate_begin(
            user_verification=UserVerificationRequirement.REQUIRED, challenge=self._challenge(SIGN_IN, at)
        )
        return cast("Json", dict(options)["publicKey"])

    def accept(self, answer: Any, account: str, *, at: datetime) -> Passkey:
        """The new passkey of an account. Refused ``worker.passkey_refused``."""
        try:
            challenge = RegistrationResponse.from_dict(answer).response.client_data.challenge
            self._use(challenge, account, at)
            made = self._server.register_complete(_state(challenge), answer)
        except WRONG:
            raise Refused("worker.passkey_refused") from None
        if made.credential_data is None:
            raise Refused("worker.passkey_refused")
        attested = made.credential_data
        return Passkey(attested.credential_id, bytes(attested), made.counter, at)

    def passkey_id(self, answer: Any) -> bytes:
        """Which passkey an answer says it is of; to be checked. Refused ``worker.passkey_refused``."""
        try:
            return bytes(AuthenticationResponse.from_dict(answer).raw_id)
        except WRONG:
            raise Refused("worker.passkey_refused") from None

    def check(self, answer: Any, passkey: Passkey, *, at: datetime) -> int:
        """The counter of a right answer. Refused ``worker.passkey_refused``."""
        try:
            response = AuthenticationResponse.from_dict(answer).response
            challenge = response.client_data.challenge
            self._use(challenge, SIGN_IN, at)
            self._server.authenticate_complete(_state(challenge), [_attested(passkey)], answer)
            return int(response.authenticator_data.counter)
        except WRONG:
            raise Refused("worker.passkey_refused") from None

    def _challenge(self, purpose: str, at: datetime) -> bytes:
        start = os.urandom(NONCE_BYTES) + int(at.timestamp()).to_bytes(TIME_BYTES)
        return start + self._seal(start, purpose)

    def _use(self, challenge: bytes, purpose: str, at: datetime) -> None:
        """ValueError for a challenge that is not ours, for something else, too old, or used."""
        start, seal = challenge[: NONCE_BYTES + TIME_BYTES], challenge[NONCE_BYTES + TIME_BYTES :]
        if not compare_digest(seal, self._seal(start, purpose)):
            raise ValueError("not ours")
        until = datetime.fromtimestamp(int.from_bytes(start[NONCE_BYTES:]), UTC) + CHALLENGE_LIFE
        if at > until:
            raise ValueError("too old")
        try:
            self._used.insert_one({"_id": challenge, "until": until})
        except DuplicateKeyError:
            raise ValueError("used") from None

    def _seal(self, start: bytes, purpose: str) -> bytes:
        return self._vault.digest(start + purpose.encode(), purpose=PURPOSE)[:SEAL_BYTES]


def find_named_site(origin: str) -> str | None:
    """The address of a site under which passkeys work; None where it has none.

    WebAuthn knows no site by an IP address; the loopback address has the name ``localhost`` too, on every machine.
    """
    parts = urlsplit(origin)
    try:
        address = ip_address(parts.hostname or "")
    except ValueError:
        return origin
    if not address.is_loopback:
        return None
    return f"{parts.scheme}://localhost" + (f":{parts.port}" if parts.port else "")


def _state(challenge: bytes) -> dict[str, Any]:
    return {
        "challenge": websafe_encode(challenge),
        "user_verification": UserVerificationRequirement.REQUIRED,
    }


def _attested(passkey: Passkey) -> AttestedCredentialData:
    return AttestedCredentialData(passkey.credential)
