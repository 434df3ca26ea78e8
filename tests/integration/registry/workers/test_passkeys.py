"""Passkeys: a right answer works once, for what it was asked for, on this site, for a time."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fido2.cose import CoseKey
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

from keys.errors import Refused
from keys.vault import Vault
from registry.workers.passkeys import CHALLENGE_LIFE, Passkeys, PasskeyUser

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
ORIGIN = "https://skills.example"
USER = PasskeyUser("account-1", "我的证书")
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
REFUSED = pytest.raises(Refused, match=r"worker\.passkey_refused")


class Device:
    """A phone that makes one passkey and answers with it."""

    def __init__(
        self, *, origin: str = ORIGIN, host: str = "skills.example", flags: int = PRESENT | VERIFIED
    ):
        self.key, self.id, self.count = Ed25519PrivateKey.generate(), b"device passkey 1", 0
        self.origin, self.rp_hash, self.flags = origin, hashlib.sha256(host.encode()).digest(), flags

    def create(self, options: Any) -> dict[str, Any]:
        attested = AttestedCredentialData.create(
            bytes(16), self.id, CoseKey.for_alg(-8).from_cryptography_key(self.key.public_key())
        )
        data = AuthenticatorData.create(self.rp_hash, self.flags | ATTESTED, self.count, attested)
        return self._answer(
            {
                "clientDataJSON": self._client("webauthn.create", options),
                "attestationObject": bytes(AttestationObject.create("none", data, {})),
            }
        )

    def get(self, options: Any) -> dict[str, Any]:
        data = AuthenticatorData.create(self.rp_hash, self.flags, self.count)
        client = self._client("webauthn.get", options)
        signature = self.key.sign(data + hashlib.sha256(client).digest())
        return self._answer({"clientDataJSON": client, "authenticatorData": data, "signature": signature})

    def _client(self, kind: str, options: Any) -> bytes:
        return bytes(CollectedClientData.create(kind, websafe_decode(options["challenge"]), self.origin))

    def _answer(self, response: dict[str, bytes]) -> dict[str, Any]:
        text = {name: websafe_encode(bytes(value)) for name, value in response.items()}
        named = websafe_encode(self.id)
        return {"id": named, "rawId": named, "type": "public-key", "response": text}


@pytest.fixture
def site(database) -> Passkeys:
    made = Passkeys(database, Vault(bytes(32)), ORIGIN, "示例")
    made.prepare()
    return made


def test_a_passkey_is_made_and_signs_in(site):
    device = Device()
    passkey = site.accept(device.create(site.offer(USER, at=NOW)), USER.account, at=NOW)
    answer = device.get(site.ask(at=NOW))
    assert site.passkey_id(answer) == passkey.id
    assert site.check(answer, passkey, at=NOW) == 0


def test_the_offer_asks_for_a_key_that_needs_no_name_and_tells_none(site):
    offer = site.offer(USER, at=NOW)
    assert offer["authenticatorSelection"]["residentKey"] == "required"
    assert offer["authenticatorSelection"]["userVerification"] == "required"
    assert websafe_decode(offer["user"]["id"]) == b"account-1"
    assert site.offer(USER, at=NOW)["challenge"] != offer["challenge"]


def test_an_answer_works_once(site):
    device = Device()
    made = device.create(site.offer(USER, at=NOW))
    passkey = site.accept(made, USER.account, at=NOW)
    with REFUSED:
        site.accept(made, USER.account, at=NOW)
    answer = device.get(site.ask(at=NOW))
    site.check(answer, passkey, at=NOW)
    with REFUSED:
        site.check(answer, passkey, at=NOW)


def test_a_challenge_is_for_one_account_one_purpose_and_a_time(site):
    device = Device()
    with REFUSED:
        site.accept(device.create(site.offer(USER, at=NOW)), "account-2", at=NOW)
    with REFUSED:
        site.accept(device.create(site.ask(at=NOW)), USER.account, at=NOW)
    late = NOW + CHALLENGE_LIFE + timedelta(seconds=1)
    with REFUSED:
        site.accept(device.create(site.offer(USER, at=NOW)), USER.account, at=late)
    with REFUSED:
        site.accept(device.create({"challenge": websafe_encode(bytes(40))}), USER.account, at=NOW)


@pytest.mark.parametrize(
    "device",
    [
        Device(origin="https://skills.example.evil"),
        Device(origin="http://skills.example"),
        Device(host="other.example"),
        Device(flags=PRESENT),  # nobody's finger, face or code
        Device(flags=VERIFIED),
    ],
)
def test_an_answer_of_elsewhere_or_of_nobody_is_refused(site, device):
    with REFUSED:
        site.accept(device.create(site.offer(USER, at=NOW)), USER.account, at=NOW)


def test_another_keys_signature_is_refused(site):
    device, thief = Device(), Device()
    passkey = site.accept(device.create(site.offer(USER, at=NOW)), USER.account, at=NOW)
    with REFUSED:
        site.check(thief.get(site.ask(at=NOW)), passkey, at=NOW)


@pytest.mark.parametrize(
    "answer", [None, [], "x", {}, {"id": "x"}, {"rawId": "!", "id": "!", "response": {}}]
)
def test_what_is_no_answer_is_refused(site, answer):
    for ask in (
        lambda: site.accept(answer, USER.account, at=NOW),
        lambda: site.passkey_id(answer),
    ):
        with REFUSED:
            ask()


@pytest.mark.parametrize(
    ("origin", "site"),
    [
        (ORIGIN, ORIGIN),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://127.0.0.1:8000", "http://localhost:8000"),
        ("http://[::1]:8000", "http://localhost:8000"),
        ("https://127.0.0.1", "https://localhost"),
        ("http://192.0.2.7:8000", None),
        ("https://[2001:db8::7]", None),
    ],
)
def test_passkeys_need_a_site_with_a_name_and_the_loopback_has_one(database, origin, site):
    assert Passkeys(database, Vault(bytes(32)), origin, "示例").site == site
