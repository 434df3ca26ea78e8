"""Archives and ledgers over the API and on the registrar's pages, through the whole service."""

import json
import re
from datetime import date

import pytest
from jsonschema import Draft202012Validator

from registry.keyrings import REGISTRY
from registry.registers.integrity import Appeal, Case, words
from registry.registers.integrity_store import IntegrityFiles
from verify.openapi import openapi_document

ELECTRICIAN = "6-31-01-03"
POST = {
    "kind": "post",
    "source": "任命书 2026-1",
    "facts": {
        "post": "ordinary",
        "employer": "示例公司",
        "occupation": ELECTRICIAN,
        "region": "330106",
        "from": "2024-01-01",
    },
}


@pytest.fixture
def office(house, make_body, make_number):
    """A registrar with a token and a browser, and a person who holds a level 3 certificate."""

    class Office:
        number = make_number(0)
        certificate = house.issued(make_body())["number"]
        token = house.issuers.assessors.new_token(REGISTRY, label="registrar", at=house.clock())

        def __init__(self):
            self.holder = {"name": "欧阳试验", "id_type": "resident_id", "id_number": self.number}

        def call(self, method, path, body=None, *, token=None, **headers):
            sent = {"Authorization": f"Bearer {token or self.token}", **headers}
            found = getattr(house.client(), method)(f"/api/v1{path}", json=body, headers=sent)
            hold_against_description(method, f"/api/v1{path}", found)
            return found

        def archive(self):
            found = self.call("post", "/archives/search", {"holder": self.holder})
            assert found.status_code == 200, found.json
            return found.json["archive"]["code"]

        def claim(self, query="", headers=None, **changes):
            body = {"holder": self.holder, "certificate": self.certificate, "region": "330106"} | changes
            return self.call("post", f"/subsidies/claims{query}", body, **(headers or {}))

        def rate(self, **changes):
            row = {
                "region": "330000",
                "kind": "skill_level",
                "level": "3",
                "amount": 1500,
                "from": "2026-01-01",
                "source": "示例公告〔2026〕1号",
            }
            return self.call("post", "/subsidies/rates", row | changes)

        def browser(self):
            house.issuers.assessors.set_account("registrar", REGISTRY, house.password)
            client = house.client()
            page = client.get("/console/sign-in").text
            client.post(
                "/console/sign-in",
                data={"account": "registrar", "password": house.password, "csrf_token": token_of(page)},
            )
            return client

    return Office()


def hold_against_description(method, path, answer):
    """Every answer of these tests is one that openapi.json describes, and fits its schema."""
    document = openapi_document()
    shapes = ((re.sub(r"{\w+}", "[^/]+", template), template) for template in document["paths"])
    bare = path.partition("?")[0]
    template = min((t for shape, t in shapes if re.fullmatch(shape, bare)), key=lambda t: t.count("{"))
    described = document["paths"][template][method]["responses"][str(answer.status_code)]
    if "$ref" in described:
        described = document["components"]["responses"][described["$ref"].rpartition("/")[2]]
    schema = described["content"][answer.mimetype]["schema"] | {"components": document["components"]}
    Draft202012Validator(schema).validate(answer.json)


def token_of(page):
    return re.search(r'name="csrf_token" value="([^"]+)"', page)[1]


def send(client, path, **fields):
    """Open the form at ``path`` and send it with these fields."""
    return client.post(path, data={"csrf_token": token_of(client.get(path).text), **fields})


def test_only_a_registrar_sees_archives(house, office):
    for method, path in (
        ("post", "/archives/search"),
        ("get", "/archives/x"),
        ("get", "/archives/x/export"),
        ("post", "/archives/x/entries"),
        ("post", "/archives/x/merge"),
        ("post", "/subsidies/claims"),
        ("get", "/subsidies/rates"),
        ("post", "/credits"),
        ("post", "/access-checks"),
    ):
        assert office.call(method, path, {}, token=house.tokens[house.association]).status_code == 403
        assert getattr(house.client(), method)(f"/api/v1{path}", json={}).status_code == 401
    assert house.client().get("/registrar/archives/").status_code == 302


