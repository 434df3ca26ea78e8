"""The registers on a real MongoDB, over the API and the registrar's pages."""

import csv
import io
import threading
from datetime import date, timedelta

import pytest

from issuers.changes.states import revoke
from registry.keyrings import REGISTRY
from registry.people import person_key
from registry.registers.directory_store import Directories
from registry.registers.integrity import person_subject
from registry.registers.integrity_store import IntegrityFiles
from registry.registers.rows import RowLog, check_chain
from registry.statistics.projector import Projector
from registry.statistics.sessions import Session, Sessions
from registry.statistics.uploads import COLUMNS, Uploads

SHORTAGE = {"occupation": "6-31-01-03", "region": "330000", "document": "示例〔2026〕1号"}
CASE = {
    "case": "2026-1",
    "subject": "enterprise:91441900000000019N",
    "name": "东莞示例精密制造有限公司",
    "means": "forgery",
    "decision": "示例罚〔2026〕1号",
    "decided_on": "2026-10-01",
    "ends": "2029-10-01",
    "blocks_from": "2026-10-01",
}


@pytest.fixture
def registrar(house):
    """Calls the API as a registrar: ``registrar("POST", path, body)``."""
    token = house.issuers.assessors.new_token(REGISTRY, label="test", at=house.clock())

    def call(method, path, body=None):
        client, headers = house.client(), {"Authorization": f"Bearer {token}"}
        return client.open(f"/api/v1{path}", method=method, json=body, headers=headers)

    return call


def test_a_directory_as_of_every_day(house, registrar):
    added = registrar(
        "POST", "/directories/shortage_occupations/rows", {"cells": SHORTAGE, "from": "2026-01-01"}
    )
    assert added.status_code == 201
    ended = registrar("POST", "/directories/shortage_occupations/rows/1/end", {"to": "2026-07-01"})
    assert ended.status_code == 201

    def entries(on):
        return house.client().get(f"/api/v1/directories/shortage_occupations?on={on}").json["entries"]

    assert [len(entries(on)) for on in ("2025-12-31", "2026-01-01", "2026-06-30", "2026-07-01")] == [
        0,
        1,
        1,
        0,
    ]
    rows = registrar("GET", "/directories/shortage_occupations/rows").json["rows"]
    assert [row["replaces"] for row in rows] == [None, 1]
    page = house.client().get("/directories/shortage_occupations?on=2026-03-01&lang=zh").text
    assert "电工" in page
    assert "示例〔2026〕1号" in page


def test_assessors_are_a_directory_without_rows_of_its_own(house, registrar):
    found = house.client().get("/api/v1/directories/assessors?on=2026-11-22").json
    assert {entry["cells"]["body"] for entry in found["entries"]} == set(house.tokens)
    assert house.client().get("/api/v1/directories/assessors?on=2025-11-22").json["entries"] == []
    refused = registrar("POST", "/directories/assessors/rows", {"cells": {}, "from": "2026-01-01"})
    assert refused.json["code"] == "directory.derived"


@pytest.mark.parametrize("path", ["/directories/x/rows", "/integrity", "/inspections", "/uploads"])
def test_only_registrars_write(house, path):
    for headers in ({}, house.headers()):
        assert house.client().post(f"/api/v1{path}", json={}, headers=headers).status_code in {401, 403}


