"""Changes of many: a dry run that stores nothing, two people, each certificate once, lifted as a whole."""

from __future__ import annotations

import re

import pytest

from issuers.changes.many_store import LEASE


class Person:
    """Somebody signed in."""

    def __init__(self, house, name, owner, role):
        house.make_account(name, owner, role)
        self.client = house.client()
        house.enter(self.client, name)

    def post(self, path, sent=None):
        page = self.client.get("/console/changes").text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        return self.client.post(path, data={"csrf_token": token, **(sent or {})})


@pytest.fixture
def numbers(house, make_body):
    return [house.issued(make_body(person=person))["number"] for person in range(12)]


@pytest.fixture
def clerk(house):
    return Person(house, "clerk-a", house.association, "clerk")


@pytest.fixture
def signer(house):
    return Person(house, "signer-a", house.association, "signer")


ASKED = {"act": "suspend", "reason": "lax_exam", "level": "3"}


def prepare(person, **changes):
    answer = person.post("/console/changes", ASKED | changes)
    assert answer.status_code == 302, answer.text
    return answer.location


def work(house):
    while house.issuers.many.work_once("test"):
        pass


def states(house):
    return [one["state"] for one in house.database["certificates"].find()]


def test_a_dry_run_tells_how_many_and_stores_nothing(house, numbers, clerk):
    before = house.counts()
    page = clerk.post("/console/changes/preview", ASKED)
    assert page.status_code == 200
    assert "<dd>12</dd>" in page.text
    after = house.counts()
    assert after["many_changes"] == after["many_chunks"] == 0
    assert after["certificates"] == before["certificates"]


def test_another_person_approves_and_each_is_changed_once(house, numbers, clerk, signer):
    path = prepare(clerk)
    work(house)
    assert set(states(house)) == {"valid"}  # nothing before the approval
    assert clerk.post(f"{path}/approve").status_code == 403
    assert signer.post(f"{path}/approve").status_code == 302
    assert signer.post(f"{path}/approve").status_code == 409
    work(house)
    assert set(states(house)) == {"suspended"}
    assert all(len(one["changes"]) == 1 for one in house.database["certificates"].find())
    assert 'data-state="done"' in signer.client.get(path).text


def test_who_prepared_may_not_approve(house, numbers, signer):
    path = prepare(signer)
    assert signer.post(f"{path}/approve").status_code == 403
    work(house)
    assert set(states(house)) == {"valid"}


def test_a_killed_worker_changes_nothing_twice(house, numbers, clerk, signer, clock):
    path = prepare(clerk)
    signer.post(f"{path}/approve")
    desk = house.issuers.many
    chunk = desk.changes.take_chunk("killed", at=clock())
    act = desk.changes.find(chunk["many"])
    for code in chunk["codes"][:5]:  # then it is killed
        house.database["certificates"].update_one(
            {"_id": code},
            {
                "$set": {"state": "suspended"},
                "$push": {
                    "changes": {
                        "state": "suspended",
                        "at": clock(),
                        "reason": "lax_exam",
                        "by": "signer-a",
                        "note": "",
                        "owner": house.association,
                        "act": act["_id"],
                    }
                },
            },
        )
    work(house)
    assert states(house).count("suspended") == 5  # the lease holds
    clock.advance(seconds=LEASE.total_seconds() + 1)
    work(house)
    assert set(states(house)) == {"suspended"}
    assert all(len(one["changes"]) == 1 for one in house.database["certificates"].find())
    assert desk.changes.progress(act["_id"]) == (12, 12)


def test_a_mistaken_suspension_is_lifted_as_a_whole(house, numbers, clerk, signer):
    other = {"reason": "fraud"}
    path = f"/api/v1/certificates/{numbers[0]}/suspension"
    assert house.client().post(path, json=other, headers=house.headers()).status_code == 200
    suspended = prepare(clerk)
    signer.post(f"{suspended}/approve")
    work(house)
    lifted = clerk.post(f"{suspended}/undo").location
    assert signer.post(f"{lifted}/approve").status_code == 302
    work(house)
    # the one that was suspended for another reason stays so
    assert states(house).count("suspended") == 1
    assert house.registry.record.find_by_number(numbers[0]).state.value == "suspended"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"act": "suspend", "reason": "lax_exam"}, 422),
        ({"act": "dance", "reason": "lax_exam", "level": "3"}, 422),
        ({"act": "suspend", "reason": "ordered", "level": "3"}, 422),
        ({"act": "suspend", "reason": "lax_exam", "level": "1"}, 422),
        ({"act": "suspend", "reason": "lax_exam", "issued_from": "yesterday"}, 422),
        ({"act": "suspend", "reason": "lax_exam", "batch": "none"}, 404),
    ],
)
def test_what_is_refused_is_said_and_keeps_nothing(house, numbers, clerk, sent, status):
    assert clerk.post("/console/changes", sent).status_code == status
    assert house.database["many_changes"].count_documents({}) == 0


def test_another_assessor_reaches_nothing_of_it(house, numbers, clerk):
    path = prepare(clerk)
    stranger = Person(house, "signer-b", house.college, "signer")
    assert stranger.client.get(path).status_code == 404
    assert stranger.post(f"{path}/approve").status_code == 404
    pasted = {"act": "revoke", "reason": "fraud", "numbers": "\n".join(numbers)}
    assert stranger.post("/console/changes", pasted).status_code == 422  # none of them is theirs


def test_the_registry_changes_those_of_any_assessor(house, numbers):
    one = Person(house, "registrar-1", "registry", "registrar")
    two = Person(house, "registrar-2", "registry", "registrar")
    path = prepare(one, reason="inspection", assessor=house.association)
    assert two.post(f"{path}/approve").status_code == 302
    work(house)
    assert set(states(house)) == {"suspended"}
