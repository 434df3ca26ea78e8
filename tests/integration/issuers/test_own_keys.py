"""An assessor keeps its key: it proves possession, a registrar approves, and only what it signed itself is recorded."""

from __future__ import annotations

import importlib.util
import json
import re
import threading
from pathlib import Path

import pytest
import rfc8785
from werkzeug.serving import make_server

from keys.errors import Refused
from keys.jws import decode_base64url, encode_base64url
from keys.pair import Algorithm, PrivateKey
from keys.proof import sign
from registry.keyrings import REGISTRY
from registry.sharing.signing import selective_token
from verify.checks import Evidence
from verify.gate_check import check_gate
from verify.trust_list import read_trust_list

DOCS = Path(__file__).parents[3] / "docs"


@pytest.fixture
def script():
    spec = importlib.util.spec_from_file_location("own_key", DOCS / "own_key.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def people(house):
    house.app.config["WTF_CSRF_ENABLED"] = False
    clients = {}
    for name, owner, role in (("lihua", house.association, "signer"), ("anna", REGISTRY, "registrar")):
        house.make_account(name, owner, role)
        clients[role] = house.client()
        house.enter(clients[role], name)
    return clients


def adopt(house, people, multikey, sign_challenge):
    """The whole way through the pages: offered, proved, approved, active."""
    people["signer"].post("/console/keys", data={"multikey": multikey})
    [offer] = [
        one for one in house.issuers.offers.of_owner(house.association) if one.public.multikey == multikey
    ]
    proof = {"signature": sign_challenge(offer.challenge.encode())}
    assert people["signer"].post(f"/console/keys/{offer.id}/proof", data=proof).status_code == 302
    assert multikey in people["registrar"].get("/registrar/keys").text
    people["registrar"].post(f"/registrar/keys/{offer.id}", data={"voice": "approve"})
    house.clock.advance(seconds=6)
    house.forget()


@pytest.fixture
def own(house, people):
    """An Ed25519 key that is the association's active one, and that only this test holds."""
    key = PrivateKey.generate(Algorithm.ED25519)
    adopt(house, people, key.public.multikey, lambda data: encode_base64url(key.sign(data)))
    return key


def reserve(house, body):
    response = house.client().post("/api/v1/certificates/reservations", json=body, headers=house.headers())
    assert response.status_code == 201, response.json
    return response.json


def signed(house, reserved, key, **changes):
    document = {**reserved["credential"], **changes}
    method = reserved["verification_method"]
    return sign(document, key=key, verification_method=method, created=house.clock())


def send(house, body):
    return house.client().post("/api/v1/certificates", json=body, headers=house.headers())


def test_possession_is_proved_before_a_registrar_sees_the_key(house, people):
    key, other = (PrivateKey.generate(Algorithm.P256) for _ in range(2))
    page = people["signer"].post("/console/keys?lang=en", data={"multikey": "z6Mknonsense"})
    assert page.status_code == 422
    assert 'id="error-multikey"' in page.text
    people["signer"].post("/console/keys", data={"multikey": key.public.multikey})
    [offer] = house.issuers.offers.of_owner(house.association)
    for wrong in (other.sign(offer.challenge.encode()), key.sign(b"something else"), b""):
        answer = people["signer"].post(
            f"/console/keys/{offer.id}/proof", data={"signature": encode_base64url(wrong)}
        )
        assert answer.status_code == 422
    assert (
        people["registrar"].post(f"/registrar/keys/{offer.id}", data={"voice": "approve"}).status_code == 404
    )
    proof = {"signature": encode_base64url(key.sign(offer.challenge.encode()))}
    people["signer"].post(f"/console/keys/{offer.id}/proof", data=proof)
    people["registrar"].post(f"/registrar/keys/{offer.id}", data={"voice": "refuse"})
    assert len(house.registry.keyrings.ring(house.association).keys) == 1


def test_the_did_document_lists_it_and_the_one_before_stays_good(house, people, make_body):
    before = house.issued(make_body())
    qr = house.verifier.qr_text(before["code"])
    key = PrivateKey.generate(Algorithm.ED25519)
    adopt(house, people, key.public.multikey, lambda data: encode_base64url(key.sign(data)))
    document = house.client().get(f"/assessors/{house.association}/did.json").json
    assert [one["publicKeyMultibase"] for one in document["verificationMethod"]][-1] == key.public.multikey
    assert len(document["assertionMethod"]) == 2
    assert house.verify(code=before["code"])["outcome"] == "valid"
    assert (
        house.verifier.qr_text(before["code"]) == qr
    )  # by the key that signed the certificate, which is held here
    refused = house.issue(make_body(person=1))
    assert (refused.status_code, refused.json["code"]) == (409, "key.not_held")
    assert "reservations" in refused.json["detail"]
    with pytest.raises(Refused, match="not_held"):
        house.registry.keyrings.signing_key(house.association)


def test_reserved_signed_recorded_and_verified_online_and_offline(house, own, make_body):
    reserved = reserve(house, make_body())
    credential = rfc8785.dumps(signed(house, reserved, own)).decode()
    asked = {name: decode_base64url(text) for name, text in reserved["sign"].items()}
    assert asked.keys() == {"qr", "sd_jwt"}
    also = {name: encode_base64url(own.sign(data)) for name, data in asked.items()}
    response = send(house, {"credential": credential, "signatures": also})
    assert response.status_code == 201, response.json
    recorded = response.json
    assert recorded["credential"] == credential  # byte for byte
    assert (recorded["number"], recorded["code"]) == (reserved["number"], reserved["code"])
    assert house.verify(code=recorded["code"])["outcome"] == "valid"
    assert house.verify(credential=credential)["outcome"] == "valid"
    again = send(house, {"credential": credential, "signatures": also})
    assert (again.status_code, again.json["number"]) == (201, recorded["number"])
    assert house.database["reservations"].count_documents({}) == 0

    text = house.verifier.qr_text(recorded["code"])
    assert house.verify(qr=text)["outcome"] == "valid"
    listed = read_trust_list(house.client().get("/trust-list").data, root=None)
    checks = check_gate(text, Evidence(listed.find, trust_by_id=listed.find_by_id), at=house.clock()).checks
    assert {c.name: c.result.value for c in checks}["signature"] == "passed"
    record = house.registry.record.find(recorded["code"])
    token = selective_token(house.registry, record)
    assert house.verify(presentation=token)["outcome"] == "valid"


def test_a_bare_credential_is_recorded_as_it_is_and_its_qr_leads_to_the_page(house, own, make_body):
    reserved = reserve(house, make_body())
    text = json.dumps(signed(house, reserved, own), ensure_ascii=False, indent=1)
    response = house.client().post(
        "/api/v1/certificates",
        data=text.encode(),
        headers=house.headers(**{"Content-Type": "application/json"}),
    )
    assert response.status_code == 201, response.json
    assert response.json["credential"] == text
    assert house.verify(code=reserved["code"])["outcome"] == "valid"
    assert house.verifier.qr_text(reserved["code"]) == f"http://127.0.0.1:8000/v/{reserved['code']}"
    assert selective_token(house.registry, house.registry.record.find(reserved["code"])) is None


def test_what_is_refused(house, own, make_body, people):
    reserved = reserve(house, make_body())
    good = signed(house, reserved, own)
    subject = reserved["credential"]["credentialSubject"]

    def code(body):
        response = send(house, body)
        assert response.status_code in {409, 422}, response.json
        return response.json["code"]

    assert code(signed(house, reserved, own, credentialSubject=subject | {"skillLevel": "1"})) in {
        "credential.shape",
        "own_key.altered",
    }
    assert code({"credential": signed(house, reserved, own, name="another")}) == "credential.shape"
    stranger = PrivateKey.generate(Algorithm.ED25519)
    assert code({"credential": signed(house, reserved, stranger)}) == "proof.signature"
    assert code({"credential": reserved["credential"]}) == "proof.missing"
    assert code({"credential": good, "signatures": {"qr": "AAAA"}}) == "own_key.signature"
    assert code({"credential": 1}) == "own_key.body"
    assert code({"credential": good, "more": 1}) == "field.unknown"
    house.clock.advance(minutes=5)
    early = sign(
        reserved["credential"],
        key=own,
        verification_method=reserved["verification_method"],
        created=house.clock().replace(year=2025),
    )
    assert code({"credential": early}) == "own_key.created"
    house.clock.advance(minutes=6)
    assert code({"credential": signed(house, reserved, own)}) == "own_key.reservation"
    assert house.database["certificates"].count_documents({}) == 0


def test_the_old_held_key_signs_nothing_new_and_another_assessor_reaches_no_reservation(
    house, own, make_body
):
    reserved = reserve(house, make_body())
    ring = house.registry.keyrings.ring(house.association)
    held = house.registry.keyrings.held_key(house.association, ring.keys[0].id)
    late = sign(reserved["credential"], key=held, verification_method=ring.keys[0].id, created=house.clock())
    assert send(house, {"credential": late}).json["code"] == "key.signed_after_retirement"
    other = house.client().post(
        "/api/v1/certificates",
        json={"credential": signed(house, reserved, own)},
        headers=house.headers(house.enterprise),
    )
    assert other.json["code"] == "own_key.reservation"
    nothing = house.client().post(
        "/api/v1/certificates/reservations", json=make_body(), headers=house.headers(house.enterprise)
    )
    assert nothing.json["code"] == "own_key.none"


def test_an_accreditation_that_ended_meanwhile_counts_and_a_second_one_is_refused(house, own, make_body):
    one, two = reserve(house, make_body()), reserve(house, make_body())
    assert one["number"] != two["number"]
    assert send(house, {"credential": signed(house, one, own)}).status_code == 201
    held = send(house, {"credential": signed(house, two, own)})
    assert held.json["code"] == "issue.already_held"
    three = reserve(house, make_body(person=5))
    house.issuers.assessors.end_accreditation(house.association, "A-02", on=house.clock().date())
    house.forget()
    assert send(house, {"credential": signed(house, three, own)}).json["code"] == "scope.date"


def test_no_identity_number_lies_open_in_a_reservation(house, own, make_body):
    reserve(house, make_body())
    kept = str(house.database["reservations"].find_one())
    assert make_body()["holder"]["id_number"] not in kept


def test_the_script_of_the_documentation(house, people, script, make_body, tmp_path, monkeypatch):
    multikey = script.new_key(tmp_path / "key")
    key = script.read_key(tmp_path / "key")
    adopt(house, people, multikey, lambda data: script.sign_bytes(key, data))
    server = make_server("127.0.0.1", 0, house.app)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    monkeypatch.setattr(script, "datetime", Frozen(house.clock))
    try:
        token = house.tokens[house.association]
        answer = script.issue(key, f"http://127.0.0.1:{server.server_port}", token, make_body())
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert house.verify(code=answer["code"])["outcome"] == "valid"
    assert house.verify(qr=house.verifier.qr_text(answer["code"]))["outcome"] == "valid"
    assert "own_key.py" in (DOCS / "own-keys.md").read_text("utf-8")
    assert re.fullmatch("z6Mk[1-9A-HJ-NP-Za-km-z]{44}", multikey)


class Frozen:
    """A clock for the script: the service's own."""

    def __init__(self, clock):
        self._clock = clock

    def now(self, _):
        return self._clock()
