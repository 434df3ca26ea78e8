"""The trail as the bureau reads it, after a day on which things happened: whole, exportable, and without a person."""

from __future__ import annotations

import csv
import io
import json

import pytest

from keys.proof import read_proofs
from registry.audit.checking import Checks
from registry.audit.trail import Filter
from registry.audit.writer import TrailWriter
from tests.integration.conftest import House

NAME = "欧阳试验"


@pytest.fixture
def day(house: House, make_body, make_number):
    """A certificate issued and revoked, an archive opened, read and filled, a wrong sign-in with a name in it."""
    house.app.config["WTF_CSRF_ENABLED"] = False
    for name, owner, role in (
        ("registrar", "registry", "registrar"),
        ("inspector", "registry", "inspector"),
        ("signer", house.association, "signer"),
        ("other", house.college, "signer"),
    ):
        house.make_account(name, owner, role)
    number = house.issued()["number"]
    path = f"/api/v1/certificates/{number}/revocation"
    assert (
        house.client().post(path, json={"reason": "false_results"}, headers=house.headers()).status_code
        == 200
    )
    registrar = house.client()
    house.enter(registrar, "registrar")
    holder = {"holder.id_type": "resident_id", "holder.id_number": make_number(0), "holder.name": NAME}
    assert registrar.post("/registrar/archives/", data=holder | {"open": "yes"}).status_code == 302
    found = registrar.post("/registrar/archives/", data=holder)
    assert registrar.get(found.location).status_code == 200
    assert registrar.get(f"{found.location}/print").status_code == 200
    for typed in (NAME, make_number(0), "=HYPERLINK(1)"):
        house.client().post("/console/sign-in", data={"account": typed, "password": make_number(0)})
    TrailWriter(house.database, house.clock).catch_up()
    yield house
    house.app.config["WTF_CSRF_ENABLED"] = True


def enter(house, account):
    client = house.client()
    house.enter(client, account)
    return client


def test_an_inspector_reads_filters_and_exports(day):
    inspector = enter(day, "inspector")
    page = inspector.get("/registrar/trail").text
    for words in ("签发证书", "撤销证书", "建立档案", "查看档案", "导出档案", "登录失败"):
        assert words in page, words
    only = inspector.get("/registrar/trail?act=archive.read").text
    assert "archive:" in only
    assert "certificate:" not in only
    assert "没有符合条件" in inspector.get("/registrar/trail?by=nobody").text
    assert inspector.get("/registrar/trail?from=2026-02-30").status_code == 422
    rows = [json.loads(line) for line in inspector.get("/registrar/trail.ndjson").text.splitlines()]
    assert [one["seq"] for one in rows] == list(range(1, len(rows) + 1))
    table = list(csv.DictReader(io.StringIO(inspector.get("/registrar/trail.csv").text.lstrip("\ufeff"))))
    assert [one["hash"] for one in table] == [one["hash"] for one in rows]
    assert not any(cell.startswith(("=", "+", "-", "@")) for one in table for cell in one.values())
    TrailWriter(day.database, day.clock).catch_up()
    assert "导出操作记录" in inspector.get("/registrar/trail").text


def test_reasons_and_owners_stand_in_words(day):
    inspector = enter(day, "inspector")
    page = inspector.get("/registrar/trail").text
    for words in ("评价过程或成绩弄虚作假", "账号或密码不对", "登记机关"):
        assert words in page, words
    assert "assessment or marks were falsified" in inspector.get("/registrar/trail?lang=en").text
    table = list(csv.DictReader(io.StringIO(inspector.get("/registrar/trail.csv?lang=en").text)))
    (revoked,) = [one for one in table if one["act"] == "certificate.revoked"]
    assert (revoked["why"], revoked["act_words"], revoked["reason"]) == (
        "false_results",
        "Certificate revoked",
        "assessment or marks were falsified",
    )


def test_what_changed_stands_in_words_and_in_the_export_by_its_names(day):
    inspector = enter(day, "inspector")
    page = inspector.get("/registrar/trail?act=certificate.revoked").text
    assert "<dt>状态</dt><dd>有效 → 已撤销</dd>" in page
    page = inspector.get("/registrar/trail?act=certificate.issued&lang=en").text
    for words in ("<dt>Skill level</dt><dd>", "<dt>Issued on</dt><dd>22 November 2026</dd>"):
        assert words in page, words
    table = csv.DictReader(io.StringIO(inspector.get("/registrar/trail.csv").text.lstrip("\ufeff")))
    (revoked,) = [one for one in table if one["act"] == "certificate.revoked"]
    assert (json.loads(revoked["before"]), json.loads(revoked["after"])) == (
        {"state": "valid"},
        {"state": "revoked"},
    )


def test_pages_lead_through_everything_by_their_cursor(day):
    trail, seen, before = day.registry.trail, [], None
    while True:
        found, before = trail.page(Filter(), before=before, limit=2)
        seen += [one["_id"] for one in found]
        if before is None:
            break
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == trail.end().seq


def test_the_state_of_the_chain_is_shown(day):
    inspector = enter(day, "inspector")
    assert "尚未核对" in inspector.get("/registrar/trail").text
    Checks(day.database).run(at=day.clock())
    end = day.registry.trail.end().seq
    assert f"第 {end} 号以前完整" in inspector.get("/registrar/trail").text
    day.database["trail"].update_one({"_id": 2}, {"$set": {"by": "nobody"}})
    day.clock.advance(hours=25)
    Checks(day.database).run(at=day.clock())
    assert "链条在第 2 号断裂" in enter(day, "inspector").get("/registrar/trail").text


def test_an_assessor_sees_its_own_acts_only(day):
    assert "certificate:S0000" in enter(day, "signer").get("/console/trail").text
    other = enter(day, "other").get(f"/console/trail?owner={day.association}").text
    assert "certificate:S0000" not in other
    assert enter(day, "signer").get("/registrar/trail").status_code == 403


def test_no_person_stands_in_the_trail(day, make_number):
    held = json.dumps(list(day.database["trail"].find({}, {"moment": 0})), ensure_ascii=False)
    held += repr(list(day.database["acts"].find()))
    assert "archive.opened" in held  # there is something to look through
    for personal in (NAME, make_number(0), make_number(0)[-8:], "HYPERLINK"):
        assert personal not in held


def test_the_signed_head_names_the_last_entry(day):
    head = day.client().get("/audit/head").json
    end = day.registry.trail.end()
    assert (head["seq"], head["hash"]) == (end.seq, end.hash)
    assert read_proofs(head)[0].verification_method.startswith("did:web:")
