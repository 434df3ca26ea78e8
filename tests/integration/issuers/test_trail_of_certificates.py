"""Certificates in the trail: who, by which request or batch, and whose act, however they are issued or changed."""

from __future__ import annotations

import io

import pytest

from registry.audit.trail import Filter
from registry.audit.writer import TrailWriter
from tests.integration.conftest import ASSOCIATION, House
from tests.integration.issuers.batches.test_batches import make_list


@pytest.fixture
def free(house: House):
    """The house without tokens in forms."""
    house.app.config["WTF_CSRF_ENABLED"] = False
    yield house
    house.app.config["WTF_CSRF_ENABLED"] = True


def enter(house: House, name: str, owner: str, role: str):
    house.make_account(name, owner, role)
    client = house.client()
    house.enter(client, name)
    return client


def entries(house: House, **wanted: str) -> list[dict]:
    TrailWriter(house.database, house.clock).catch_up()
    return list(house.registry.trail.walk(Filter(**wanted)))


def work(desk) -> None:
    while desk.work_once("test"):
        pass


def test_the_request_of_a_token(free):
    issued = free.issue()
    number = issued.json["number"]
    paths = [f"/api/v1/certificates/{number}/suspension", f"/api/v1/certificates/{number}/reissue"]
    suspended = free.client().post(paths[0], json={"reason": "under_investigation"}, headers=free.headers())
    lifted = free.client().delete(paths[0], headers=free.headers())
    again = free.client().post(paths[1], json={"reason": "lost"}, headers=free.headers())
    told = entries(free, subject=f"certificate:{number}")
    answers = {
        "certificate.issued": {issued, again},  # the second under the same number
        "certificate.suspended": {suspended},
        "certificate.resumed": {lifted},
        "certificate.superseded": {again},
    }
    wanted = {(act, one.headers["X-Request-Id"]) for act, all_ in answers.items() for one in all_}
    assert {(one["act"], one["request"]) for one in told} == wanted
    assert len(told) == 5
    assert {(one["by"], one["owner"]) for one in told} == {("", ASSOCIATION)}


def test_the_registrars_suspension_is_the_registrys_act_and_its_assessor_sees_it(free):
    number = free.issued()["number"]
    registrar = enter(free, "registrar", "registry", "registrar")
    form = {"suspend_reason": "inspection"}
    answer = registrar.post(f"/console/certificates/{number}/suspend", data=form)
    (told,) = entries(free, act="certificate.suspended")
    assert (told["by"], told["owner"], told["why"]) == ("registrar", "registry", "inspection")
    assert told["request"] == answer.headers["X-Request-Id"]
    page = enter(free, "signer", ASSOCIATION, "signer").get("/console/trail?lang=en").text
    assert "Certificate suspended" in page
    assert (
        "Certificate suspended" not in enter(free, "other", free.college, "signer").get("/console/trail").text
    )


def test_a_batch_names_who_prepared_and_who_approved(free):
    clerk, signer = (enter(free, role, ASSOCIATION, role) for role in ("clerk", "signer"))
    sent = clerk.post("/console/batches/", data={"file": (io.BytesIO(make_list(3)), "a.csv")})
    batch_id = sent.location.rpartition("/")[2]
    work(free.services.batches)
    assert signer.post(f"/console/batches/{batch_id}/approval", data={"confirm": "yes"}).status_code == 303
    work(free.services.batches)
    told = entries(free, act="certificate.issued")
    assert len(told) == 3
    assert {(one["by"], one["after"]["prepared_by"], one["request"]) for one in told} == {
        ("signer", "clerk", f"batch:{batch_id}")
    }
    of_batch = {one["act"]: one["by"] for one in entries(free, subject=f"batch:{batch_id}")}
    assert of_batch == {"batch.prepared": "clerk", "batch.approved": "signer"}


def test_a_change_of_many_names_its_act(free, make_body):
    for person in range(2):
        free.issued(make_body(person=person))
    clerk, signer = (enter(free, role, ASSOCIATION, role) for role in ("clerk", "signer"))
    form = {"act": "suspend", "reason": "lax_exam", "level": "3"}
    prepared = clerk.post("/console/changes", data=form)
    assert prepared.status_code in (302, 303), prepared.text
    signer.post(f"{prepared.location}/approve")
    work(free.services.issuers.many)
    told = entries(free, act="certificate.suspended")
    many = prepared.location.rpartition("/")[2]
    assert {(one["by"], one["request"]) for one in told} == {("signer", f"changes:{many}")}
