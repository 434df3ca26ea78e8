"""Acts by token: each noted with the request that asked for it, and without a person."""

from __future__ import annotations

import pytest

from registry.keyrings import REGISTRY
from tests.integration.conftest import House, make_body, make_number
from tests.integration.issuers.batches.test_batches import make_list

RATE = {
    "region": "330000",
    "kind": "skill_level",
    "level": "3",
    "amount": 1500,
    "from": "2026-01-01",
    "source": "公告",
}
PERSON = make_body()["holder"]
ACCESS = {
    "holder": PERSON, "occupation": "6-18-01-01", "region": "330106", "checker": "employer", "checked_by": "示例厂",
}  # fmt: skip


@pytest.fixture
def call(house: House):
    employer = house.issuers.employers.add("acme", name="示例一厂", credit_code="91150700000000035M").owner
    owners = {"registry": REGISTRY, "employer": employer}
    tokens = {
        who: house.issuers.assessors.new_token(owner, label="test", at=house.clock())
        for who, owner in owners.items()
    }
    tokens["assessor"] = house.tokens[house.association]

    def ask(who: str, method: str, path: str, body: object = None, data: bytes | None = None):
        headers = {"Authorization": f"Bearer {tokens[who]}"} | ({"Content-Type": "text/csv"} if data else {})
        sent = {"data": data} if data else {"json": body}
        answer = house.client().open(f"/api/v1{path}", method=method, headers=headers, **sent)
        assert answer.status_code < 300, answer.text
        return answer

    return ask


def noted(house: House, answer) -> list[tuple[str, str]]:
    """Names and subjects of the acts of one request."""
    found = list(house.database["acts"].find({"request": answer.headers["X-Request-Id"]}))
    assert all(one["by"] == "" and one["owner"] for one in found)
    assert not any(word in repr(found) for word in (PERSON["name"], make_number(0)))
    return [(one["name"], one["subject"].partition(":")[0]) for one in found]


def test_the_registrys_token(house: House, call):
    assert noted(house, call("registry", "POST", "/subsidies/rates", RATE)) == [
        ("published.added", "published")
    ]
    assert noted(house, call("registry", "POST", "/access-checks", ACCESS)) == [("access.checked", "access")]
    number = house.issued()["number"]
    opened = call("registry", "POST", "/archives/search", {"holder": PERSON, "open": True})
    archive = opened.json["archive"]["code"]
    made = call("registry", "POST", f"/archives/{archive}/statement")
    assert noted(house, made) == [("statement.made", "archive")]
    credit = {"holder": PERSON, "result": number, "credits": 10, "rule": "DG-07"}
    assert noted(house, call("registry", "POST", "/credits", credit)) == [("credit.earned", "archive")]


def test_an_assessors_and_an_employers_token(house: House, call):
    sent = call("assessor", "POST", "/batches", data=make_list(2))
    assert noted(house, sent) == [("batch.prepared", "batch")]
    code = house.issued()["code"]
    assert noted(house, call("employer", "POST", "/watches", {"codes": [code]})) == [
        ("watch.begun", "employer")
    ]
    assert noted(house, call("employer", "DELETE", f"/watches/{code}")) == [("watch.ended", "certificate")]
    assert noted(house, call("employer", "DELETE", "/watches/webhook")) == [("watch.webhook_set", "employer")]
    listed = f"code\n{code}\n".encode()
    assert noted(house, call("employer", "POST", "/verifications/bulk", data=listed)) == [
        ("list.received", "list")
    ]
