"""A wallet fetches a certificate: the flow of OpenID4VCI 1.0, each refusal, and what it got."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import pytest

from issuers.changes.states import suspend
from keys import sd_jwt
from keys.errors import Refused
from keys.jws import read_compact, sign_compact, verify_compact, write_header
from keys.pair import Algorithm, PrivateKey
from registry.wallets.offers import MOST_CREDENTIALS, MOST_OFFERS, TRIES, Offers
from verify.wallet.metadata import GRANT, JWT, SD_JWT, credential_offer, offer_by_reference, offer_by_value
from verify.wallet.proofs import PROOF_TYPE
from verify.wallet.routes import PER_ADDRESS

WALLET = PrivateKey.generate(Algorithm.P256)


@pytest.fixture
def code(house):
    return house.issued()["code"]


@pytest.fixture
def offers(house):
    return Offers(house.database, house.registry.vault)


@pytest.fixture
def offer(house, offers, code):
    return offers.make("archive", code, at=house.clock())


def ask_token(house, offers, offer, **changes):
    form = {
        "grant_type": GRANT,
        "pre-authorized_code": offers.grant(offer),
        "tx_code": offers.tx_code(offer),
    } | changes
    return house.client().post("/oid4vci/token", data={k: v for k, v in form.items() if v is not None})


@pytest.fixture
def access(house, offers, offer):
    return ask_token(house, offers, offer).json["access_token"]


def new_nonce(house):
    return house.client().post("/oid4vci/nonce").json["c_nonce"]


def prove(house, wallet=WALLET, **claims):
    payload = {"aud": house.registry.settings.origin, "iat": int(house.clock().timestamp())} | claims
    payload.setdefault("nonce", new_nonce(house))
    header = write_header(wallet.public, typ=PROOF_TYPE, jwk=wallet.public.jwk())
    return sign_compact(json.dumps(payload).encode(), key=wallet, header=header)


def ask_credential(house, access, configuration=SD_JWT, *, proof=None, **changes):
    body = {
        "credential_configuration_id": configuration,
        "proofs": {"jwt": [proof or prove(house)]},
    } | changes
    headers = {"Authorization": f"Bearer {access}"}
    sent = {name: value for name, value in body.items() if value is not None}
    return house.client().post("/oid4vci/credential", json=sent, headers=headers)


def test_a_wallet_gets_a_bound_sd_jwt(house, access):
    answer = ask_credential(house, access)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    [given] = answer.json["credentials"]
    token = sd_jwt.read(given["credential"])
    at = int(house.clock().timestamp())
    bound = sd_jwt.bind(sd_jwt.select(token, {"level"}), key=WALLET, audience="x", nonce="n", at=at)
    verdict = house.verify(presentation=bound)
    assert verdict["outcome"] == "valid"
    assert verdict["presentation"]["binding"]["audience"] == "x"
    assert verdict["presentation"]["shown"].keys() == {"level"}


def test_a_wallet_gets_a_jwt(house, access, code):
    [given] = ask_credential(house, access, JWT).json["credentials"]
    token = read_compact(given["credential"])
    ring = house.registry.keyrings.ring(house.association)
    claims = json.loads(verify_compact(token, ring.find(token.header["kid"]).public))
    assert claims["iss"] == token.header["kid"].partition("#")[0]
    assert claims["cnf"] == {"jwk": WALLET.public.jwk()}
    assert claims["sub"] == claims["vc"]["credentialSubject"]["id"]
    assert claims["vc"]["credentialSubject"]["holder"]["name"] == "欧阳试验"
    assert claims["vc"]["@context"][0] == "https://www.w3.org/2018/credentials/v1"
    assert "proof" not in claims["vc"]
    assert claims["jti"].endswith(code)


def test_metadata_and_offers_are_what_the_specification_asks_for(house, offers, offer):
    client, origin = house.client(), house.registry.settings.origin
    issuer = client.get("/.well-known/openid-credential-issuer").json
    assert issuer["credential_issuer"] == origin
    formats = {row["format"] for row in issuer["credential_configurations_supported"].values()}
    assert formats == {"dc+sd-jwt", "jwt_vc_json"}
    assert client.get("/.well-known/oauth-authorization-server").json["issuer"] == origin
    link = urlsplit(offer_by_reference(f"{origin}/oid4vci/offers/{offer.id}"))
    assert link.scheme == "openid-credential-offer"
    address = parse_qs(link.query)["credential_offer_uri"][0]
    fetched = client.get(address.removeprefix(origin)).json
    assert fetched == credential_offer(origin, offers.grant(offer))
    assert json.loads(parse_qs(urlsplit(offer_by_value(fetched)).query)["credential_offer"][0]) == fetched
    assert offers.tx_code(offer) not in json.dumps(fetched)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"grant_type": "authorization_code"}, "unsupported_grant_type"),
        ({"grant_type": None}, "unsupported_grant_type"),
        ({"pre-authorized_code": None}, "invalid_request"),
        ({"pre-authorized_code": "AAAA"}, "invalid_grant"),
        ({"tx_code": None}, "invalid_request"),
        ({"tx_code": "x"}, "invalid_grant"),
        ({"tx_code": "é"}, "invalid_grant"),
    ],
)
def test_a_token_is_refused(house, offers, offer, changes, error):
    answer = ask_token(house, offers, offer, **changes)
    assert (answer.status_code, answer.json["error"]) == (400, error)
    assert answer.json["error_description"].isascii()


def test_a_code_is_good_once(house, offers, offer):
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: ask_token(house, offers, offer).status_code, range(4)))
    assert sorted(answers) == [200, 400, 400, 400]


def test_a_code_is_good_for_a_while(house, offers, offer):
    house.clock.advance(minutes=10)
    assert ask_token(house, offers, offer).json["error"] == "invalid_grant"
    assert house.client().get(f"/oid4vci/offers/{offer.id}").status_code == 404


def test_guessing_the_transaction_code_kills_the_offer(house, offers, offer):
    wrong = "000000" if offers.tx_code(offer) != "000000" else "000001"
    for _ in range(TRIES):
        assert ask_token(house, offers, offer, tx_code=wrong).json["error"] == "invalid_grant"
    assert ask_token(house, offers, offer).json["error"] == "invalid_grant"


def test_a_program_that_guesses_is_stopped(house, offers, offer):
    statuses = [
        ask_token(house, offers, offer, **{"pre-authorized_code": "x"}).status_code for _ in range(21)
    ]
    assert statuses[-1] == 429
    assert ask_token(house, offers, offer).json["error"] == "slow_down"


def test_many_guesses_at_once_are_no_more_than_the_limit(house, offers, offer):
    def guess(n):
        return ask_token(house, offers, offer, **{"pre-authorized_code": f"x{n}"}).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(guess, range(32)))
    assert (answers.count(400), answers.count(429)) == (PER_ADDRESS.misses, 32 - PER_ADDRESS.misses)


def test_an_access_token_is_good_for_a_while(house, access):
    house.clock.advance(minutes=5)
    answer = ask_credential(house, access)
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_token")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer x", "Basic x", "Bearer é"])
def test_without_an_access_token(house, header):
    headers = {"Authorization": header} if header else {}
    answer = house.client().post("/oid4vci/credential", json={}, headers=headers)
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"credential_configuration_id": None}, "invalid_credential_request"),
        ({"credential_configuration_id": "mdl"}, "unknown_credential_configuration"),
        ({"credential_identifier": "x"}, "unknown_credential_identifier"),
        ({"credential_response_encryption": {}}, "invalid_encryption_parameters"),
        ({"proofs": None}, "invalid_proof"),
        ({"proofs": {}}, "invalid_proof"),
        ({"proofs": {"jwt": []}}, "invalid_proof"),
        ({"proofs": {"jwt": ["a.b.c"]}}, "invalid_proof"),
        ({"proofs": {"jwt": ["a" * 9_000]}}, "invalid_proof"),
        ({"proofs": {"jwt": [1]}}, "invalid_proof"),
        ({"proofs": {"attestation": ["x"]}}, "invalid_proof"),
    ],
)
def test_a_credential_is_refused(house, access, changes, error):
    answer = ask_credential(house, access, **changes)
    assert (answer.status_code, answer.json["error"]) == (400, error)


def test_what_is_no_json(house, access):
    headers = {"Authorization": f"Bearer {access}"}
    for body in (b"{", b"[]", b'{"a":1,"a":2}'):
        answer = house.client().post(
            "/oid4vci/credential", data=body, headers=headers, content_type="application/json"
        )
        assert answer.json["error"] == "invalid_credential_request"


def test_a_nonce_is_good_once_and_ours(house, access):
    nonce = new_nonce(house)
    assert ask_credential(house, access, proof=prove(house, nonce=nonce)).status_code == 200
    for again in (nonce, "n", "AAAA"):
        answer = ask_credential(house, access, proof=prove(house, nonce=again))
        assert answer.json["error"] == "invalid_nonce"


def test_an_offer_gives_so_many(house, access):
    answers = [ask_credential(house, access).status_code for _ in range(MOST_CREDENTIALS + 1)]
    assert answers == [200] * MOST_CREDENTIALS + [400]


def test_a_certificate_that_is_not_in_force_is_not_given(house, access, code):
    suspend(house.registry.record, code, reason="under_investigation", by="t", at=house.clock())
    assert ask_credential(house, access).json["error"] == "credential_request_denied"


def test_an_assessor_who_keeps_its_own_key(house, access):
    house.database["keyrings"].update_one({"_id": house.association}, {"$set": {"keys.0.state": "retired"}})
    house.forget()
    assert ask_credential(house, access).json["error"] == "credential_request_denied"


def test_secrets_lie_in_the_database_as_hashes(house, offers, offer, access):
    kept = json.dumps(house.database["wallet_offers"].find_one(), default=repr)
    for secret in (offers.grant(offer), offers.tx_code(offer), access):
        assert secret not in kept


def test_so_many_offers_a_day(house, offers, code):
    for _ in range(MOST_OFFERS):
        offers.make("busy", code, at=house.clock())
    with pytest.raises(Refused, match=r"wallet\.too_many"):
        offers.make("busy", code, at=house.clock())
    offers.forget(["busy"])
    assert offers.make("busy", code, at=house.clock())
