"""A list from upload to certificates: prepared by one person, approved by another, issued row by row, told in files."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import datetime
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from pymongo.errors import AutoReconnect

from issuers.batches import limits
from issuers.batches.chunks import Chunks
from keys.errors import Refused
from registry.people import open_holder
from tests.integration.conftest import ASSOCIATION, House, make_body, make_number, post_parts

HEADING = "姓名,证件类型,证件号码,所在单位,职业名称,工种名称,职业技能等级,证书编号,发证日期,评价机构,发证机构"
DAY = "2026-11-22"


def line(person: int, *, name: str = "欧阳试验", number: str | None = None, level: str = "3", day: str = DAY):
    return f"{name},201,{number or make_number(person)},示例厂,电工,--,{level},,{day},,"


def make_list(count: int, *more: str, heading: str = HEADING) -> bytes:
    return "\r\n".join([heading, *(line(person) for person in range(count)), *more]).encode()


@pytest.fixture
def desk(house: House):
    house.make_account("clerk", ASSOCIATION, "clerk")
    house.make_account("signer", ASSOCIATION, "signer")
    house.make_account("second", ASSOCIATION, "signer")
    return house.services.batches


def enter(house: House, account: str):
    client = house.client()
    house.enter(client, account)
    client.get("/console/batches/?lang=en")
    return client


def token_of(page) -> str:
    return re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]


def post(client, path: str, **form):
    csrf = token_of(client.get("/console/batches/"))
    return client.post(path, data={"csrf_token": csrf, **form})


def send(client, data: bytes, name: str = "名单.csv"):
    return post(client, "/console/batches/", file=(io.BytesIO(data), name))


def work(desk) -> None:
    while desk.work_once("test"):
        pass


def prepared(house: House, desk, data: bytes, *, by: str = "clerk") -> str:
    answer = send(enter(house, by), data)
    assert answer.status_code == 303, answer.text
    work(desk)
    return answer.headers["Location"].rpartition("/")[2]


def rows_of(response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(response.data.decode("utf-8-sig"))))


def code_of(row: list[str]) -> str:
    return row[3].rpartition("/v/")[2]


def test_the_page_takes_a_list_of_more_than_a_megabyte(house: House, desk):
    client = enter(house, "clerk")
    csrf = token_of(client.get("/console/batches/"))
    answer = post_parts(client, "/console/batches/", csrf_token=csrf, file=make_list(1) + b"\n" * 2_000_000)
    assert answer.status_code == 303


def test_from_upload_to_certificates(house: House, desk):
    monday = prepared(house, desk, make_list(300))
    assert house.database["certificates"].count_documents({}) == 0
    signer = enter(house, "signer")
    page = signer.get(f"/console/batches/{monday}")
    assert "300" in page.text
    assert page.text.count(make_number(0)[:6]) >= 10, "ten rows to proof-read, with whole numbers"
    answer = post(signer, f"/console/batches/{monday}/approval", confirm="yes")
    assert answer.status_code == 303
    work(desk)
    rows = rows_of(signer.get(f"/console/batches/{monday}/results.csv"))[1:]
    assert [row[0] for row in rows] == [str(n) for n in range(2, 302)]
    numbers = [row[2] for row in rows]
    assert numbers == sorted(set(numbers)), "numbered in the order of the rows"
    assert all(row[4].startswith(f"{house.registry.settings.origin}/claim/") for row in rows)
    verdict = house.verify(code=code_of(rows[7]))
    assert verdict["outcome"] == "valid"
    batch = desk.batches.find(monday)
    assert (batch["state"], batch["issued"], batch["failed"]) == ("done", 300, 0)
    assert list(desk.batches.codes(monday)) == [code_of(row) for row in rows]
    (notice,) = house.issuers.notices.latest(ASSOCIATION)
    assert notice["facts"] == {"batch": monday, "issued": 300, "refused": 0}
    found = house.registry.record.find(code_of(rows[0]))
    holder = open_holder(house.registry.vault, found.holder, code=found.code)
    assert holder.aside == {"work_unit": "示例厂"}
    assert "示例厂" not in found.credential.decode()


def test_a_second_person_approves(house: House, desk):
    monday = prepared(house, desk, make_list(11), by="signer")
    clerk, signer = enter(house, "clerk"), enter(house, "signer")
    assert post(clerk, f"/console/batches/{monday}/approval", confirm="yes").status_code == 403
    assert post(signer, f"/console/batches/{monday}/approval", confirm="yes").status_code == 403
    second = enter(house, "second")
    assert post(second, f"/console/batches/{monday}/approval").status_code == 422, "without the tick"
    assert post(second, f"/console/batches/{monday}/approval", confirm="yes").status_code == 303
    assert desk.batches.find(monday)["approved_by"] == "second"
    acts = {act["name"]: act for act in house.database["acts"].find({"subject": f"batch:{monday}"})}
    assert acts["batch.prepared"]["by"] == "signer"
    assert acts["batch.approved"]["after"]["certificates"] == 11


def test_up_to_ten_need_no_second_person(house: House, desk):
    monday = prepared(house, desk, make_list(10), by="signer")
    answer = post(enter(house, "signer"), f"/console/batches/{monday}/approval", confirm="yes")
    assert answer.status_code == 303


def test_wrong_rows_are_told_and_left_out(house: House, desk):
    house.issued({**_body(5)})
    data = make_list(
        6,
        line(7, name="=HYPERLINK(1)"),
        line(8, number="150102199001011111"),
        line(9, level="五级半"),
        line(1),
        line(10, day="2027-01-01"),
    )
    monday = prepared(house, desk, data)
    batch = desk.batches.find(monday)
    assert (batch["rows"], batch["valid"], batch["wrong"]) == (11, 5, 6)
    signer = enter(house, "signer")
    rows = rows_of(signer.get(f"/console/batches/{monday}/errors.csv"))
    assert [(row[1], row[4]) for row in rows[1:]] == [
        ("C7", "issue.already_held"),
        ("A8", "name.characters"),
        ("C9", "identity.checksum"),
        ("G10", "batch.level"),
        ("C11", "batch.twice"),
        ("I12", "issue.in_future"),
    ]
    assert rows[2][3] == "'=HYPERLINK(1)", "no spreadsheet runs what somebody typed"
    assert rows[3][3] == "15**************11"
    assert post(signer, f"/console/batches/{monday}/approval", confirm="yes").status_code == 422
    post(signer, f"/console/batches/{monday}/approval", confirm="yes", only_good="yes")
    work(desk)
    assert desk.batches.find(monday)["issued"] == 5


def _body(person: int):
    return make_body(person=person)


def test_pause_resume_cancel(house: House, desk, monkeypatch):
    monkeypatch.setattr("issuers.batches.examining.CHUNK_ROWS", 5)
    monday = prepared(house, desk, make_list(20))
    signer = enter(house, "signer")
    post(signer, f"/console/batches/{monday}/approval", confirm="yes")
    assert desk.work_once("test")
    assert post(signer, f"/console/batches/{monday}/pause").status_code == 303
    assert not desk.work_once("test")
    assert desk.batches.chunks.counts(desk.batches.find(monday)["part"]).issued == 5
    assert post(signer, f"/console/batches/{monday}/resume").status_code == 303
    assert desk.work_once("test")
    assert post(signer, f"/console/batches/{monday}/cancel").status_code == 422, "only with the tick"
    assert post(signer, f"/console/batches/{monday}/cancel", confirm="yes").status_code == 303
    work(desk)
    desk.tidy()
    assert house.database["certificates"].count_documents({}) == 10
    assert house.database["batch_chunks"].count_documents({"input": {"$exists": True}}) == 0
    batch = desk.batches.find(monday)
    assert (batch["state"], batch["issued"]) == ("cancelled", 10)
    assert post(signer, f"/console/batches/{monday}/resume").status_code == 409


def test_a_chunk_begun_by_a_killed_worker_is_finished_once(house: House, desk, monkeypatch):
    monday = prepared(house, desk, make_list(20))
    desk.batches.approve(monday, by="signer", at=house.clock())
    with monkeypatch.context() as killed:  # it has recorded everything, and is gone before it could say so
        killed.setattr(Chunks, "finish", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            desk.work_once("killed")
    assert house.database["certificates"].count_documents({}) == 20
    assert not desk.work_once("test"), "the lease still holds"
    house.clock.advance(seconds=limits.LEASE.total_seconds())
    work(desk)
    assert house.database["certificates"].count_documents({}) == 20
    assert desk.batches.find(monday)["issued"] == 20


def test_a_chunk_half_recorded_is_completed(house: House, desk, monkeypatch):
    monday = prepared(house, desk, make_list(20))
    desk.batches.approve(monday, by="signer", at=house.clock())
    with monkeypatch.context() as killed:
        killed.setattr(Chunks, "finish", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            desk.work_once("killed")
    gone = [one["_id"] for one in house.database["certificates"].find().limit(8)]
    house.database["certificates"].delete_many({"_id": {"$in": gone}})
    house.clock.advance(seconds=limits.LEASE.total_seconds())
    work(desk)
    found = list(house.database["certificates"].find())
    assert len(found) == len({one["number"] for one in found}) == len({one["person"] for one in found}) == 20
    assert len({(one["status"]["list"], one["status"]["index"]) for one in found}) == 20


def test_two_workers_on_one_chunk_record_it_once(house: House, desk):
    monday = prepared(house, desk, make_list(20))
    desk.batches.approve(monday, by="signer", at=house.clock())
    slow = desk.batches.take_chunks("slow", at=house.clock(), limit=1)
    house.clock.advance(seconds=limits.LEASE.total_seconds())
    work(desk)
    (signed,) = desk.issuing.sign(slow)
    desk.issuing.record(signed)  # it thinks that it is the first, and records what stands
    assert house.database["certificates"].count_documents({}) == 20
    assert desk.batches.find(monday)["issued"] == 20


def test_chunks_are_signed_while_others_are_recorded(house: House, desk, monkeypatch):
    monkeypatch.setattr("issuers.batches.examining.CHUNK_ROWS", 5)
    monday = prepared(house, desk, make_list(20))
    desk.batches.approve(monday, by="signer", at=house.clock())
    with monkeypatch.context() as away:  # the database goes away under the second chunk
        finish, tried = Chunks.finish, []

        def fail(*chunk: Any) -> None:
            tried.append(chunk)
            if len(tried) == 2:
                raise AutoReconnect
            finish(*chunk)

        away.setattr(Chunks, "finish", fail)
        with pytest.raises(AutoReconnect):
            desk.issue_waiting("first", lambda: False)
    house.clock.advance(seconds=limits.LEASE.total_seconds())
    assert desk.issue_waiting("second", lambda: False)
    assert not desk.issue_waiting("second", lambda: False)
    assert house.database["certificates"].count_documents({}) == 20
    assert (desk.batches.find(monday)["state"], desk.batches.find(monday)["issued"]) == ("done", 20)


def test_a_chunk_that_was_begun_before_comes_alone(house: House, desk, monkeypatch):
    monkeypatch.setattr("issuers.batches.examining.CHUNK_ROWS", 4)
    monday = prepared(house, desk, make_list(20))
    desk.batches.approve(monday, by="signer", at=house.clock())

    def take(limit: int) -> list[int]:
        return [one["n"] for one in desk.batches.take_chunks("worker", at=house.clock(), limit=limit)]

    assert [take(3), take(3), take(3)] == [[0, 1, 2], [3, 4], []]
    house.clock.advance(seconds=limits.LEASE.total_seconds())
    assert [take(3) for _ in range(6)] == [[0], [1], [2], [3], [4], []], "what ended a worker ends no others"


def test_who_is_told_to_stop_takes_no_chunk(house: House, desk):
    monday = prepared(house, desk, make_list(3))
    desk.batches.approve(monday, by="signer", at=house.clock())
    assert not desk.issue_waiting("leaving", lambda: True)
    assert house.database["certificates"].count_documents({}) == 0


def test_scope_lost_between_approval_and_issue(house: House, desk):
    monday = prepared(house, desk, make_list(3))
    desk.batches.approve(monday, by="signer", at=house.clock())
    (held,) = house.issuers.assessors.find(ASSOCIATION).accreditations
    house.issuers.assessors.end_accreditation(ASSOCIATION, held.id, on=held.valid_from)
    house.forget()
    work(desk)
    batch = desk.batches.find(monday)
    assert (batch["state"], batch["issued"], batch["failed"]) == ("done", 0, 3)
    page = enter(house, "signer").get(f"/console/batches/{monday}")
    assert "Row 2" in page.text


def test_a_clerk_s_single_certificate_waits_for_the_signer(house: House, desk):
    clerk = enter(house, "clerk")
    form = {
        "kind": "skill_level",
        "holder.name": "欧阳试验",
        "holder.id_type": "resident_id",
        "holder.id_number": make_number(1),
        "occupation": "6-31-01-03:2022",
        "level": "3",
        "issued_on": DAY,
        "idempotency_key": "once",
    }
    first = post(clerk, "/console/issue/confirm", **form)
    assert first.status_code == 303
    assert post(clerk, "/console/issue/confirm", **form).headers["Location"] == first.headers["Location"]
    assert house.database["certificates"].count_documents({}) == 0
    assert house.database["batches"].count_documents({}) == 1
    single = first.headers["Location"].rpartition("/")[2]
    post(enter(house, "signer"), f"/console/batches/{single}/approval", confirm="yes")
    work(desk)
    assert house.database["certificates"].count_documents({}) == 1


def test_pictures_and_sheet(house: House, desk):
    monday = prepared(house, desk, make_list(3))
    desk.batches.approve(monday, by="signer", at=house.clock())
    work(desk)
    clerk = enter(house, "clerk")
    packed = zipfile.ZipFile(io.BytesIO(clerk.get(f"/console/batches/{monday}/qr.zip").data))
    assert len(packed.namelist()) == 3
    assert packed.testzip() is None
    sheet = clerk.get(f"/console/batches/{monday}/sheet")
    assert sheet.text.count("data:image/svg+xml") == 6


def test_a_batch_on_paper_class_by_class(house: House, desk, monkeypatch):
    monkeypatch.setattr("verify.paper.pages.MAX_CLASS", 2)
    monday = prepared(house, desk, make_list(3))
    clerk = enter(house, "clerk")
    page = f"/console/paper/batches/{monday}"
    assert "1.zip" not in clerk.get(page).text  # nothing is issued yet
    assert clerk.get(f"{page}/1.zip").status_code == 409
    desk.batches.approve(monday, by="signer", at=house.clock())
    work(desk)
    assert page in clerk.get(f"/console/batches/{monday}").text
    assert "Download certificates 3 to 3" in clerk.get(f"{page}?lang=en").text
    numbers = [row[2] for row in rows_of(clerk.get(f"/console/batches/{monday}/results.csv"))[1:]]
    found = []
    for part in (1, 2):
        answer = clerk.get(f"{page}/{part}.zip")
        assert (answer.mimetype, answer.headers["Cache-Control"]) == ("application/zip", "no-store")
        with zipfile.ZipFile(io.BytesIO(answer.data)) as packed:
            assert all(packed.read(name).startswith(b"%PDF-") for name in packed.namelist())
            found += packed.namelist()
    assert found == [f"{number}.pdf" for number in numbers]
    for beyond in ("0.zip", "3.zip", "-1.zip"):
        assert clerk.get(f"{page}/{beyond}").status_code == 404
    house.make_account("theirs", house.college, "clerk")
    other = enter(house, "theirs")
    assert other.get(page).status_code == other.get(f"{page}/1.zip").status_code == 404
    noted = house.database["acts"].find({"name": "certificates.printed"})
    assert [(one["subject"], one["after"]["certificates"]) for one in noted] == [
        (f"batch:{monday}", 2),
        (f"batch:{monday}", 1),
    ]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (make_list(1, heading=HEADING.replace("证件号码", "部门")), "batch.columns_missing"),
        ("甲,乙\n1,2\n".encode(), "batch.no_heading"),
        (HEADING.encode(), "batch.no_rows"),
        (b"\x00\x01\x02" * 50, "sheet.encoding"),
        (make_list(1, heading=HEADING.replace("所在单位", "姓名")), "batch.column_twice"),
    ],
)
def test_files_that_are_no_lists_are_refused_at_once(house: House, desk, data, code):
    before = house.counts()
    answer = house.client().post("/api/v1/batches", data=data, headers=house.headers())
    assert (answer.status_code, answer.json["code"]) == (422, code)
    assert house.counts() == before


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_encodings(house: House, desk, encoding):
    data = make_list(2).decode().encode(encoding)
    answer = house.client().post("/api/v1/batches?dry_run=true", data=data, headers=house.headers())
    assert answer.json["valid"] == 2


def test_columns_in_any_order_and_some_of_their_own(house: House, desk):
    data = f"部门,level,Occupation,发证日期,证件号码,姓名\n检修,高级工,电工,{DAY},{make_number(1)},王小明\n"
    answer = house.client().post("/api/v1/batches?dry_run=true", data=data.encode(), headers=house.headers())
    assert (answer.json["valid"], answer.json["unread"]) == (1, ["部门"])


def test_too_large_a_file_is_refused_before_it_is_read(house: House, desk):
    answer = house.client().post(
        "/api/v1/batches",
        data=b"",
        headers=house.headers(),
        environ_overrides={"CONTENT_LENGTH": str(300 * 1024 * 1024)},
    )
    assert (answer.status_code, answer.json["code"]) == (413, "http.too_large")


def test_an_xlsx_with_dates_and_numbers(house: House, desk):
    book = Workbook()
    book.active.append(HEADING.split(","))
    cells = [
        "王小明",
        201,
        make_number(1),
        "示例厂",
        "电工",
        "--",
        3,
        None,
        datetime(2026, 11, 22),  # noqa: DTZ001 - as a spreadsheet keeps it
        None,
        None,
    ]
    book.active.append(cells)
    book.active.append([*cells[:2], 150102199001011111, *cells[3:]])
    out = io.BytesIO()
    book.save(out)
    answer = house.client().post("/api/v1/batches?dry_run=true", data=out.getvalue(), headers=house.headers())
    assert answer.json["valid"] == 1
    assert [(one["cell"], one["code"]) for one in answer.json["findings"]] == [("C3", "batch.rounded")]


def test_the_template_can_be_sent_back_as_it_is_filled_in(house: House, desk):
    clerk = enter(house, "clerk")
    empty = clerk.get("/console/batches/list.csv").data
    answer = house.client().post("/api/v1/batches?dry_run=true", data=empty, headers=house.headers())
    assert answer.json["code"] == "batch.no_rows", "the example certifies nobody"
    book = load_workbook(io.BytesIO(clerk.get("/console/batches/list.xlsx").data))
    sheet = book.worksheets[0]
    (choice,) = sheet.data_validations.dataValidation
    assert choice.type == "list"
    headings = [cell.value for cell in sheet[1]]
    filled = {
        "姓名": "王小明",
        "证件号码": make_number(1),
        "职业名称": "电工",
        "职业技能等级": "三级/高级工",
        "发证日期": DAY,
    }
    sheet.append([filled.get(heading) for heading in headings])
    out = io.BytesIO()
    book.save(out)
    answer = house.client().post("/api/v1/batches?dry_run=true", data=out.getvalue(), headers=house.headers())
    assert (answer.json["rows"], answer.json["valid"]) == (1, 1)


def test_a_file_that_only_the_worker_finds_wrong_is_told_on_the_page(house: House, desk, monkeypatch):
    monkeypatch.setattr("issuers.batches.reading.MAX_ROWS", 5)
    monday = prepared(house, desk, make_list(6))
    batch = desk.batches.find(monday)
    assert (batch["state"], batch["refusal"]["code"]) == ("refused", "batch.too_many_rows")
    assert house.database["batch_chunks"].count_documents({}) == 0
    assert house.database["batch_pieces"].count_documents({}) == 0
    assert enter(house, "clerk").get(f"/console/batches/{monday}").status_code == 200


def test_what_waits_is_sealed(house: House, desk):
    monday = prepared(house, desk, make_list(3, line(5, name="王3")))
    kept = [
        str(document)
        for name in ("batches", "batch_chunks", "batch_pieces")
        for document in house.database[name].find()
    ]
    assert kept
    assert not any("欧阳" in text or "王3" in text or make_number(0) in text for text in kept)
    assert monday


def test_another_assessor_sees_nothing(house: House, desk):
    monday = prepared(house, desk, make_list(3))
    answer = house.client().get(f"/api/v1/batches/{monday}", headers=house.headers(house.college))
    assert answer.status_code == 404
    with pytest.raises(Refused):
        desk.batches.find(monday, house.college)
