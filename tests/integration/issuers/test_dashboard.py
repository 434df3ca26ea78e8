"""The first pages: why issuing was refused, and what waits for the bureau, each from counts that cost little."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from pymongo.errors import AutoReconnect

from issuers.refusals import SHOWN, Refusals
from keys.errors import Refused
from registry.credential import china_date
from registry.problems import find_problem
from registry.record import Record
from registry.registers.integrity import Appeal, Case
from registry.registers.integrity_store import IntegrityFiles
from registry.statistics.figures import Figures
from registry.statistics.projector import Projector
from registry.workers.requests import RequestKind, Subject
from tests.integration.conftest import House, make_body, make_number


def enter(house: House, account: str, owner: str, role: str):
    house.make_account(account, owner, role)
    client = house.client()
    house.enter(client, account)
    client.get("/console/?lang=en")
    return client


def reasons(house: House, assessor: str) -> dict[str, int]:
    return {one.problem.code: one.count for one in house.issuers.refusals.latest(assessor)}


def test_what_was_refused_is_counted_by_reason_and_shown(house: House):
    signer = enter(house, "signer", house.association, "signer")
    assert "None. When a row of a list" in signer.get("/console/").text
    for _ in range(2):
        assert house.issue(make_body(level="1", issued_on="2027-11-22")).status_code == 422
    assert house.issue(make_body(holder__name=...)).status_code == 422
    house.issued()
    house.clock.advance(days=2)
    assert house.issue().status_code == 409
    assert reasons(house, house.association) == {
        "issue.in_future": 2,
        "field.missing": 1,
        "issue.already_held": 1,
    }
    assert reasons(house, house.college) == {}
    page = enter(house, "signer", house.association, "signer").get("/console/").text
    for code in ("issue.in_future", "field.missing", "issue.already_held"):
        assert find_problem(code).words()["en"] in page, code
    assert make_number(0) not in repr(list(house.database["issue_refusals"].find()))


def test_a_list_counts_all_its_mistakes_at_once_and_a_success_nothing(house: House):
    house.app.config["WTF_CSRF_ENABLED"] = False
    desk = house.services.batches
    today = "2026-11-22"
    rows = [f"欧阳试验,201,{make_number(n)},电工,3,{today}" for n in range(3)]
    rows += [f"欧阳试验,201,{make_number(n)},电工,九级,{today}" for n in range(3, 8)]
    data = "\n".join(["姓名,证件类型,证件号码,职业名称,职业技能等级,发证日期", *rows]).encode()
    clerk = enter(house, "clerk", house.association, "clerk")
    sent = clerk.post("/console/batches/", data={"file": (io.BytesIO(data), "a.csv")})
    assert sent.status_code == 303, sent.text
    while desk.work_once("test"):
        pass
    assert list(reasons(house, house.association).values()) == [5]
    assert house.database["issue_refusals"].count_documents({}) == 1
    house.app.config["WTF_CSRF_ENABLED"] = True


def test_reasons_are_forgotten_in_time(house: House):
    refusals = house.issuers.refusals
    refusals.add(house.association, {"issue.job": 1})
    house.clock.advance(days=SHOWN.days - 1)
    assert reasons(house, house.association) == {"issue.job": 1}
    house.clock.advance(days=1)
    assert reasons(house, house.association) == {}
    ttl = house.database["issue_refusals"].index_information()
    assert any("expireAfterSeconds" in one for one in ttl.values())


def test_a_refusal_is_told_even_where_it_cannot_be_counted(house: House, monkeypatch: pytest.MonkeyPatch):
    def away(*_: object, **__: object) -> None:
        raise AutoReconnect

    refusals = Refusals(house.database, house.clock)
    monkeypatch.setattr(type(refusals._refusals), "update_one", away)
    with pytest.raises(Refused, match=r"issue\.job"), refusals.counting(house.association):
        raise Refused("issue.job")


def test_what_was_revoked_comes_from_the_counters(house: House):
    path = f"/api/v1/certificates/{house.issued()['number']}/revocation"
    house.client().post(path, json={"reason": "issued_in_error"}, headers=house.headers())
    Projector(house.database, house.clock).catch_up()
    today = china_date(house.clock())
    counts = Figures(house.database).of_assessor(house.association, until=today)
    assert counts == {"issued": 1, "revoked": 1}
    assert Figures(house.database).of_assessor(house.college, until=today) == {}
    page = enter(house, "signer", house.association, "signer").get("/console/?lang=en").text
    assert "<dt>Revoked</dt><dd>1</dd>" in page


def test_what_was_issued_in_all_is_right_however_far_the_counters_are_behind(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    counted: list[int] = []
    count = Record.count
    monkeypatch.setattr(Record, "count", lambda *args: counted.append(1) or count(*args))
    projector, numbers = Projector(house.database, house.clock), []

    def issue(person: int, **changes: object) -> None:
        numbers.append(house.issued(make_body(person=person, **changes))["number"])

    def shown() -> str:
        page = (
            enter(house, f"signer-{len(numbers)}", house.association, "signer").get("/console/?lang=en").text
        )
        return page.partition("<dt>Issued in all</dt><dd>")[2].partition("<")[0]

    issue(0)
    assert shown() == "1"  # no counters yet: the index
    assert counted
    projector.catch_up()
    counted.clear()
    issue(1)
    assert shown() == "2"  # the second is not counted yet
    projector.catch_up()
    assert shown() == "2"
    for days in (1, 1, 40):  # the projector stands still meanwhile
        house.clock.advance(days=days)
        issue(len(numbers), issued_on="2026-11-22")
        assert shown() == str(len(numbers))
    path = f"/api/v1/certificates/{numbers[0]}/reissue"
    assert house.client().post(path, json={"reason": "lost"}, headers=house.headers()).status_code == 201
    assert shown() == "6"  # the old one and the new one
    projector.catch_up()
    assert shown() == "6"
    house.clock.advance(days=3)
    projector.catch_up()
    house.database["projections"].update_one({}, {"$set": {"as_of": house.clock()}})  # as of an idle stream
    assert shown() == "6"
    assert Figures(house.database).settled(house.association, until=china_date(house.clock())).count == 6
    assert not counted  # the index of all of them was never counted


def test_counters_of_before_are_not_relied_on(house: House):
    house.issued()
    Projector(house.database, house.clock).catch_up()
    assert Figures(house.database).settled(house.association, until=date(2026, 11, 22)) is not None
    house.database["projections"].update_one({}, {"$unset": {"by_recording": ""}})
    assert Figures(house.database).settled(house.association, until=date(2026, 11, 22)) is None
    page = enter(house, "signer", house.association, "signer").get("/console/?lang=en").text
    assert "<dt>Issued in all</dt><dd>1</dd>" in page


def test_the_bureau_sees_what_waits(house: House):
    on = date(2026, 11, 22)
    files = IntegrityFiles(house.database)
    for n, ends in enumerate((date(2027, 1, 1), date(2026, 11, 22))):
        case = Case(
            f"c-{n}", f"assessor:{house.college}", "示例学院", "teaching", None, date(2026, 1, 1), ends,
            None, None, Appeal.NONE,
        )  # fmt: skip
        files.record(case, at=house.clock(), by="x")
    requests = house.services.workers.requests
    requests.open(("a",), RequestKind.OBJECTION, Subject("registry"), "x", at=house.clock())
    requests.open(("b",), RequestKind.CORRECTION, Subject(house.college), "x", at=house.clock())
    assert (
        requests.waiting("registry"),
        requests.overdue(on),
        requests.overdue(on + timedelta(days=30)),
    ) == (
        1,
        0,
        2,
    )
    registrar = enter(house, "registrar", "registry", "registrar")
    page = registrar.get("/registrar/").text
    waiting = page.partition('id="waiting"')[2].partition("</dl>")[0]
    counts = [one.partition("</dd>")[0] for one in waiting.split("<dd>")[1:]]
    assert counts == ["0", "1", "0", "1", "0", "0"]
    inspector = enter(house, "inspector", "registry", "inspector").get("/registrar/").text
    assert "/registrar/workers" not in inspector.partition('id="waiting"')[2].partition("</dl>")[0]