def test_32_writers_put_one_entry_into_a_directory_once(house, database):
    directories, refused = Directories(database, {}), []
    at, cells = house.clock(), SHORTAGE

    def add(number):
        job = {"job": f"{number % 4}"}
        try:
            directories.add(
                "shortage_occupations", cells | job, start=date(2026, 1, 1), end=None, at=at, by="x"
            )
        except Exception as error:  # noqa: BLE001 - compared below
            refused.append(getattr(error, "code", repr(error)))

    threads = [threading.Thread(target=add, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = directories.rows("shortage_occupations")
    assert [row.number for row in rows] == [1, 2, 3, 4]
    assert refused == ["directory.overlap"] * 28
    check_chain(rows)


def test_a_body_is_blocked_from_day_to_day_and_the_appeal_lifts_it(house, registrar, database):
    assert registrar("POST", "/integrity", CASE).status_code == 201
    files = IntegrityFiles(database)
    blocked = [
        bool(files.blocked(CASE["subject"], date(2026, 9, 30) + timedelta(days=n))) for n in (0, 1, 4000)
    ]
    assert blocked == [False, True, True]
    assert house.client().get("/api/v1/integrity").json["cases"][0]["decision"] == CASE["decision"]
    for state in ("open", "upheld"):
        assert registrar("POST", "/integrity/2026-1/appeal", {"state": state}).status_code == 200
    assert files.blocked(CASE["subject"], date(2026, 11, 1)) == []
    assert house.client().get("/api/v1/integrity").json["cases"] == []
    assert len(files.history("2026-1")) == 3


def test_a_person_stands_in_the_files_by_hash_alone(house, registrar, database, make_number):
    number = make_number(3)
    body = {**CASE, "name": "", "person": {"id_number": number}}
    del body["subject"]
    answer = registrar("POST", "/integrity", body)
    assert answer.status_code == 201
    assert number not in answer.text
    assert number not in str(list(database["register_rows"].find()))
    subject = person_subject(person_key(house.registry.vault, "resident_id", number))
    assert IntegrityFiles(database).blocked(subject, date(2026, 11, 1))
    assert house.client().get("/api/v1/integrity").json["cases"] == []
    assert subject.partition(":")[2] not in house.client().get("/integrity").text


def test_a_draw_is_announced_revealed_and_leads_to_the_integrity_file(house, registrar, database):
    subjects = sorted(house.tokens)
    body = {"draw": "2026-4", "subjects": subjects, "size": 2, "beacon_source": "x", "draws_on": "2026-12-01"}
    assert registrar("POST", "/inspections", body).status_code == 201
    sealed = database["inspection_seeds"].find_one({"_id": "2026-4"})["sealed"]
    assert (
        registrar("POST", "/inspections/2026-4/reveal", {"beacon": "7"}).json["code"]
        == "inspection.too_early"
    )
    assert house.client().get("/api/v1/inspections/2026-4").json["seed"] is None
    house.clock.advance(days=9)
    drawn = registrar("POST", "/inspections/2026-4/reveal", {"beacon": "7"}).json
    assert len(drawn["drawn"]) == 2
    assert bytes.fromhex(drawn["seed"]) not in sealed
    result = {
        "subject": drawn["drawn"][0],
        "inspector": "i",
        "visited_on": "2026-12-01",
        "outcome": "findings",
        "means": "course_plan",
    }
    assert registrar("POST", "/inspections/2026-4/results", result).status_code == 201
    again = registrar("POST", "/inspections/2026-4/results", result)
    assert again.json["code"] == "inspection.reported"
    cases = IntegrityFiles(database).cases(f"assessor:{drawn['drawn'][0]}")
    assert [(case.means, case.decision, case.blocks(date(2026, 12, 2))) for case in cases] == [
        ("course_plan", None, False)
    ]
    assert "2026-4" in house.client().get("/inspections").text


def test_a_session_corrected_by_many_at_once_moves_the_totals_by_the_difference(house, database):
    sessions, at = Sessions(database), house.clock()

    def record(number, enrolled):
        session = Session(
            number,
            house.association,
            "training",
            "elderly_care",
            None,
            "330000",
            date(2026, 11, 1),
            enrolled,
            1,
        )
        sessions.record(session, at=at, by="x", today=date(2026, 11, 22))

    threads = [threading.Thread(target=record, args=(f"s{n % 3}", 10 + n)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log = RowLog(database)
    last = [log.read(f"session:{house.association}:s{n}")[-1].content["enrolled"] for n in range(3)]
    totals = sessions.totals("body", house.association, [2026])
    assert totals["sessions"] == 3
    assert totals["enrolled"] == sum(last)
    assert sessions.totals("sector", "330000:elderly_care", [2026])["enrolled"] == sum(last)


def test_the_file_for_the_national_system(house, registrar, database, make_body, make_number):
    projector = Projector(database, house.clock)
    projector.catch_up()
    issued = [house.issued(make_body(person=person)) for person in range(3)]
    projector.catch_up()
    batch = registrar("POST", "/uploads", {}).json
    assert batch["rows"] == 3
    answer = registrar("GET", f"/uploads/{batch['batch']}/rows.csv")
    assert answer.headers["Cache-Control"] == "no-store"
    lines = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert tuple(lines[0]) == COLUMNS
    assert {line[7] for line in lines[1:]} == {one["number"] for one in issued}
    row = next(line for line in lines[1:] if line[2] == make_number(0))
    assert row == [
        "欧阳试验",
        "201",
        make_number(0),
        "",
        "电工",
        "--",
        "3",
        issued[0]["number"],
        "2026-11-22",
        "浙江示例技能人才行业协会",
        "浙江示例技能人才行业协会",
    ]
    assert registrar("POST", "/uploads", {}).json["code"] == "upload.nothing_waits"
    returned = {"returned": [issued[1]["number"]]}
    assert registrar("POST", f"/uploads/{batch['batch']}/confirmation", returned).json["state"] == "confirmed"
    revoke(house.registry.record, issued[0]["code"], reason="issued_in_error", by="x", at=house.clock())
    projector.catch_up()
    assert registrar("GET", "/uploads").json["waiting"] == {"new": 0, "correction": 2}
    assert Uploads(database, house.registry.vault).state_of(issued[2]["code"]) == "confirmed"
    assert (
        house.client().get(f"/api/v1/uploads/{batch['batch']}/rows.csv", headers=house.headers()).status_code
        == 403
    )


def test_public_statistics_withhold_what_registrars_see(house, registrar, database, make_body):
    projector = Projector(database, house.clock)
    projector.catch_up()
    for person in range(9):
        house.issued(make_body(person=person, level="3" if person < 7 else "4"))
    projector.catch_up()
    public = house.client().get("/api/v1/statistics?by=level").json
    assert (public["total"], public["withheld"], public["rows"]) == (9, 9, [])
    assert house.client().get("/api/v1/statistics?by=assessor").json["rows"][0]["count"] == 9
    exact = registrar("GET", "/statistics/exact?by=level&from=2026-11&to=2026-12").json["counts"]
    assert {level: found["issued"] for level, found in exact.items()} == {"3": 7, "4": 2}
    page = house.client().get("/statistics?lang=en").text
    assert "Certificates issued in 2026: <strong>9</strong>" in page
    for refused in ("from=2026-02-01", "from=2026&to=2026", "by=holder", "measure=x", "from=99999"):
        assert house.client().get(f"/api/v1/statistics?{refused}").status_code == 422


def test_a_college_publishes_its_report_and_another_body_does_not(house):
    body = {
        "texts": [f"第{n}段" for n in range(6)],
        "amounts": {"public_trainings": 120, "enrolled_students": 100},
    }
    client = house.client()
    assert client.put("/api/v1/reports/2026", json=body, headers=house.headers()).status_code == 403
    headers = house.headers(house.college)
    answer = client.put("/api/v1/reports/2026", json=body, headers=headers).json
    assert (answer["in_time"], answer["sections"][0]["zh"]) == (True, "总体情况")
    assert [(ratio["rule"], ratio["passed"]) for ratio in answer["ratios"]] == [("ZJ-13", True)]
    house.clock.advance(days=60)
    late = client.put("/api/v1/reports/2026", json=body | {"texts": ["改"] * 6}, headers=headers).json
    assert (late["in_time"], late["corrected_on"]) == (True, "2027-01-21")
    assert "改" in client.get(f"/reports/{house.college}/2026").text
    assert client.put("/api/v1/reports/2025", json=body, headers=headers).json["code"] == "report.year"


def test_the_registrars_pages_do_what_the_api_does(house, database):
    house.issuers.assessors.set_account("registrar", REGISTRY, house.password)
    house.app.config["WTF_CSRF_ENABLED"] = False
    client = house.client()
    client.post("/console/sign-in", data={"account": "registrar", "password": house.password})
    form = {f"cells.{name}": text for name, text in SHORTAGE.items()} | {"from": "2026-01-01"}
    assert client.post("/registrar/directories/shortage_occupations", data=form).status_code == 302
    assert client.post("/registrar/directories/shortage_occupations", data=form).status_code == 409
    assert (
        client.post(
            "/registrar/directories/shortage_occupations/1/end", data={"to": "2026-05-01"}
        ).status_code
        == 302
    )
    case = CASE | {"subject_kind": "enterprise", "subject_code": "91441900000000019N"}
    assert client.post("/registrar/integrity", data=case).status_code == 302
    assert client.post("/registrar/integrity/2026-1/appeal", data={"state": "open"}).status_code == 302
    draw = {"draw": "a", "size": "2", "beacon_source": "x", "draws_on": "2026-12-01"}
    assert client.post("/registrar/inspections", data=draw).status_code == 302
    assert client.post("/registrar/inspections/a/reveal", data={"beacon": "1"}).status_code == 409
    assert client.post("/registrar/uploads", data={"type": "new"}).status_code == 409
    for page in (
        "directories",
        "directories/assessors",
        "directories/shortage_occupations",
        "integrity",
        "inspections",
        "uploads",
    ):
        for language in ("zh", "en"):
            assert client.get(f"/registrar/{page}?lang={language}").status_code == 200
    assert house.client().get("/registrar/uploads").status_code == 302