def test_who_holds_a_certificate_has_an_archive_and_a_stranger_only_when_asked(office, make_number):
    assert office.archive() == office.archive()
    stranger = {"name": "司马试验", "id_number": make_number(7)}
    refused = office.call("post", "/archives/search", {"holder": stranger})
    assert (refused.status_code, refused.json["code"]) == (404, "archive.unknown")
    opened = office.call("post", "/archives/search", {"holder": stranger, "open": True})
    assert opened.json["holder"] == {
        "name": "司马试验",
        "id_type": "resident_id",
        "id_number": "15**************" + make_number(7)[-2:],
    }


def test_another_name_for_the_same_document_is_refused(office):
    found = office.call("post", "/archives/search", {"holder": office.holder | {"name": "别人"}})
    assert found.json["code"] == "archive.name_differs"


def test_the_export_holds_everything_and_no_identity_number(house, office):
    code = office.archive()
    office.call("post", f"/archives/{code}/entries", POST)
    office.rate()
    office.claim()
    earned = {"holder": office.holder, "result": office.certificate, "credits": 4, "rule": "示例学分表 3"}
    office.call("post", "/credits", earned)
    check = {
        "holder": office.holder,
        "occupation": ELECTRICIAN,
        "region": "150100",
        "checker": "employer",
        "checked_by": "示例公司",
    }
    office.call("post", "/access-checks", check)
    found = office.call("get", f"/archives/{code}/export")
    assert office.number not in found.text
    document = found.json
    assert document["schema"] == "skills-archive/1"
    assert [one["number"] for one in document["certificates"]] == [office.certificate]
    assert [one["kind"]["id"] for one in document["entries"]] == ["post"]
    assert [line["approved"] for line in document["subsidies"]["lines"]] == [1500]
    assert document["credits"]["balance"] == 4
    assert [each["checked_by"] for each in document["access_checks"]] == ["示例公司"]
    assert document["career"]["level"]["id"] == "3"
    assert document["career"]["next_level"]["id"] == "2"
    assert document["career"]["allowances"][0]["answer"]["rule"] == "ZJ-01"
    assert {row["act"] for row in document["history"]} == {"open", "entry", "export"}


def test_a_claim_says_every_limb_with_its_clause(office):
    office.rate()
    tried = office.claim("?dry_run=true")
    assert (tried.status_code, tried.json["granted"], tried.json["subsidy"]) == (200, True, None)
    granted = office.claim()
    assert granted.status_code == 201
    assert granted.json["amount"] == 1500
    assert granted.json["rule"]["rule"] == "ZJ-03"
    again = office.claim()
    assert (again.status_code, again.json["failed"]) == (200, "certificate")
    limb = next(limb for limb in again.json["limbs"] if limb["code"] == "occupation_and_level")
    assert limb["rule"]["quote"].endswith("同一職業同一等級不可重複享受")


def test_without_a_rate_the_figure_is_not_published_and_not_zero(office):
    found = office.claim().json
    assert (found["amount"], found["figure"]) == (None, "not_published")


def test_a_retry_with_the_same_key_gets_the_same_line(office):
    key = {"Idempotency-Key": "claim-1"}
    first, second = office.claim(headers=key), office.claim(headers=key)
    assert first.json["subsidy"]["id"] == second.json["subsidy"]["id"]
    assert (first.status_code, second.status_code) == (201, 201)


def test_prepayment_settlement_and_cancellation(office):
    office.rate()
    path = f"/subsidies/claims/{office.claim().json['subsidy']['id']}"
    assert office.call("post", f"{path}/prepayment", {"amount": 751}).json["params"] == {"most": 750}
    assert office.call("post", f"{path}/prepayment", {"amount": 750}).json["prepaid"] == 750
    assert office.call("post", f"{path}/settlement", {"completed": True}).json["balance"] == 750
    cancelled = office.call("post", f"{path}/cancellation", {"reason": "骗取"}).json
    assert (cancelled["state"], cancelled["clawback"]) == ("cancelled", 1500)
    assert office.claim().status_code == 201


