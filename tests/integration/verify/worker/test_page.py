"""What a worker does on their page: asks, is answered, comes back after a loss, takes along, leaves."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from issuers.changes.reasons import reasons
from registry.audit.writer import TrailWriter
from registry.workers.recoveries import CONFIRM_IN, LINK_LIFE
from registry.workers.requests import MOST_OPEN
from tests.integration.conftest import House, make_body, make_number
from tests.integration.verify.worker.conftest import PASSWORD, Phone, claimed, path_of


@pytest.fixture
def worker(house: House) -> tuple[Phone, dict]:
    return claimed(house, 1)


def console(house: House, name: str, owner: str, role: str) -> Phone:
    """Somebody at a console."""
    client = house.client()
    house.make_account(name, owner, role)
    house.enter(client, name)
    return Phone(client, house)


def acts(house: House) -> set[str]:
    return {row["name"] for row in house.database["acts"].find()}


def test_an_objection_reaches_its_assessor_alone_and_the_answer_the_worker(house, worker):
    phone, certificate = worker
    sent = phone.post("/me/requests", kind="objection", code=certificate["code"], text="等级不对 <b>")
    assert sent.status_code == 302
    page = phone.get("/me/requests").text
    assert "等级不对 &lt;b&gt;" in page
    assert "2026年12月4日" in page  # ten working days after Sunday 22 November
    request = house.database["worker_requests"].find_one()
    assert "等级不对".encode() not in request["text"]
    assert house.database["notices"].find_one({"kind": "objection.raised"})["owner"] == house.association
    other = console(house, "clerk-b", house.enterprise, "clerk")
    assert "等级不对" not in other.get("/console/workers").text
    answer = f"/console/workers/requests/{request['_id']}/answer"
    assert other.post(answer, page="/console/workers", decision="accepted", text="好").status_code == 404
    own = console(house, "clerk-a", house.association, "clerk")
    assert "等级不对" in own.get("/console/workers").text
    assert own.post(answer, page="/console/workers", decision="maybe", text="好").status_code == 422
    assert own.post(answer, page="/console/workers", decision="refused", text="").status_code == 422
    assert own.post(answer, page="/console/workers", decision="refused", text="成绩已复核").status_code == 302
    assert own.post(answer, page="/console/workers", decision="accepted", text="再来").status_code == 404
    page = phone.get("/me/requests").text
    assert "成绩已复核" in page
    assert "不同意" in page
    assert {"request.opened", "request.answered"} <= acts(house)


def test_a_request_is_late_after_ten_working_days(house, worker, clock):
    phone, certificate = worker
    phone.post("/me/requests", kind="correction", code=certificate["code"], text="名字")
    clock.advance(days=13)
    house.forget()
    assert "已逾期" in phone.get("/me/requests").text
    assert "已逾期" in console(house, "clerk-a", house.association, "clerk").get("/console/workers").text


def test_a_request_may_be_taken_back_and_only_so_many_wait(house, worker):
    phone, _ = worker
    for n in range(MOST_OPEN):
        assert phone.post("/me/requests", kind="correction", code="", text=f"第{n}件").status_code == 302
    assert phone.post("/me/requests", kind="correction", code="", text="多一件").status_code == 409
    first = house.database["worker_requests"].find_one()["_id"]
    assert phone.post(f"/me/requests/{first}/withdraw", page="/me/requests").status_code == 302
    assert phone.post(f"/me/requests/{first}/withdraw", page="/me/requests").status_code == 404
    assert phone.post("/me/requests", kind="correction", code="", text="多一件").status_code == 302


@pytest.mark.parametrize("wrong", [{"kind": "wish"}, {"text": "  "}, {"text": "长" * 1001}])
def test_a_request_without_sense_is_refused_in_place(worker, wrong):
    phone, certificate = worker
    fields = {"kind": "correction", "code": certificate["code"], "text": "名字"} | wrong
    answer = phone.post("/me/requests", **fields)
    assert (answer.status_code, "field-error" in answer.text) == (422, True)


def start_recovery(desk: Phone, person: int = 1, name: str = "欧阳试验") -> int:
    fields = {"holder.name": name, "holder.id_type": "resident_id", "holder.id_number": make_number(person)}
    return desk.post("/console/workers/recoveries", page="/console/workers", **fields).status_code


def confirm_path(house: House) -> str:
    return f"/console/workers/recoveries/{house.database['worker_recoveries'].find_one()['_id']}/confirm"


def test_two_people_let_a_worker_in_again(house, worker, clock):
    phone, certificate = worker
    desk = console(house, "clerk-e", house.enterprise, "clerk")  # any assessor, not the certificate's own
    colleague = console(house, "signer-e", house.enterprise, "signer")
    stranger = console(house, "signer-a", house.association, "signer")
    assert start_recovery(desk, name="欧阳其他") == 404
    assert start_recovery(desk, person=9) == 404
    assert start_recovery(desk) == 302
    confirm = confirm_path(house)
    assert desk.post(confirm, page="/console/workers").status_code == 403
    assert stranger.post(confirm, page="/console/workers").status_code == 404
    confirmed = colleague.post(confirm, page="/console/workers")
    assert confirmed.status_code == 200
    assert colleague.post(confirm, page="/console/workers").status_code == 404
    link = path_of(confirmed.text.split('class="code">')[1].split("<")[0])
    again = Phone(house.client(), house, 1)
    assert again.show(link, name="欧阳其他").status_code == 422
    assert again.claim(link, password="ganz neue worte hier").status_code == 302
    assert certificate["number"] in again.get("/me").text
    assert phone.get("/me").status_code == 302  # every session before it ended
    assert Phone(house.client(), house).sign_in(certificate["number"], PASSWORD).status_code == 401
    assert again.get(link).status_code == 410
    assert house.enterprise in again.get("/me/looks").text
    assert {"recovery.started", "recovery.confirmed", "worker.recovered"} <= acts(house)


def test_a_registrar_may_confirm_and_time_ends_both_steps(house, worker, clock):
    desk = console(house, "clerk-e", house.enterprise, "clerk")
    registrar = console(house, "registrar-x", "registry", "registrar")
    assert start_recovery(desk) == 302
    clock.now += CONFIRM_IN
    desk, registrar = (again(house, name) for name in ("clerk-e", "registrar-x"))
    assert registrar.post(confirm_path(house), page="/console/workers").status_code == 404
    house.database["worker_recoveries"].delete_many({})
    assert start_recovery(desk) == 302
    confirmed = registrar.post(confirm_path(house), page="/console/workers")
    link = path_of(confirmed.text.split('class="code">')[1].split("<")[0])
    clock.now += LINK_LIFE - timedelta(seconds=1)
    assert house.client().get(link).status_code == 200
    clock.now += timedelta(seconds=1)
    assert house.client().get(link).status_code == 410


def again(house: House, name: str) -> Phone:
    client = house.client()
    house.enter(client, name)
    return Phone(client, house)


def test_sessions_are_listed_and_ended_one_by_one(house, worker):
    phone, certificate = worker
    other = Phone(house.client(), house)
    other.sign_in(certificate["number"])
    sessions = house.database["worker_sessions"]
    there = sessions.find_one({"way": "password"})["id"]
    assert phone.post(f"/me/account/sessions/{there}/end", page="/me/account").status_code == 302
    assert other.get("/me").status_code == 302
    other.sign_in(certificate["number"])
    assert phone.post("/me/account/sessions/end", page="/me/account").status_code == 302
    assert (other.get("/me").status_code, phone.get("/me").status_code) == (302, 200)


def test_a_new_password_needs_the_old_one_and_signs_out_the_others(house, worker):
    phone, certificate = worker
    other = Phone(house.client(), house)
    other.sign_in(certificate["number"])
    new = {"password": "sieben neue worte", "again": "sieben neue worte"}
    assert phone.post("/me/account/password", page="/me/account", old="falsch", **new).status_code == 401
    assert phone.post("/me/account/password", page="/me/account", old=PASSWORD, **new).status_code == 302
    assert (other.get("/me").status_code, phone.get("/me").status_code) == (302, 200)


def test_everything_held_is_exported_whole(house, worker):
    phone, certificate = worker
    phone.post("/me/requests", kind="correction", code=certificate["code"], text="名字写错")
    offer = f"/me/certificates/{certificate['code']}/wallet"
    phone.post(offer, page=offer)
    TrailWriter(house.database, house.clock).catch_up()
    answer = phone.get("/me/data/export.json")
    assert "attachment" in answer.headers["Content-Disposition"]
    held = answer.json
    assert held["documents"] == [{"name": "欧阳试验", "id_type": "resident_id", "id_number": make_number(1)}]
    assert held["requests"][0]["text"] == "名字写错"
    assert held["credentials"][certificate["number"]] == certificate["credential"]
    assert held["archive"]["certificates"][0]["number"] == certificate["number"]
    assert len(held["account"]["sessions"]) == 1
    assert held["wallet_offers"][0]["certificate"] == certificate["code"]
    assert {"worker.claimed", "request.opened", "wallet.offered"} <= {one["act"] for one in held["trail"]}
    page = phone.get("/me/data").text
    assert make_number(1) in page
    assert "个人信息保护法 第四十七条" in page
    assert "来源未经核实，等级C" in page


def test_erasing_leaves_the_certificate_and_nothing_of_the_account(house, worker):
    phone, certificate = worker
    phone.post("/me/requests", kind="correction", code=certificate["code"], text="名字写错")
    house.services.workers.looks.note("x", "share", "y", at=house.clock())  # another's
    forgotten = []
    object.__setattr__(house.services.workers, "forgetters", (lambda account: forgotten.append(account.id),))
    assert phone.post("/me/account/erase", page="/me/account").status_code == 422
    assert phone.post("/me/account/erase", page="/me/account", confirm="yes").status_code == 302
    object.__setattr__(house.services.workers, "forgetters", ())
    counts = house.counts()
    assert len(forgotten) == 1
    assert [
        counts.get(f"worker_{name}", 0) for name in ("accounts", "sessions", "requests", "recoveries")
    ] == [0] * 4
    assert counts["worker_looks"] == 1
    assert house.verify(code=certificate["code"])["outcome"] == "valid"
    assert phone.get("/me").status_code == 302
    assert phone.get(path_of(certificate["links"]["claim"])).status_code == 410
    assert "worker.erased" in acts(house)
    # with a new link they may come back
    link = path_of(new_link(house, certificate))
    assert phone.claim(link).status_code == 302


def new_link(house: House, certificate: dict) -> str:
    desk = console(house, "clerk-a", house.association, "clerk")
    made = desk.post("/console/workers/links", page="/console/workers", number=certificate["number"])
    return made.text.split('class="code">')[1].split("<")[0]


def test_a_new_link_is_made_for_own_certificates_only(house, worker):
    _, certificate = worker
    other = console(house, "clerk-b", house.enterprise, "clerk")
    asked = other.post("/console/workers/links", page="/console/workers", number=certificate["number"])
    assert asked.status_code == 404
    registrar = console(house, "registrar-x", "registry", "registrar")
    made = registrar.post("/console/workers/links", page="/console/workers", number=certificate["number"])
    assert made.status_code == 200
    assert "claim.renewed" in acts(house)


def test_the_career_and_what_is_due_say_what_the_rules_say(house, worker):
    phone, _ = worker
    career = phone.get("/me/career").text
    assert "2031年11月22日" in career  # five years in level 3
    assert "等级C" in career
    due = phone.get("/me/due").text
    assert "还可享受3次（每年3次）" in due
    assert "鼓励发放，非应得" in due
    assert "每月 500 元" in due
    first = re.sub(r"<[^>]+>|\s", "", due.split("一览")[1].split("</section>")[0])
    for row in (
        "技能津贴每月500元鼓励发放，非应得",
        "职称助理工程师，2028年11月22日起",
        "学历待遇附条件",
        "本年度剩余补贴次数还可享受3次（每年3次）",
        "学分0",
        "下一等级技师自2031年11月22日起",
    ):
        assert row in first, (row, first)


def test_a_subsidy_that_was_granted_is_listed_and_counts(house, worker):
    phone, certificate = worker
    token = house.issuers.assessors.new_token("registry", label="test", at=house.clock())
    headers = {"Authorization": f"Bearer {token}"}
    rate = {"region": "330000", "kind": "skill_level", "level": "3", "amount": 1500, "from": "2026-01-01"}
    rated = house.client().post(
        "/api/v1/subsidies/rates", json=rate | {"source": "示例公告"}, headers=headers
    )
    assert rated.status_code == 201, rated.json
    person = {"name": "欧阳试验", "id_type": "resident_id", "id_number": make_number(1)}
    claim = {"holder": person, "certificate": certificate["number"], "region": "330106"}
    granted = house.client().post("/api/v1/subsidies/claims", json=claim, headers=headers)
    assert granted.status_code == 201, granted.json
    due = phone.get("/me/due").text
    assert "还可享受2次（每年3次）" in due
    assert "1,500 元" in due


def test_a_revoked_certificate_stays_on_the_page_as_such(house, worker):
    phone, certificate = worker
    house.client().post(
        f"/api/v1/certificates/{certificate['number']}/revocation",
        json={"reason": next(iter(reasons()))},
        headers=house.headers(),
    )
    page = phone.get("/me").text
    assert "已撤销" in page
    assert 'class="card fallen"' in page


def test_the_code_is_shown_for_own_certificates_only(house, worker):
    phone, certificate = worker
    other = house.issued(make_body(person=2))
    page = phone.get(f"/me/certificates/{certificate['code']}/show")
    assert (page.status_code, f"/v/{certificate['code']}/qr.svg" in page.text) == (200, True)
    assert phone.get(f"/me/certificates/{other['code']}/show").status_code == 404


def test_large_type_and_high_contrast_hold_for_every_page(house, phone):
    assert phone.post("/display", page="/display", large="yes", contrast="yes").status_code == 302
    for path in ("/", "/me/sign-in", "/lookup"):
        assert 'class="large contrast"' in phone.get(path).text
    phone.client.set_cookie("display", 'x" onload="')
    assert "onload" not in phone.get("/").text


def test_a_look_at_a_statement_is_shown_to_its_worker(house, worker):
    phone, _ = worker
    archive = house.database["archives"].find_one()["_id"]
    token = house.issuers.assessors.new_token("registry", label="test", at=house.clock())
    headers = {"Authorization": f"Bearer {token}"}
    made = house.client().post(f"/api/v1/archives/{archive}/statement", headers=headers)
    assert made.status_code == 201
    house.client().post("/api/v1/verifications", json={"credential": made.text})
    assert "您的权益说明被查验" in phone.get("/me/looks").text


def test_employers_that_follow_a_certificate_are_named(house, worker):
    phone, certificate = worker
    assert "关注您证书的用人单位" not in phone.get("/me/looks").text
    employer = house.issuers.employers.add("acme", name="示例一厂", credit_code="91150700000000035M")
    house.services.watch.watch(employer, [certificate["code"]])
    assert "示例一厂" in phone.get("/me/looks").text
