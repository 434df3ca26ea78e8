"""An entitlement statement: made by a registrar, verified like a certificate, honest when anything has changed."""

import io
import json

import pytest

from issuers.changes.states import revoke
from keys.proof import sign
from registry.keyrings import REGISTRY
from registry.people import open_holder


@pytest.fixture
def registrar(house):
    token = house.issuers.assessors.new_token(REGISTRY, label="test", at=house.clock())
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def archive(house, make_body):
    """The archive of somebody with one certificate of level 3 in Zhejiang."""
    issued = house.issued(make_body())
    record = house.registry.record.find(issued["code"])
    holder = open_holder(house.registry.vault, record.holder, code=record.code)
    desk = house.registry.archive_desk
    return record, desk.find(desk.person(holder.id_type, holder.id_number), by="test")


def state(house, registrar, archive):
    answer = house.client().post(f"/api/v1/archives/{archive[1].code}/statement", headers=registrar)
    assert answer.status_code == 201, answer.json
    return answer.data


def verdict_on(house, data):
    answer = house.client().post("/api/v1/verifications", data={"file": (io.BytesIO(data), "statement.json")})
    assert answer.status_code == 200, answer.json
    return answer.json


def test_it_states_the_allowance_with_its_clause_and_verifies(house, registrar, archive):
    verdict = verdict_on(house, state(house, registrar, archive))
    assert verdict["outcome"] == "valid"
    assert [check["name"] for check in verdict["checks"]] == [
        "format",
        "issuer",
        "key",
        "signature",
        "rules",
        "status",
    ]
    allowance = verdict["statement"]["answers"][0]["benefits"]["allowances"][0]
    assert (allowance["amount"], allowance["strength"], allowance["rule"]) == (500, "encouraged", "ZJ-01")
    assert "zhejiang-2021-golden-blue" in verdict["statement"]["rule_sets"]


def test_only_a_registrar_makes_it(house, archive):
    path = f"/api/v1/archives/{archive[1].code}/statement"
    assert house.client().post(path).status_code == 401
    assert house.client().post(path, headers=house.headers()).status_code == 403


def test_a_changed_amount_is_broken(house, registrar, archive):
    data = state(house, registrar, archive).replace(b'"amount":500', b'"amount":900')
    verdict = verdict_on(house, data)
    assert (verdict["outcome"], verdict["reason"]["code"]) == ("broken", "proof.signature")
    assert verdict["statement"] is None


def test_an_added_member_is_broken(house, registrar, archive):
    document = json.loads(state(house, registrar, archive))
    document["credentialSubject"]["bonus"] = "2000"
    verdict = verdict_on(house, json.dumps(document).encode())
    assert (verdict["outcome"], verdict["reason"]["code"]) == ("broken", "statement.shape")


def test_it_speaks_for_no_certificate_that_was_revoked_since(house, registrar, archive):
    data = state(house, registrar, archive)
    revoke(house.registry.record, archive[0].code, reason="issued_in_error", by="test", at=house.clock())
    verdict = verdict_on(house, data)
    assert (verdict["outcome"], verdict["reason"]["code"]) == ("revoked", "statement.certificate_changed")


def test_amended_rules_make_it_unsure_not_false(house, registrar, archive):
    document = json.loads(state(house, registrar, archive))
    key_id, key = house.registry.signing_key(REGISTRY)

    del document["proof"]
    document["credentialSubject"]["ruleSets"]["zhejiang-2021-golden-blue"] = "0" * 64
    signed = sign(document, key=key, verification_method=key_id, created=house.clock())
    verdict = verdict_on(house, json.dumps(signed).encode())
    assert (verdict["outcome"], verdict["reason"]["code"]) == ("unknown", "statement.rules_amended")


def test_an_assessors_signature_makes_no_statement(house, registrar, archive):

    document = json.loads(state(house, registrar, archive))
    del document["proof"]
    key_id, key = house.registry.signing_key(house.association)
    document["issuer"] = key_id.partition("#")[0]
    signed = sign(document, key=key, verification_method=key_id, created=house.clock())
    verdict = verdict_on(house, json.dumps(signed).encode())
    assert (verdict["outcome"], verdict["reason"]["code"]) == ("untrusted", "issuer.unknown")


def test_who_holds_nothing_in_force_gets_none(house, registrar, archive):
    revoke(house.registry.record, archive[0].code, reason="issued_in_error", by="test", at=house.clock())
    answer = house.client().post(f"/api/v1/archives/{archive[1].code}/statement", headers=registrar)
    assert (answer.status_code, answer.json["code"]) == (422, "statement.nothing_held")


def test_the_page_shows_the_statement_and_masks_the_person(house, registrar, archive):
    data = state(house, registrar, archive)
    page = house.client().post("/upload", data={"file": (io.BytesIO(data), "s.json")}).text
    assert 'data-outcome="valid"' in page
    assert "500" in page
    assert "欧阳试验" not in page
