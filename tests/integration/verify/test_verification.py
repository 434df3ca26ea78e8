"""Verification against the real record: each outcome over the API, and the person stays masked."""

import json
from datetime import UTC, date, datetime
from io import BytesIO

import pytest

from keys.errors import Refused
from registry.cache import LIFE
from registry.keyrings import SETTLE

NAME = "欧阳试验"


@pytest.fixture
def issued(house):
    return house.issued()


def outcome(verdict):
    return verdict["outcome"], verdict["reason"]["code"] if verdict["reason"] else None


def everywhere(house, issued, make_body):
    """The verdict by each way of asking."""
    holder = make_body()["holder"]
    return {
        "code": house.verify(code=issued["code"]),
        "name": house.verify(number=issued["number"], holder=holder["name"]),
        "identity": house.verify(number=issued["number"], holder=holder["id_number"]),
        "text": house.verify(credential=issued["credential"]),
        "object": house.verify(credential=json.loads(issued["credential"])),
    }


def change(house, issued, act, reason="under_investigation"):
    path = f"/api/v1/certificates/{issued['number']}/{act}"
    response = house.client().post(path, json={"reason": reason}, headers=house.headers())
    assert response.status_code == 200, response.json


def check_all(house, issued, make_body, expected):
    for way, verdict in everywhere(house, issued, make_body).items():
        assert outcome(verdict) == expected, way
        if expected[0] != "valid":
            check_silent(json.dumps(verdict, ensure_ascii=False), make_body()["holder"])
            assert verdict["benefits"] is None


def check_silent(said, holder):
    """Nothing of the person: not the name, not the number, masked or whole."""
    for datum in (holder["name"], "欧**验", holder["id_number"], holder["id_number"][:6], "15**"):
        assert datum not in said


def test_valid_by_each_way(house, issued, make_body):
    check_all(house, issued, make_body, ("valid", None))


def test_revoked_at_once(house, issued, make_body):
    change(house, issued, "revocation", "false_results")
    check_all(house, issued, make_body, ("revoked", "status.revoked"))


def test_suspended_until_lifted(house, issued, make_body):
    change(house, issued, "suspension")
    check_all(house, issued, make_body, ("suspended", "status.suspended"))
    house.client().delete(f"/api/v1/certificates/{issued['number']}/suspension", headers=house.headers())
    check_all(house, issued, make_body, ("valid", None))


def test_superseded(house, issued, make_body):
    house.database["certificates"].update_one({"_id": issued["code"]}, {"$set": {"state": "superseded"}})
    check_all(house, issued, make_body, ("superseded", "status.superseded"))


def test_a_post_expires(house, make_body):
    appointment = {"employer": "东莞示例精密制造有限公司", "from": "2026-01-01", "to": "2026-12-01"}
    issued = house.issued(make_body(level="special", appointment=appointment), assessor=house.enterprise)
    assert outcome(house.verify(code=issued["code"])) == ("valid", None)
    house.clock.advance(days=9)
    check_all(house, issued, make_body, ("expired", "validity.expired"))


def test_not_yet_valid(house, issued, make_body):
    house.clock.advance(days=-1)
    check_all(house, issued, make_body, ("not_yet_valid", "validity.not_yet"))


def test_an_unknown_assessor_is_untrusted(house, issued, make_body):
    house.database["assessors"].delete_one({"_id": house.association})
    house.forget()
    found = everywhere(house, issued, make_body)
    for way in ("name", "identity"):  # by number: no assessor here has its first 13 characters
        assert outcome(found.pop(way)) == ("unknown", "lookup.not_issued_here")
    assert {outcome(verdict) for verdict in found.values()} == {("untrusted", "issuer.unknown")}


def test_an_accreditation_withdrawn_from_before_the_issue_is_untrusted(house, issued, make_body):
    house.issuers.assessors.end_accreditation(house.association, "A-02", on=date(2026, 11, 1))
    house.forget()
    check_all(house, issued, make_body, ("untrusted", "scope.date"))


def test_an_accreditation_that_ends_later_leaves_it_valid(house, issued, make_body):
    house.issuers.assessors.end_accreditation(house.association, "A-02", on=date(2026, 11, 23))
    house.forget()
    check_all(house, issued, make_body, ("valid", None))


