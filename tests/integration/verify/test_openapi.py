"""What the service really answers fits the schemas of openapi.json, for every operation and many refusals."""

from __future__ import annotations

from io import BytesIO

import pytest
from jsonschema import Draft202012Validator

from registry.keyrings import REGISTRY
from verify.openapi import openapi_document

DOCUMENT = openapi_document()


def resolve(node):
    while "$ref" in node:
        found = DOCUMENT
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        node = found
    return node


@pytest.fixture
def ask(house):
    """Call an operation by its id; the answer must be described, and fit."""
    by_id = {
        operation["operationId"]: (method, path, operation)
        for path, methods in DOCUMENT["paths"].items()
        for method, operation in methods.items()
    }

    def call(operation_id, *, query="", headers=None, **given):
        method, path, operation = by_id[operation_id]
        names = {key: given.pop(key) for key in list(given) if f"{{{key}}}" in path}
        response = getattr(house.client(), method)(path.format(**names) + query, headers=headers, **given)
        described = operation["responses"]
        assert str(response.status_code) in described, (operation_id, response.status_code, response.json)
        content = resolve(described[str(response.status_code)])["content"]
        schema = content[response.mimetype]["schema"] | {"components": DOCUMENT["components"]}
        Draft202012Validator(schema).validate(response.json)
        return response.json

    return call


def test_certificates(house, ask, make_body):
    mine, other = house.headers(), house.headers(house.college)
    issued = ask("issueCertificate", json=make_body(), headers=mine)
    number = issued["number"]
    ask("issueCertificate", json=make_body(), headers=mine)  # 409
    ask("issueCertificate", json=make_body(level="0"), headers=mine)
    ask("issueCertificate", json=make_body())  # 401
    ask("issueCertificate", data=b"{", headers=mine | {"Content-Type": "application/json"})
    ask("issueCertificate", data=b" " * 70_000, headers=mine | {"Content-Type": "application/json"})
    ask("issueCertificate", data=b"{}", headers=mine | {"Content-Type": "text/plain"})
    ask("getCertificate", number=number, headers=mine)
    ask("getCertificate", number=number, headers=other)  # 404
    ask("suspendCertificate", number=number, json={"reason": "under_investigation"}, headers=mine)
    ask("liftSuspension", number=number, headers=mine)
    ask("liftSuspension", number=number, headers=mine)  # 409
    ask("revokeCertificate", number=number, json={"reason": "because"}, headers=mine)  # 422
    revoked = ask("revokeCertificate", number=number, json={"reason": "false_results"}, headers=mine)
    assert [change["state"] for change in revoked["changes"]] == ["suspended", "valid", "revoked"]


def test_a_post(house, ask, make_body):
    appointment = {"employer": "东莞示例精密制造有限公司", "from": "2026-11-01", "to": "2027-11-01"}
    body = make_body(level="special", appointment=appointment)
    issued = ask("issueCertificate", json=body, headers=house.headers(house.enterprise))
    verdict = ask("verifyCertificate", json={"code": issued["code"]})
    assert verdict["certificate"]["appointment"] == appointment


def test_verifications(house, ask, make_body):
    issued = ask("issueCertificate", json=make_body(), headers=house.headers())
    for question in (
        {"code": issued["code"]},
        {"code": "nobody"},
        {"number": issued["number"], "holder": "欧阳试验"},
        {"number": issued["number"], "holder": "x"},
        {"credential": issued["credential"]},
        {"credential": {}},
        {},
    ):
        ask("verifyCertificate", json=question)
    ask("verifyCertificate", data={"file": (BytesIO(issued["credential"].encode()), "certificate.json")})
    ask("verifyCertificate", data={"file": (BytesIO(b"nothing"), "x.png")})
    house.client().post(
        f"/api/v1/certificates/{issued['number']}/revocation",
        json={"reason": "false_results"},
        headers=house.headers(),
    )
    assert ask("verifyCertificate", json={"code": issued["code"]})["outcome"] == "revoked"


