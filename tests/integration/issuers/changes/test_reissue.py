"""Issued again: one transaction, one certificate that stands, and the old code leads to it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from issuers.changes.allowance import ALONE
from registry.credential import parse_credential, read_face


def reissue(house, number, body, **headers):
    path = f"/api/v1/certificates/{number}/reissue"
    return house.client().post(path, json=body, headers=house.headers(**headers))


def test_after_a_loss_the_number_stays_and_the_old_code_leads_on(house, make_body):
    old = house.issued()
    answer = reissue(house, old["number"], {"reason": "lost"})
    assert answer.status_code == 201, answer.json
    new = answer.json
    assert new["number"] == old["number"]
    assert new["code"] != old["code"]
    face = read_face(parse_credential(new["credential"].encode()))
    assert (face.reissue.replaces, face.reissue.reason) == (old["code"], "lost")
    assert face.status != read_face(parse_credential(old["credential"].encode())).status

    gone = house.verify(code=old["code"])
    assert gone["outcome"] == "superseded"
    assert gone["certificate"]["holder"] is None
    assert gone["successor"]["code"] == new["code"]
    assert gone["successor"]["reason"]["code"] == "lost"
    page = house.client().get(f"/v/{old['code']}").text
    assert f'href="/v/{new["code"]}"' in page
    assert "欧阳" not in page

    stands = house.verify(code=new["code"])
    assert (stands["outcome"], stands["successor"]) == ("valid", None)
    assert stands["certificate"]["reissued_on"] == "2026-11-22"
    assert house.verify(number=old["number"], holder="欧阳试验")["outcome"] == "valid"
    # the person still holds it, once
    assert house.issue(make_body()).json["code"] == "issue.already_held"


@pytest.mark.parametrize(
    ("reason", "changes", "keeps"),
    [
        ("name_changed", {"holder": {"name": "欧阳新名"}}, True),
        ("data_error", {"occupation": {"code": "4-10-01-05", "edition": "2022"}}, True),
        ("data_error", {"level": "4"}, False),
    ],
)
def test_what_is_put_right(house, reason, changes, keeps):
    old = house.issued()
    answer = reissue(house, old["number"], {"reason": reason} | changes)
    assert answer.status_code == 201, answer.json
    assert (answer.json["number"] == old["number"]) is keeps
    assert house.verify(code=answer.json["code"])["outcome"] == "valid"
    by_number = house.verify(number=old["number"], holder="欧阳新名" if "holder" in changes else "欧阳试验")
    assert by_number["outcome"] == ("valid" if keeps else "superseded")


def test_another_document_is_another_person(house, make_body, make_number):
    old = house.issued()
    body = {"reason": "data_error", "holder": {"id_number": make_number(7)}}
    assert reissue(house, old["number"], body).status_code == 201
    assert house.issue(make_body(person=7)).json["code"] == "issue.already_held"
    assert house.issue(make_body()).status_code == 201


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"reason": "lost", "holder": {"name": "王新"}}, "reissue.not_for_reason", "holder.name"),
        ({"reason": "name_changed"}, "reissue.nothing_changed", "holder.name"),
        ({"reason": "name_changed", "level": "4"}, "reissue.not_for_reason", "level"),
        ({"reason": "false_results"}, "state.reason_unknown", "reason"),
        ({"reason": "data_error", "level": "9"}, "level.unknown", "level"),
        ({"reason": "data_error", "holder": {"id_number": "1"}}, None, "holder.id_number"),
        ({"reason": "lost", "x": 1}, "field.unknown", "x"),
    ],
)
def test_what_is_refused_changes_nothing(house, body, code, field):
    old = house.issued()
    before = {name: n for name, n in house.counts().items() if name != "change_allowance"}
    answer = reissue(house, old["number"], body)
    assert answer.status_code == 422, answer.json
    assert code in (None, answer.json["code"])
    assert answer.json["field"] == field
    assert {name: n for name, n in house.counts().items() if name != "change_allowance"} == before
    assert house.verify(code=old["code"])["outcome"] == "valid"


def test_a_person_that_holds_it_already_bars_the_correction(house, make_body, make_number):
    old, _other = house.issued(), house.issued(make_body(person=7))
    body = {"reason": "data_error", "holder": {"id_number": make_number(7)}}
    assert reissue(house, old["number"], body).json["code"] == "issue.already_held"
    assert house.verify(code=old["code"])["outcome"] == "valid"


def test_of_many_at_once_one_does_it(house):
    old = house.issued()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: reissue(house, old["number"], {"reason": "lost"}), range(6)))
    certificates = list(house.database["certificates"].find())
    # a later one may replace what an earlier one issued; never do two stand, never none
    assert sum(one["state"] == "valid" for one in certificates) == 1
    assert len(certificates) == 1 + sum(answer.status_code == 201 for answer in answers)
    assert {answer.status_code for answer in answers} <= {201, 409}
    replaced = {one["replaced_by"] for one in certificates if one["state"] == "superseded"}
    assert replaced == {one["_id"] for one in certificates if one.get("replaces")}


def test_sent_twice_it_is_done_once(house):
    old = house.issued()
    first, second = (
        reissue(house, old["number"], {"reason": "lost"}, **{"Idempotency-Key": "k"}) for _ in range(2)
    )
    assert first.json["code"] == second.json["code"]
    assert house.database["certificates"].count_documents({}) == 2


def test_a_chain_leads_to_its_end(house):
    old = house.issued()
    for _ in range(2):
        last = reissue(house, old["number"], {"reason": "lost"}).json
    assert house.verify(code=old["code"])["successor"]["code"] == last["code"]
    assert house.registry.record.find_by_number(old["number"]).code == last["code"]
    assert [one.code for one in house.registry.record.find_all(codes=(), numbers=[old["number"]])] == [
        last["code"]
    ]


def test_a_suspended_or_revoked_one_is_not_issued_again(house):
    for act in ("suspension", "revocation"):
        number = house.issued()["number"]
        path = f"/api/v1/certificates/{number}/{act}"
        house.client().post(path, json={"reason": "under_investigation"}, headers=house.headers())
        assert reissue(house, number, {"reason": "lost"}).json["code"] == "state.already"
        house.client().post(
            path.replace("suspension", "revocation"), json={"reason": "fraud"}, headers=house.headers()
        )


def test_more_than_ten_within_an_hour_need_a_second_person(house, make_body, clock):
    numbers = [house.issued(make_body(person=person))["number"] for person in range(ALONE + 1)]
    answers = []
    for number in numbers:
        path = f"/api/v1/certificates/{number}/suspension"
        answers.append(house.client().post(path, json={"reason": "fraud"}, headers=house.headers()))
    assert [answer.status_code for answer in answers] == [200] * ALONE + [409]
    assert answers[-1].json["code"] == "state.four_eyes"
    assert house.registry.record.find_by_number(numbers[-1]).state.value == "valid"
    clock.advance(minutes=61)
    path = f"/api/v1/certificates/{numbers[-1]}/suspension"
    assert house.client().post(path, json={"reason": "fraud"}, headers=house.headers()).status_code == 200


def test_the_registry_suspends_and_only_it_lifts(house, clock):
    number = house.issued()["number"]
    token = house.issuers.assessors.new_token("registry", label="test", at=clock())
    bureau = {"Authorization": f"Bearer {token}"}
    path = f"/api/v1/certificates/{number}/suspension"
    assert (
        house.client().post(path, json={"reason": "inspection"}, headers=house.headers()).status_code == 422
    )
    assert house.client().post(path, json={"reason": "inspection"}, headers=bureau).status_code == 200
    assert house.client().delete(path, headers=house.headers()).json["code"] == "state.not_yours"
    assert house.client().delete(path, headers=bureau).json["state"] == "valid"
