"""Selective presentations, verified against the record: what they show, what they hide, what makes them fail."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import pytest

from issuers.changes.states import revoke
from keys import sd_jwt
from keys.jws import read_compact, read_jwk, write_header
from keys.pair import Algorithm, PrivateKey
from keys.sd_jwt_issuing import issue
from registry.bound_tokens import BoundTokens
from registry.credential import parse_credential, read_face
from registry.selective import TYPE, sign_selectively


@pytest.fixture
def code(house):
    return house.issued()["code"]


def whole(house, code):
    return house.registry.record.find(code).sd_jwt.decode()


def presented(house, code, *names):
    return sd_jwt.select(sd_jwt.read(whole(house, code)), names)


def for_wallet(house, code, wallet, *names, recorded=True):
    """A token signed for a wallet's key, as the wallet endpoint does."""
    record = house.registry.record.find(code)
    key_id, key = house.registry.signing_key(record.assessor)
    face = read_face(parse_credential(record.credential))
    signed = sign_selectively(face, key, key_id=key_id, at=house.clock(), confirmed=wallet.public).decode()
    if recorded:
        BoundTokens(house.database).keep(signed.partition("~")[0], code, at=house.clock())
    return sd_jwt.select(sd_jwt.read(signed), names)


def test_a_presentation_shows_what_was_chosen(house, code):
    verdict = house.verify(presentation=presented(house, code, "level", "kind", "issued_on"))
    assert verdict["outcome"] == "valid"
    shown = verdict["presentation"]["shown"]
    assert shown.keys() == {"level", "kind", "issued_on"}
    assert shown["level"]["id"] == "3"
    assert {"holder_name", "occupation", "certificate"} <= set(verdict["presentation"]["not_shown"])
    assert [check["name"] for check in verdict["checks"]][-1] == "binding"
    assert verdict["presentation"]["binding"] is None


def test_the_same_as_credential_and_as_file(house, code):
    text = presented(house, code, "level")
    assert house.verify(credential=text)["outcome"] == "valid"
    sent = {"file": (io.BytesIO(f"{text}\n".encode()), "x.sd-jwt")}
    answer = house.client().post("/api/v1/verifications", data=sent)
    assert answer.json["outcome"] == "valid"
    page = house.client().post("/upload", data={"file": (io.BytesIO(text.encode()), "x")})
    assert 'data-outcome="valid"' in page.text
    assert 'data-claim="level"' in page.text
    assert "欧阳" not in page.text


def test_the_registrys_answer_hides_what_the_presentation_hides(house, code):
    number = house.registry.record.find(code).number
    answer = json.dumps(house.verify(presentation=presented(house, code, "level")), ensure_ascii=False)
    for secret in ("欧阳", number, code, "电工", "15****"):
        assert secret not in answer


def test_a_revoked_certificate_names_nobody(house, code):
    text = presented(house, code, "level", "holder_name")
    revoke(house.registry.record, code, reason="false_results", by="t", at=house.clock())
    verdict = house.verify(presentation=text)
    assert verdict["outcome"] == "revoked"
    assert verdict["presentation"]["shown"].keys() == {"level"}


@pytest.mark.parametrize("names", [(), ("level",), ("level", "holder_name")])
def test_swapped_and_changed_disclosures_fail(house, code, make_body, names):
    other = house.issued(make_body(person=1, holder__name="李他人", level="4"))["code"]
    mine, theirs = presented(house, code, *names).split("~"), presented(house, other, "level").split("~")
    verdict = house.verify(presentation="~".join([*mine[:-1], theirs[1], ""]))
    assert verdict["outcome"] == "broken"
    assert verdict["presentation"] is None
    assert verdict["reason"]["code"] == "sd_jwt.unreferenced"


def test_a_token_that_the_record_does_not_hold_is_broken(house, code):
    """Signed with the assessor's own key, but never recorded: what a thief of the key would make."""
    wallet = PrivateKey.generate(Algorithm.P256)
    verdict = house.verify(presentation=for_wallet(house, code, wallet, "level", recorded=False))
    assert (verdict["outcome"], verdict["reason"]["code"]) == ("broken", "record.differs")


