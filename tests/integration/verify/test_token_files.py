"""Whoever is given a certificate as a JWT or SD-JWT file verifies it: by upload, over the API, saved by any editor."""

from __future__ import annotations

import io
from codecs import BOM_UTF8
from datetime import timedelta

import pytest

from issuers.changes.states import revoke
from keys.pair import Algorithm, PrivateKey
from registry.bound_tokens import BoundTokens
from registry.credential import parse_credential
from registry.wallets.jwt_credential import sign_jwt_vc_json
from verify.wallet.desk import open_wallet_desk


@pytest.fixture
def code(house):
    return house.issued()["code"]


def vc_jwt(house, code):
    """As the worker downloads it."""
    return open_wallet_desk(house.registry).vc_jwt(house.registry.record.find(code))


def jwt_vc_json(house, code, *, kept=True):
    """As a wallet gets it."""
    record = house.registry.record.find(code)
    key_id, key = house.registry.signing_key(record.assessor)
    wallet = PrivateKey.generate(Algorithm.P256).public
    signed = sign_jwt_vc_json(
        parse_credential(record.credential), key, key_id=key_id, at=house.clock(), wallet=wallet
    )
    if kept:
        BoundTokens(house.database).keep(signed, code, at=house.clock())
    return signed


def sd_jwt(house, code):
    return house.registry.record.find(code).sd_jwt.decode()


def upload(house, data, name="x"):
    return house.client().post("/upload", data={"file": (io.BytesIO(data), name)})


@pytest.mark.parametrize("write", [vc_jwt, jwt_vc_json, sd_jwt])
@pytest.mark.parametrize("saved", [b"%s", b"%s\r\n", BOM_UTF8 + b"%s\n", b"\n  %s"])
def test_a_file_is_verified_however_it_was_saved(house, code, write, saved):
    data = saved % write(house, code).encode()
    page = upload(house, data)
    assert (page.status_code, 'data-outcome="valid"' in page.text) == (200, True)
    sent = {"file": (io.BytesIO(data), "certificate.txt")}
    assert house.client().post("/api/v1/verifications", data=sent).json["outcome"] == "valid"


@pytest.mark.parametrize("write", [vc_jwt, jwt_vc_json])
def test_over_the_api_as_a_text(house, code, write):
    verdict = house.verify(credential=write(house, code))
    assert verdict["outcome"] == "valid"
    assert verdict["certificate"]["holder"]["name"] == "欧**验"
    assert [check["name"] for check in verdict["checks"]][-1] == "binding"


@pytest.mark.parametrize("write", [vc_jwt, jwt_vc_json])
def test_revoked_is_seen_at_once_and_of_a_day_gone_by_the_file_tells_too(house, code, write):
    text, day = write(house, code), house.clock().date().isoformat()
    house.clock.now += timedelta(days=2)
    revoke(house.registry.record, code, reason="false_results", by="t", at=house.clock())
    assert house.verify(credential=text)["outcome"] == "revoked"
    assert 'data-outcome="revoked"' in upload(house, text.encode()).text
    path = f"/api/v1/verifications?at={day}"
    asked = house.client().post(path, json={"credential": text}).json
    assert (asked["outcome"], asked["at"]["outcome"]) == ("revoked", "valid")


def test_a_token_nobody_recorded_is_broken(house, code):
    verdict = house.verify(credential=jwt_vc_json(house, code, kept=False))
    assert (verdict["outcome"], verdict["reason"]["code"]) == ("broken", "record.differs")


def test_a_changed_token_is_broken(house, code):
    head, body, signature = vc_jwt(house, code).split(".")
    for text in (f"{head}.{body}.{signature[:-4]}AAAA", f"{head}.{body[:-8]}AAAAAAAA.{signature}"):
        assert house.verify(credential=text)["outcome"] == "broken"