def test_a_revoked_certificate_brings_no_subsidy(house, office):
    house.client().post(
        f"/api/v1/certificates/{office.certificate}/revocation",
        json={"reason": "false_results"},
        headers=house.headers(),
    )
    assert office.claim().json["code"] == "subsidy.certificate_state"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"certificate": "S000033000002263999999"}, "subsidy.certificate"),
        ({"region": "999999"}, "place.unknown"),
        ({"claimed_on": "2027-01-01"}, "subsidy.claimed_on"),
        ({"claimed_on": "2026-01-01"}, "subsidy.claimed_on"),
        ({"claimant": "enterprise"}, "subsidy.enterprise"),
        ({"claimant": "enterprise", "enterprise": "91441900000000018N"}, "credit_code.checksum"),
        ({"facts": ["rich"]}, "subsidy.choice"),
        ({"route": "bribe"}, "subsidy.choice"),
        ({"approver": " "}, "subsidy.approver"),
        ({"amount": 1000}, "field.unknown"),
        ({"holder": {"id_number": "150102199901010015"}}, "identity.checksum"),
    ],
)
def test_what_a_claim_refuses(office, changes, code):
    found = office.claim(**changes)
    assert (found.status_code, found.json["code"]) != (201, None)
    assert found.json["code"] == code
    assert found.json["field"]


def test_an_integrity_case_blocks_a_new_subsidy(house, office):
    key = house.registry.archive_desk.archives.key_of(
        house.registry.archive_desk.person("resident_id", office.number).identity
    )
    case = {
        "subject": f"person:{key.hex()}",
        "means": next(iter(words("means"))),
        "decision": "示例决定〔2026〕1号",
        "decided_on": date(2026, 11, 1),
        "ends": date(2028, 11, 1),
        "blocks_from": date(2026, 11, 1),
    }
    case = Case(id="F-1", name="", appeal=Appeal.NONE, blocks_to=None, **case)
    IntegrityFiles(house.database).record(case, at=house.clock(), by="registry")
    assert office.claim().json["failed"] == "integrity"


def test_a_rate_row_ends_the_one_before_it(office):
    office.rate()
    assert office.rate(**{"from": "2027-01-01", "amount": 1800}).status_code == 201
    rows = office.call("get", "/subsidies/rates").json["rows"]
    assert sorted((row["from"], row["to"], row["amount"]) for row in rows) == [
        ("2026-01-01", "2027-01-01", 1500),
        ("2027-01-01", None, 1800),
    ]
    assert office.rate().json["code"] == "published.exists"
    assert office.rate(amount=-1).json["field"] == "amount"
    assert office.rate(level="9").json["field"] == "level"


def test_credits_are_earned_and_converted_once(office):
    earned = {"holder": office.holder, "result": office.certificate, "credits": 4, "rule": "示例学分表 3"}
    assert office.call("post", "/credits", earned).json["balance"] == 4
    assert office.call("post", "/credits", earned).json["code"] == "credit.spent"
    wanted = {
        "holder": office.holder,
        "result": office.certificate,
        "school": "示例学院",
        "programme": "机电",
        "course": "实训",
    }
    assert office.call("post", "/credits/conversions", wanted).json["code"] == "credit.no_rule"
    rule = {name: wanted[name] for name in ("school", "programme", "course")} | {
        "kind": "skill_level",
        "occupation": ELECTRICIAN,
        "level": "3",
        "credits": 2,
        "from": "2026-01-01",
        "source": "示例办法",
    }
    assert office.call("post", "/credits/rules", rule).status_code == 201
    converted = office.call("post", "/credits/conversions", wanted)
    assert (converted.status_code, converted.json["balance"]) == (201, 6)
    assert office.call("post", "/credits/conversions", wanted).json["code"] == "credit.spent"


