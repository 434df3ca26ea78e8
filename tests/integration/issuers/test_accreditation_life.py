"""From an application over decisions of two registrars to a withdrawal; what was certified meanwhile stays valid."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from io import BytesIO

import pytest

from issuers.accreditations.desk import Actor
from issuers.accreditations.life import Act, Terms, Voice, Vote
from issuers.accreditations.reminding import remind
from keys.errors import Refused
from keys.strict_json import loads
from registry.audit.writer import TrailWriter
from registry.keyrings import REGISTRY
from verify.checks import Evidence
from verify.gate_check import check_gate
from verify.trust_list import read_trust_list

SCOPE = {
    "kind": "skill_level",
    "occupations": "4-10-01-05",
    "levels": ["3", "4"],
    "region": "220000",
    "start": "2026-11-22",
    "until": "2029-11-22",
    "statement": "场地、设备、考评人员和制度齐备",
}
TERMS = {"voice": "approve", "document": "示例认定委〔2026〕8号", "effect": "", "until": "2029-11-22"}
BODY = {
    "id": "S000033000077",
    "name": "示例新设培训学校",
    "kind_of_body": "college",
    "credit_code": "51330000500000023C",
    "body_region": "330000",
}


@pytest.fixture
def enter(house):
    """Sign somebody in: ``enter("anna", "registry", "registrar")``."""
    house.app.config["WTF_CSRF_ENABLED"] = False

    def enter(name, owner, role):
        house.make_account(name, owner, role)
        client = house.client()
        house.enter(client, name)
        return client

    return enter


@pytest.fixture
def anna(enter):
    return enter("anna", REGISTRY, "registrar")


@pytest.fixture
def bo(enter):
    return enter("bo", REGISTRY, "registrar")


@pytest.fixture
def signer(house, enter):
    return enter("lihua", house.college, "signer")


def filed(response):
    assert response.status_code == 303, response.text
    return response.location.rpartition("/")[2]


def vote(client, case, **terms):
    return client.post(f"/registrar/accreditations/cases/{case}/vote?lang=en", data=TERMS | terms)


def propose(client, house, act, **terms):
    data = {"act": act, "document": "示例认定委〔2026〕9号", "effect": "", "reason": "抽查发现问题"} | terms
    return client.post(f"/registrar/accreditations/assessors/{house.association}/A-02?lang=en", data=data)


def decide(house, anna, bo, act, **terms):
    for name, client in (("anna", anna), ("bo", bo)):
        house.enter(client, name)  # a session does not live through the days that a test lets pass
    case = filed(propose(anna, house, act, **terms))
    data = {"document": "示例认定委〔2026〕9号", "until": "", "reason": ""} | terms
    assert vote(bo, case, **data).status_code == 303
    house.forget()
    return case


def public(house, assessor=None):
    return house.client().get(f"/api/v1/assessors/{assessor or house.association}").json


def test_from_an_application_to_a_public_scope(house, signer, anna, bo):
    case = filed(signer.post("/console/accreditations/apply", data=SCOPE))
    assert filed(vote(anna, case)) == case
    assert filed(vote(anna, case)) == case  # the same registrar once more: still one
    assert len(public(house, house.college)["accreditations"]) == 1
    assert filed(vote(bo, case)) == case
    house.forget()
    shown = public(house, house.college)
    [new] = [one for one in shown["accreditations"] if one["id"] == f"A-{case}"]
    assert (new["state"], new["decision"]) == ("current", TERMS["document"])
    assert new["windows"] == [{"from": "2026-11-22", "until": "2029-11-22"}]
    [decision] = shown["decisions"]
    assert (decision["act"], decision["effect"], decision["accreditation"]) == (
        "grant",
        "2026-11-22",
        new["id"],
    )
    assert "示例认定委〔2026〕8号" in house.client().get(f"/assessors/{house.college}").text
    assert "has decided" in signer.get("/console/notices?lang=en").text
    names = [
        act["name"] for act in house.database["acts"].find().sort("_id") if "accreditation" in act["name"]
    ]
    assert sorted(names) == [
        "accreditation.applied",
        "accreditation.approved",
        "accreditation.voted",
        "accreditation.voted",
        "accreditation.voted",
    ]
    assert vote(bo, case).status_code == 409  # decided


def test_refused_it_grants_nothing(house, signer, anna, bo):
    case = filed(signer.post("/console/accreditations/apply", data=SCOPE))
    assert vote(anna, case, voice="refuse").status_code == 422  # without a reason
    for client in (anna, bo):
        filed(vote(client, case, voice="refuse", reason="考评人员不足"))
    page = signer.get(f"/console/accreditations/cases/{case}?lang=en").text
    assert "考评人员不足" in page
    assert "Refused" in page
    assert len(public(house, house.college)["accreditations"]) == 1
    assert public(house, house.college)["decisions"] == []


def test_an_assessor_finds_what_was_decided_about_it_in_its_trail_but_not_by_whom(house, enter, anna, bo):
    signer = enter("wang", house.association, "signer")
    scope = SCOPE | {"occupations": "6-31-01-03", "region": "330000", "replaces": "A-02"}
    case = filed(signer.post("/console/accreditations/apply", data=scope))
    for client in (anna, bo):
        filed(vote(client, case, voice="refuse", reason="考评人员不足"))
    decide(house, anna, bo, "suspend")
    TrailWriter(house.database, house.clock).catch_up()

    def read(client, query=""):
        page = client.get(f"/console/trail?lang=en{query}")
        assert page.status_code == 200
        return page.text.partition("<tbody>")[2]

    rows = read(signer)
    for words in (
        "Refused by the committee",
        "考评人员不足",
        "withdrawal proposed",
        "Approved by the committee",
    ):
        assert words in rows
    assert case in read(signer, "&act=accreditation.refused")
    for hidden in ("anna", "<td>bo", "Vote cast"):
        assert hidden not in rows
    assert "anna" in anna.get("/registrar/trail").text  # the bureau reads who it was
    assert "Approved by the committee" not in read(signer, "&by=bo")
    assert "Refused by the committee" not in read(enter("li", house.college, "signer"))


def test_what_an_application_gets_wrong_is_said_at_its_field(signer):
    for change, field in (
        ({"occupations": "9-99-99-99"}, "occupations"),
        ({"occupations": " "}, "occupations"),
        ({"levels": []}, "levels"),
        ({"region": "999999"}, "region"),
        ({"until": "2026-11-22"}, "until"),
        ({"start": "tomorrow"}, "start"),
        ({"statement": ""}, "statement"),
    ):
        response = signer.post("/console/accreditations/apply", data=SCOPE | change)
        assert response.status_code == 422, field
        assert f'id="error-{field}"' in response.text


def test_a_new_body_is_admitted_by_the_decision(house, anna, bo):
    case = filed(anna.post("/registrar/accreditations/apply", data=SCOPE | BODY | {"region": "330000"}))
    assert house.client().get(f"/api/v1/assessors/{BODY['id']}").status_code == 404
    vote(anna, case)
    vote(bo, case)
    house.forget()
    assert public(house, BODY["id"])["accreditations"][0]["id"] == f"A-{case}"
    assert house.client().get(f"/assessors/{BODY['id']}/did.json").json["assertionMethod"]
    again = anna.post("/registrar/accreditations/apply", data=SCOPE | BODY | {"region": "330000"})
    assert again.status_code == 409
    wrong = anna.post("/registrar/accreditations/apply", data=SCOPE | BODY | {"credit_code": "x"})
    assert wrong.status_code == 422


def test_suspended_at_once_lifted_withdrawn_and_everything_issued_stays_valid(house, make_body, anna, bo):
    before = house.issued(make_body())
    decide(house, anna, bo, "suspend")
    refused = house.issue(make_body(person=1))
    assert (refused.status_code, refused.json["code"]) == (422, "scope.suspended")
    assert house.verify(code=before["code"])["outcome"] == "valid"

    house.clock.advance(days=3)
    house.forget()
    verdict = house.verify(code=before["code"])
    assert verdict["outcome"] == "valid"
    standing = verdict["certificate"]["accreditation"]
    assert (standing["covered"], standing["state"], standing["since"]) == (True, "suspended", "2026-11-23")
    assert public(house)["accreditations"][0]["state"] == "suspended"
    late = house.issue(make_body(person=1, issued_on="2026-11-22"))  # no late recording meanwhile either
    assert late.json["code"] == "scope.suspended"

    decide(house, anna, bo, "lift")
    during = house.issue(make_body(person=1, issued_on="2026-11-24"))  # of a day within the gap
    assert during.json["code"] == "scope.suspended"
    again = house.issued(make_body(person=1, issued_on="2026-11-25"))
    assert [one["from"] for one in public(house)["accreditations"][0]["windows"]] == [
        "2026-01-01",
        "2026-11-25",
    ]

    decide(house, anna, bo, "withdraw", effect="2026-12-01")
    assert house.issue(make_body(person=2, issued_on="2026-11-25")).status_code == 201  # until then
    house.clock.advance(days=30)
    house.forget()
    for one in (before, again):
        verdict = house.verify(code=one["code"])
        assert verdict["outcome"] == "valid"
        assert verdict["certificate"]["accreditation"]["state"] == "withdrawn"
    page = house.client().get(f"/v/{before['code']}?lang=en").text
    assert (
        "Accredited on the day of issue; withdrawn since 1 December 2026. The certificate stays valid."
        in page
    )
    past = house.client().post("/api/v1/verifications?at=2026-11-24", json={"code": before["code"]}).json
    assert past["at"]["outcome"] == "valid"
    late = house.issue(make_body(person=3, issued_on="2026-11-25"))
    assert late.json["code"] == "scope.withdrawn"
    page = house.client().get(f"/assessors/{house.association}?lang=en").text
    assert "Withdrawn since 1 December 2026" in page
    for word in ("Suspension", "Lifting of the suspension", "Withdrawal"):
        assert f"<strong>{word}</strong>" in page


def test_the_trust_list_carries_windows_and_offline_checks_read_them(house, make_body, anna, bo):
    before = house.issued(make_body())
    decide(house, anna, bo, "suspend")
    house.clock.advance(days=3)
    decide(house, anna, bo, "lift")
    again = house.issued(make_body(person=1, issued_on="2026-11-25"))
    decide(house, anna, bo, "withdraw", effect="2026-12-01")
    house.clock.advance(days=30)
    house.forget()
    listed = read_trust_list(house.client().get("/trust-list").data, root=None)
    held = listed.find_by_id(house.association).assessor.accreditations
    assert [(one.id, one.valid_from, one.valid_until) for one in held] == [
        ("A-02", date(2026, 1, 1), date(2026, 11, 23)),
        ("A-02", date(2026, 11, 25), date(2026, 12, 1)),
    ]
    offline = Evidence(listed.find, trust_by_id=listed.find_by_id)
    for one in (before, again):
        text = house.verifier.qr_text(one["code"])
        checks = {c.name: c.result.value for c in check_gate(text, offline, at=house.clock()).checks}
        assert checks["accreditation"] == "passed"


def test_what_cannot_be_decided_is_told_when_it_is_proposed(house, anna):
    for act, terms, field in (
        ("lift", {}, "A-02"),
        ("suspend", {"effect": "2026-11-22"}, "A-02"),
        ("withdraw", {"reason": " "}, "A-02"),
    ):
        response = propose(anna, house, act, **terms)
        assert response.status_code == 422, (act, field)
        assert 'class="flash error"' in response.text
    assert house.database["accreditation_cases"].count_documents({}) == 0


def test_a_change_of_scope_is_a_new_accreditation(house, enter, anna, bo, make_body):
    before = house.issued(make_body())
    signer = enter("wang", house.association, "signer")
    form = signer.get("/console/accreditations/apply?replaces=A-02").text
    assert "6-31-01-03:2022" in form
    wider = SCOPE | {"occupations": "6-31-01-03 6-18-01-01", "region": "330000", "replaces": "A-02"}
    case = filed(signer.post("/console/accreditations/apply", data=wider))
    for client in (anna, bo):
        filed(vote(client, case))
    house.clock.advance(days=2)
    house.forget()
    states = {one["id"]: one["state"] for one in public(house)["accreditations"]}
    assert states == {"A-02": "replaced", f"A-{case}": "current"}
    assert house.verify(code=before["code"])["outcome"] == "valid"
    new = house.issued(make_body(person=1, issued_on="2026-11-24", level="4"))
    credential = json.loads(new["credential"])
    assert credential["credentialSubject"]["accreditation"]["accreditationId"] == f"A-{case}"


def test_two_votes_at_the_same_moment_decide_once(house, signer):
    desk = house.issuers.accreditations
    case = filed(signer.post("/console/accreditations/apply", data=SCOPE))

    def cast(name):
        terms = Terms(TERMS["document"], None, date(2029, 11, 22))
        return desk.vote(
            case, Vote(name, Voice.APPROVE, terms, "", house.clock()), actor=Actor(name, REGISTRY)
        )

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(cast, ("anna", "bo")))
    assert sorted(one.case.decision is not None for one in done) == [False, True]
    assert len(house.issuers.assessors.find(house.college).accreditations) == 2


def test_no_half_decision(house):
    desk = house.issuers.accreditations
    vote = Vote("anna", Voice.APPROVE, Terms("示例〔2026〕1号"), "查", house.clock())
    case = desk.propose(Act.WITHDRAW, house.association, "A-02", vote, actor=Actor("anna", REGISTRY)).case.id
    other = desk.propose(Act.WITHDRAW, house.association, "A-02", vote, actor=Actor("anna", REGISTRY)).case.id
    second = Vote("bo", Voice.APPROVE, vote.terms, "", house.clock())
    desk.vote(case, second, actor=Actor("bo", REGISTRY))
    with pytest.raises(Refused, match=r"accreditation\.ended"):
        desk.vote(other, second, actor=Actor("bo", REGISTRY))
    assert len(desk.cases.find(other).case.votes) == 1
    assert house.database["acts"].count_documents({"name": "accreditation.approved"}) == 1


def download(house):
    return house.client().get(f"/assessors/{house.association}/accreditations/A-02")


def test_the_accreditation_as_a_credential(house, anna, bo):
    response = download(house)
    assert response.mimetype == "application/vc+json"
    credential = loads(response.data)
    assert credential["credentialSubject"]["id"] == house.issuers.assessors.find(house.association).did
    assert credential["issuer"] == "did:web:127.0.0.1%3A8000"
    context = house.client().get("/contexts/accreditation/v1").json["@context"]
    subject = credential["credentialSubject"].keys() - {"id"}
    assert subject <= context.keys()
    verdict = house.verify(credential=response.text)
    assert verdict["outcome"] == "valid", verdict
    assert verdict["accreditation"]["windows"] == [{"from": "2026-01-01", "until": "2028-01-01"}]
    file = (BytesIO(response.data), "accreditation.json")
    page = house.client().post("/upload?lang=en", data={"file": file}).text
    assert 'data-outcome="valid"' in page
    assert "示例认定委〔2026〕1号" in page

    altered = response.text.replace("330000", "440000")
    assert house.verify(credential=altered)["outcome"] in {"broken", "untrusted"}
    more = response.text.replace('"decision"', '"extra":1,"decision"')
    assert house.verify(credential=more)["reason"]["code"] == "attested.shape"

    decide(house, anna, bo, "suspend")
    assert house.verify(credential=response.text)["reason"]["code"] == "attested.amended"
    house.clock.advance(days=2)
    assert house.verify(credential=download(house).text)["outcome"] == "suspended"
    decide(house, anna, bo, "withdraw")
    house.clock.advance(days=2)
    verdict = house.verify(credential=response.text)
    assert (verdict["outcome"], verdict["reason"]["code"]) == ("revoked", "attested.withdrawn")
    assert house.client().get(f"/assessors/{house.association}/accreditations/none").status_code == 404


def test_reminders_come_once_for_each_distance(house):
    end = date(2028, 1, 1)
    told = []
    for left in (120, 91, 90, 89, 30, 29, 7, 1, 0):
        remind(house.issuers.assessors, house.issuers.notices, today=end - timedelta(days=left))
        remind(house.issuers.assessors, house.issuers.notices, today=end - timedelta(days=left))
        told.append(len(house.issuers.notices.latest(house.association)))
    assert told == [0, 0, 1, 1, 2, 2, 3, 3, 3]
    facts = [one["facts"]["days"] for one in house.issuers.notices.latest(house.association)]
    assert sorted(facts) == [7, 30, 90]