def test_it_verifies_after_a_rotation_and_so_does_what_comes_then(house, issued, make_body):
    house.clock.advance(hours=1)
    house.registry.keyrings.rotate(house.association, at=house.clock())
    house.forget()
    check_all(house, issued, make_body, ("valid", None))
    house.clock.advance(hours=1)
    later = house.issued(make_body(person=1))
    method = json.loads(later["credential"])["proof"][0]["verificationMethod"]
    assert method != json.loads(issued["credential"])["proof"][0]["verificationMethod"]
    assert outcome(house.verify(code=later["code"])) == ("valid", None)


def test_a_process_that_has_not_heard_of_a_rotation_yet_signs_what_verifies(
    house, issued, make_body, monkeypatch
):
    monkeypatch.setattr(
        house.registry.signing_key, "_life", 3_600.0
    )  # however slow the machine, it remembers
    before, _ = house.registry.signing_key(house.association)
    house.registry.keyrings.rotate(house.association, at=house.clock())  # by another process
    house.clock.advance(seconds=LIFE)
    late = house.issued(make_body(person=1))
    assert json.loads(late["credential"])["proof"][0]["verificationMethod"] == before
    house.forget()
    for question in ({"code": late["code"]}, {"credential": late["credential"]}):
        assert outcome(house.verify(**question)) == ("valid", None)
    house.clock.advance(seconds=SETTLE.total_seconds())
    with pytest.raises(Refused, match=r"key\.signed_after_retirement"):
        house.registry.keyrings.ring(house.association).key_at(before, house.clock())


def test_a_compromised_key_leaves_what_was_recorded_before(house, issued, make_body):
    house.clock.advance(hours=2)
    late = house.issued(make_body(person=1))
    key = json.loads(issued["credential"])["proof"][0]["verificationMethod"]
    since = house.clock.now.replace(hour=house.clock.now.hour - 1)
    house.registry.keyrings.compromise(house.association, key, since=since)
    house.forget()
    check_all(house, issued, make_body, ("valid", None))
    assert outcome(house.verify(code=late["code"])) == ("untrusted", "key.compromised")


def test_a_proof_dated_back_does_not_help_a_stolen_key(house, issued):
    """The record's own time decides: the same bytes, entered after the cut-off."""
    key = json.loads(issued["credential"])["proof"][0]["verificationMethod"]
    house.registry.keyrings.compromise(house.association, key, since=house.clock.now.replace(hour=5))
    late = house.clock.now.replace(hour=6)
    house.database["certificates"].update_one({"_id": issued["code"]}, {"$set": {"recorded_at": late}})
    house.forget()
    assert outcome(house.verify(code=issued["code"])) == ("untrusted", "key.compromised")


def test_an_altered_certificate_is_broken(house, issued, make_body):
    for old, new in (('"skillLevel":"3"', '"skillLevel":"1"'), (NAME, "欧阳试飞"), ("330000", "440000")):
        verdict = house.verify(credential=issued["credential"].replace(old, new))
        assert verdict["outcome"] in {"broken", "untrusted"}
        assert verdict["certificate"] is None
        check_silent(json.dumps(verdict, ensure_ascii=False), make_body()["holder"])


def test_a_record_that_was_altered_is_broken(house, issued, make_body):
    altered = issued["credential"].replace('"skillLevel":"3"', '"skillLevel":"1"').encode()
    house.database["certificates"].update_one({"_id": issued["code"]}, {"$set": {"credential": altered}})
    assert house.verify(code=issued["code"])["outcome"] == "broken"


def test_unknown(house, issued, make_body):
    assert outcome(house.verify(code="A" * 22)) == ("unknown", "record.missing")
    assert outcome(house.verify(code="A" * 10_000)) == ("unknown", "record.missing")
    house.database["certificates"].delete_one({"_id": issued["code"]})
    assert outcome(house.verify(credential=issued["credential"])) == ("unknown", "record.missing")


def test_a_wrong_holder_and_an_unknown_number_get_the_same_answer(house, issued, make_number):
    answers = [
        house.verify(number=issued["number"], holder="欧阳试飞"),
        house.verify(number=issued["number"], holder=make_number(5)),
        house.verify(number=issued["number"], holder="欧**验"),
        house.verify(number=issued["number"], holder="15**************10"),
        house.verify(number=issued["number"], holder=""),
        house.verify(number="S000033000002263999999", holder=NAME),
    ]
    assert {json.dumps(answer, sort_keys=True) for answer in answers} == {
        json.dumps(answers[0], sort_keys=True)
    }
    assert outcome(answers[0]) == ("unknown", "lookup.no_match")