def test_directories_and_policy(house, ask):
    assert len(ask("listAssessors")["assessors"]) == 3
    ask("getAssessor", assessor_id=house.college)
    ask("getAssessor", assessor_id="nobody")
    ask("searchOccupations", query="?q=electric")
    ask("getOccupation", edition="2022", code="6-31-01-03")
    ask("getOccupation", edition="1871", code="6-31-01-03")
    ask("getBenefits", query="?level=3&region=330000")
    ask("getBenefits", query="?level=0")
    ask("getBenefits", query="?region=999999")
    policies = ask("listPolicies", query="?region=330000")["policies"]
    for policy in policies:
        ask("getPolicy", document_id=policy["id"])
    ask("getPolicy", document_id="nowhere")


def test_employers(house, ask):
    token = house.issuers.assessors.new_token(REGISTRY, label="test", at=house.clock())
    registrar, body = (
        {"Authorization": f"Bearer {token}"},
        DOCUMENT["components"]["examples"]["employer"]["value"],
    )
    assert ask("addEmployer", json=body, headers=registrar) == body
    ask("addEmployer", json=body, headers=registrar)  # 409
    ask("addEmployer", json=body | {"credit_code": "x"}, headers=registrar)
    ask("addEmployer", json=body, headers=house.headers())  # an assessor's token
    assert ask("listEmployers", headers=registrar) == {"employers": [body]}
    ask("listEmployers")
    ask("addEmployerToken", employer_id=body["id"], headers=registrar)
    ask("addEmployerToken", employer_id="nobody", headers=registrar)


def test_watches(house, ask, make_body):
    issued = ask("issueCertificate", json=make_body(), headers=house.headers())
    employer = house.issuers.employers.add("acme", name="示例用人单位", credit_code="91441900000000019N")
    token = house.issuers.assessors.new_token(employer.owner, label="test", at=house.clock())
    mine, other = {"Authorization": f"Bearer {token}"}, house.headers()
    ask("setWebhook", json={"url": "https://hr.example.com/x"}, headers=mine)
    ask("setWebhook", json={"url": "https://10.0.0.1/"}, headers=mine)  # 422
    ask("getWebhook", headers=mine)
    ask("addWatches", json={"codes": [issued["code"], "nobody"]}, headers=mine)
    ask("addWatches", json={"codes": []}, headers=mine)
    ask("addWatches", json={"codes": ["x"]}, headers=other)  # 403
    ask("listWatches")  # 401
    assert len(ask("listWatches", headers=mine)["watches"]) == 1
    reason = {"reason": "false_results"}
    ask("revokeCertificate", number=issued["number"], json=reason, headers=other)
    house.services.watch.notice([issued["code"]])
    [change] = ask("listWatchChanges", headers=mine)["changes"]
    ask("listWatchChanges", query="?since=x", headers=mine)
    ask("sendChangeAgain", change=change["id"], headers=mine)
    ask("sendChangeAgain", change="x.0", headers=mine)
    ask("removeWatch", code=issued["code"], headers=mine)
    ask("removeWatch", code=issued["code"], headers=mine)
    assert ask("removeWebhook", headers=mine) == {"url": None}


def test_look_ups_and_days(house, ask, make_body):
    issued = ask("issueCertificate", json=make_body(), headers=house.headers())
    number, holder = issued["number"], make_body()["holder"]
    for given in (
        {"number": number, "name": "x"},
        {"name": holder["name"], "id_number": holder["id_number"]},
    ):
        ask("verifyCertificate", json=given)
    ask("verifyCertificate", query="?at=2026-11-22", json={"code": issued["code"]})
    ask("verifyCertificate", query="?at=2026-11-21", json={"code": issued["code"]})
    ask("verifyCertificate", query="?at=2030-01-01", json={"code": issued["code"]})  # 422
    for _ in range(11):
        ask("verifyCertificate", json={"number": number, "name": "x"})  # 429 in the end