def test_a_tier_is_reached_only_where_a_threshold_was_published(office, house):
    def earn(rule):
        return office.call(
            "post",
            "/credits",
            {"holder": office.holder, "result": office.certificate, "credits": 10, "rule": rule},
        ).json["reward"]

    assert earn("a")["published"] is False
    tier = {"region": "330000", "name": "一档", "at_least": 15, "from": "2026-01-01", "source": "示例公告"}
    office.call("post", "/credits/tiers", tier)
    assert earn("b")["tier"] == {"name": "一档", "at_least": 15}


def test_access_is_checked_against_the_list_of_the_day_and_kept(house, office):
    check = {
        "holder": office.holder,
        "occupation": ELECTRICIAN,
        "region": "150100",
        "checker": "agency",
        "checked_by": "示例职业介绍所",
    }
    assert office.call("post", "/access-checks", check).json["outcome"] == "open"
    listing = {"region": "150000", "occupation": ELECTRICIAN, "from": "2026-01-01", "source": "示例名单"}
    office.call("post", "/access-list", listing)
    missing = office.call("post", "/access-checks", check)
    assert (missing.status_code, missing.json["outcome"]) == (201, "certificate_missing")
    assert missing.json["rules"][0]["rule"] == "NM-06"
    before = office.call("post", "/access-checks", check | {"on": "2025-12-31"})
    assert before.json["outcome"] == "open"
    referral = {"employer": "示例职业介绍所", "found_on": "2026-11-22"}
    path = f"/access-checks/{missing.json['id']}/referral"
    assert office.call("post", path, referral).status_code == 201
    path = f"/access-checks/{before.json['id']}/referral"
    assert office.call("post", path, referral).json["code"] == "access.no_violation"
    office.call("post", "/access-list", listing | {"from": "2026-06-01", "ended": True})
    assert office.call("post", "/access-checks", check).json["outcome"] == "open"
    assert office.number not in repr(list(house.database["access_checks"].find()))


def test_an_old_qualification_opens_a_listed_occupation(office):
    facts = {
        "kind": "qualification",
        "number": "0715000001300001",
        "occupation": ELECTRICIAN,
        "level": "3",
        "issued_by": "某鉴定站",
        "issued_on": "2007-05-01",
    }
    entry = {"kind": "certificate", "facts": facts, "source": "纸质证书"}
    assert office.call("post", f"/archives/{office.archive()}/entries", entry).status_code == 201
    listing = {"region": "150000", "occupation": ELECTRICIAN, "from": "2026-01-01", "source": "示例名单"}
    office.call("post", "/access-list", listing)
    check = {
        "holder": office.holder,
        "occupation": ELECTRICIAN,
        "region": "150100",
        "checker": "employer",
        "checked_by": "示例公司",
    }
    found = office.call("post", "/access-checks", check).json
    assert (found["outcome"], found["certificate"]) == ("allowed", "0715000001300001")


def test_a_wrong_entry_is_taken_out_and_stays_on_file(house, office):
    code = office.archive()
    entry = office.call("post", f"/archives/{code}/entries", POST).json["id"]
    path = f"/archives/{code}/entries/{entry}/withdrawal"
    assert office.call("post", path, {"reason": " "}).json["code"] == "archive.reason"
    assert office.call("post", path, {"reason": "录错了人"}).json["entries"] == []
    assert office.call("post", path, {"reason": "再次"}).json["code"] == "entry.unknown"
    history = office.call("get", f"/archives/{code}").json["history"]
    assert [row["why"] for row in history if row["act"] == "withdraw"] == ["录错了人"]
    assert house.database["archive_entries"].find_one({"_id": entry})["withdrawn"]["by"] == REGISTRY