@pytest.mark.parametrize(
    "credential", ["", "x", "{}", "null", 7, [], {}, True, "[" * 40, {"issuer": {"id": {"$ne": 1}}}]
)
def test_what_is_no_certificate_is_broken(house, credential):
    assert house.verify(credential=credential)["outcome"] == "broken"


def test_members_that_are_no_text_never_reach_the_database(house, issued):
    for path in (
        ("issuer", "id"),
        ("credentialSubject", "certificateNumber"),
        ("credentialSubject", "region"),
    ):
        credential = json.loads(issued["credential"])
        credential[path[0]][path[1]] = {"$ne": ""}
        assert outcome(house.verify(credential=credential)) == ("broken", "credential.shape")


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "verification.one_form", None),
        ({"code": "x", "credential": "y"}, "verification.one_form", None),
        ({"number": "x"}, "verification.one_form", None),
        ({"code": None}, "field.null", "code"),
        ({"code": {"$ne": ""}}, "field.text", "code"),
        ({"number": ["x"], "holder": "y"}, "field.text", "number"),
        ({"kode": "x"}, "field.unknown", "kode"),
    ],
)
def test_a_bad_question_is_a_problem(house, body, code, field):
    response = house.client().post("/api/v1/verifications", json=body)
    assert (response.status_code, response.json["code"]) == (422, code)
    assert response.json["field"] == field or field is None


PAGES = ["/v/{code}", "/w/{code}", "/v/{code}?lang=en", "/v/{code}/qr.svg"]


@pytest.mark.parametrize("path", PAGES)
def test_no_page_holds_the_whole_name_or_number(house, issued, make_body, path):
    response = house.client().get(path.format(**issued))
    holder = make_body()["holder"]
    assert response.status_code == 200
    assert holder["name"].encode() not in response.data
    assert holder["id_number"].encode() not in response.data
    assert holder["id_number"][6:14].encode() not in response.data
    assert json.dumps(holder["name"])[1:-1].encode() not in response.data


def test_a_look_up_does_not_repeat_what_was_typed(house, issued, make_body):
    holder = make_body()["holder"]
    for typed in (holder["name"], holder["id_number"]):
        page = house.client().post("/lookup", data={"number": issued["number"], "holder": typed})
        assert page.status_code == 200
        assert 'data-outcome="valid"' in page.text
        assert holder["name"] not in page.text
        assert holder["id_number"] not in page.text


@pytest.mark.parametrize("act", ["revocation", "suspension"])
def test_a_negative_page_is_silent_about_the_person(house, issued, make_body, act):
    change(house, issued, act)
    for path in PAGES[:3]:
        page = house.client().get(path.format(**issued)).text
        check_silent(page.replace(issued["number"], ""), make_body()["holder"])


def test_the_api_shows_the_person_masked(house, issued):
    shown = house.verify(code=issued["code"])["certificate"]["holder"]
    assert (shown["name"], shown["id_number"][:2], shown["id_number"][2:-2]) == ("欧**验", "15", "*" * 14)


def test_at_rest_no_name_and_no_number_but_in_the_signed_certificate(house, issued, make_body):
    stored = house.database["certificates"].find_one({"_id": issued["code"]})
    signed = stored.pop("credential")
    assert signed.decode() == issued["credential"]
    holder = make_body()["holder"]
    assert holder["id_number"].encode() not in signed
    for datum in (holder["name"], holder["id_number"]):
        assert datum not in repr(stored)
        assert repr(datum.encode())[2:-1] not in repr(stored)


def test_an_uploaded_file_or_picture_is_verified(house, issued):
    client = house.client()
    picture = client.get(f"/v/{issued['code']}/qr.png").data
    for data in (issued["credential"].encode(), b"\n " + issued["credential"].encode(), picture):
        response = client.post("/api/v1/verifications", data={"file": (BytesIO(data), "f")})
        assert response.json["outcome"] == "valid"


@pytest.mark.parametrize(
    ("data", "code"), [(b"\x89PNG\r\n", "picture.unreadable"), (b"hello", "picture.unreadable")]
)
def test_a_file_that_is_neither_is_a_problem(house, data, code):
    files = {"file": (BytesIO(data), "f")}
    response = house.client().post("/api/v1/verifications", data=files)
    assert (response.status_code, response.json["code"]) == (422, code)


def test_the_verdict_says_as_of_when(house, issued):
    house.clock.now = datetime(2026, 12, 1, 1, 2, 3, tzinfo=UTC)
    assert house.verify(code=issued["code"])["as_of"] == "2026-12-01T01:02:03Z"