def test_a_token_of_a_key_stolen_later(house, code):
    record = house.registry.record.find(code)
    text = presented(house, code, "level")
    key_id = house.registry.keyrings.ring(record.assessor).active.id
    house.registry.keyrings.compromise(record.assessor, key_id, since=house.clock() + timedelta(days=1))
    house.forget()
    assert house.verify(presentation=text)["outcome"] == "valid"
    house.registry.keyrings.compromise(record.assessor, key_id, since=house.clock() - timedelta(days=1))
    house.forget()
    assert house.verify(presentation=text)["outcome"] == "untrusted"


def test_another_signer_and_another_shape(house, code):
    token = sd_jwt.read(whole(house, code))
    claims = json.loads(token.token.payload)
    open_claims = {name: value for name, value in claims.items() if not name.startswith("_")}
    thief = PrivateKey.generate(Algorithm.ED25519)
    kid = token.token.header["kid"]
    forged = issue(open_claims, [], key=thief, header=write_header(thief.public, typ=TYPE, kid=kid))
    assert house.verify(presentation=forged)["reason"]["code"] == "jws.signature"
    unknown = issue(
        open_claims, [], key=thief, header=write_header(thief.public, typ=TYPE, kid="did:web:x#y")
    )
    assert house.verify(presentation=unknown)["outcome"] == "untrusted"
    stranger = open_claims | {"iss": f"{house.registry.settings.origin}/assessors/S000000000000"}
    from_nobody = issue(stranger, [], key=thief, header=write_header(thief.public, typ=TYPE, kid=kid))
    assert house.verify(presentation=from_nobody)["reason"]["code"] == "issuer.unknown"
    for text in ("x", "", "~", "eyJ.a.b~"):
        assert house.verify(presentation=text)["outcome"] == "broken"


def test_a_wallet_proves_its_key(house, code):
    wallet = PrivateKey.generate(Algorithm.P256)
    text = for_wallet(house, code, wallet, "level")
    at = int(house.clock().timestamp())
    bound = sd_jwt.bind(text, key=wallet, audience="https://shop.example", nonce="n-1", at=at)
    asked = {"audience": "https://shop.example", "nonce": "n-1"}
    verdict = house.verify(presentation=bound, **asked)
    assert verdict["outcome"] == "valid"
    assert verdict["checks"][-1]["result"] == "passed"
    assert verdict["presentation"]["binding"]["audience"] == "https://shop.example"

    unbound = house.verify(presentation=text)
    assert (unbound["outcome"], unbound["checks"][-1]["code"]) == ("valid", "binding.absent")
    other = house.verify(presentation=bound, audience="https://shop.example", nonce="n-2")
    assert (other["outcome"], other["reason"]["code"]) == ("broken", "binding.other_verifier")
    thief = PrivateKey.generate(Algorithm.P256)
    stolen = sd_jwt.bind(text, key=thief, audience="a", nonce="n", at=at)
    assert house.verify(presentation=stolen)["reason"]["code"] == "jws.signature"
    early = sd_jwt.bind(text, key=wallet, audience="a", nonce="n", at=at + 3600)
    assert house.verify(presentation=early)["reason"]["code"] == "binding.in_future"


def test_of_a_day_gone_by_it_cannot_tell(house, code):
    answer = house.client().post(
        "/api/v1/verifications?at=2026-11-01", json={"presentation": presented(house, code, "level")}
    )
    assert (answer.status_code, answer.json["code"]) == (422, "at.presentation")


def test_what_programs_need_is_published(house, code):
    client, token = house.client(), sd_jwt.read(whole(house, code))
    claims = json.loads(token.token.payload)
    path = claims["iss"].replace(house.registry.settings.origin, "/.well-known/jwt-vc-issuer")
    keys = client.get(path).json
    assert keys["issuer"] == claims["iss"]
    [jwk] = [one for one in keys["jwks"]["keys"] if one["kid"] == token.token.header["kid"]]
    assert sd_jwt.verify(token, read_jwk(jwk), typ=TYPE).claims["holder_name"] == "欧阳试验"
    metadata = client.get(claims["vct"].removeprefix(house.registry.settings.origin)).json
    assert metadata["vct"] == claims["vct"]
    named = {one["path"][0] for one in metadata["claims"]}
    assert {one.name for one in token.disclosures} <= named
    listed = client.get(claims["status"]["status_list"]["uri"].removeprefix(house.registry.settings.origin))
    assert listed.mimetype == "application/statuslist+jwt"
    assert read_compact(listed.text).header["typ"] == "statuslist+jwt"


def test_keys_of_an_unknown_assessor(house):
    assert house.client().get("/.well-known/jwt-vc-issuer/assessors/NOBODY").status_code == 404