def test_a_merge_over_the_api(office, make_number):
    code = office.archive()
    other = {"name": "欧阳试验", "id_number": make_number(9)}
    duplicate = office.call("post", "/archives/search", {"holder": other, "open": True}).json["archive"][
        "code"
    ]
    merged = office.call(
        "post", f"/archives/{code}/merge", {"duplicate": duplicate, "reason": "更正过身份证号码"}
    )
    assert merged.json["archive"]["aliases"] == [duplicate]
    assert office.call("get", f"/archives/{duplicate}").json["archive"]["code"] == code


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_registrars_pages(house, office, language):
    client = office.browser()
    client.set_cookie("language", language)
    home = f"/registrar/archives/?lang={language}"
    assert client.get(home).status_code == 200
    found = send(
        client,
        home,
        **{"holder.id_type": "resident_id", "holder.id_number": office.number, "holder.name": ""},
    )
    path = found.headers["Location"]
    assert office.number not in path
    for kind in ("certificate", "training", "contest", "honour", "post", "class_diploma"):
        assert client.get(f"{path}/entries/new?kind={kind}").status_code == 200
    facts = {f"facts.{name}": value for name, value in POST["facts"].items()}
    bad = send(client, f"{path}/entries/new", kind="post", source="", **facts)
    assert bad.status_code == 422
    assert "示例公司" in bad.text
    assert send(client, f"{path}/entries/new", kind="post", source="任命书", **facts).status_code == 302
    taken_out = re.search(r'action="([^"]+/withdraw)"', client.get(path).text)[1]
    token = token_of(client.get(path).text)
    assert client.post(taken_out, data={"csrf_token": token, "reason": "录错"}).status_code == 302
    assert "示例公司" not in client.get(path).text
    rate = {"region": "330000", "kind": "skill_level", "level": "3", "amount": "1500", "from": "2026-01-01"}
    assert send(client, "/registrar/rates", source="示例公告", **rate).status_code == 302
    claim = {"certificate": office.certificate, "region": "330106", "claimed_on": "2026-11-22"}
    claim |= {"claimant": "person", "subsidy": "training", "route": "public_training"}
    tried = send(client, f"{path}/claim", act="try", **claim)
    assert tried.status_code == 200
    assert "培訓補貼原則上每人每年享受不超過3次" in tried.text
    assert "1500" in tried.text
    assert send(client, f"{path}/claim", act="try", **claim | {"region": ""}).status_code == 422
    entered = send(client, f"{path}/claim", act="enter", **claim)
    line = entered.headers["Location"]
    assert send(client, line, act="prepay", amount="9999").status_code == 422
    assert send(client, line, act="prepay", amount="700").status_code == 302
    assert send(client, line, act="settle").status_code == 302
    assert send(client, line, act="cancel", reason="错发").status_code == 302
    assert "700" in client.get(line).text
    for page in (path, f"{path}/print", f"{path}/merge", "/registrar/rates", line):
        shown = client.get(page)
        assert shown.status_code == 200
        assert office.number not in shown.text
    assert send(client, f"{path}/merge", duplicate="nobody", reason="x", confirm="yes").status_code == 422


def test_a_merge_on_the_page_and_taken_back(office, make_number):
    client = office.browser()
    code = office.archive()
    other = {"name": "欧阳试验", "id_number": make_number(9)}
    duplicate = office.call("post", "/archives/search", {"holder": other, "open": True}).json["archive"][
        "code"
    ]
    path = f"/registrar/archives/{code}"
    assert send(client, f"{path}/merge", duplicate=duplicate, reason="x").status_code == 422
    assert (
        send(client, f"{path}/merge", duplicate=duplicate, reason="同一人", confirm="yes").status_code == 302
    )
    page = client.get(path).text
    undo = re.search(r'action="([^"]+/undo)"', page)[1]
    assert client.post(undo, data={"csrf_token": token_of(page), "reason": "不是"}).status_code == 302
    assert office.call("get", f"/archives/{duplicate}").json["archive"]["code"] == duplicate


def test_no_answer_of_a_refusal_repeats_the_number(office):
    body = {"holder": {"id_number": office.number[:-1] + "0"}}
    found = office.call("post", "/archives/search", body)
    assert office.number[:-1] not in json.dumps(found.json)
