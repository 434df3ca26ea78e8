"""An employer's list from upload to report, on a real database: answers, limits, workers, retention, pages."""

from __future__ import annotations

import csv
import io
import json
import re
from threading import Thread, active_count
from time import sleep

import pytest

from issuers.employers import OWNER_PREFIX
from keys.errors import Refused
from registry.keyrings import REGISTRY
from tests.integration.conftest import post_parts
from verify.bulk import limits, store
from verify.bulk.worker import checking

PATH = "/api/v1/verifications/bulk"
NAME = "欧阳试验"


@pytest.fixture
def employer(house):
    one = house.issuers.employers.add("power", name="示例发电有限公司", credit_code="91150700000000035M")
    house.issuers.assessors.set_account("hr", one.owner, house.password)
    house.tokens["power"] = house.issuers.assessors.new_token(one.owner, label="test", at=house.clock())
    return one


@pytest.fixture
def send(house, employer):
    """Send a list; the answer."""

    def call(data, **headers):
        data = data.encode() if isinstance(data, str) else data
        return house.client().post(PATH, data=data, headers=house.headers("power", **headers))

    return call


@pytest.fixture
def work(house):
    """Work until nothing waits."""

    def call():
        while house.services.bulk.work_once("test"):
            pass

    return call


@pytest.fixture
def fetch(house, employer):
    def call(path, **query):
        return house.client().get(path, headers=house.headers("power"), query_string=query)

    return call


def test_a_list_as_of_a_day_gone_by(house, employer, work, fetch, make_body):
    kept, gone = (house.issued(make_body(person=n)) for n in (1, 2))
    qr = house.verifier.qr_text(gone["code"])
    house.clock.advance(days=2)
    late = house.issued(make_body(person=3, issued_on="2026-11-24"))
    house.clock.advance(days=2)
    path = f"/api/v1/certificates/{gone['number']}/revocation"
    house.client().post(path, json={"reason": "false_results"}, headers=house.headers())
    rows = [f"{kept['number']},{NAME},,", f",,{gone['code']},", f",,{late['code']},", f',,,"{qr}"']
    data = make_list(*rows, heading="number,name,code,qr").encode()

    def ask(query=""):
        sent = house.client().post(f"{PATH}{query}", data=data, headers=house.headers("power"))
        assert sent.status_code == 202, sent.json
        work()
        done = fetch(sent.headers["Location"]).json
        found = read_csv(fetch(done["links"]["results"], format="csv"))
        return done, [(row["outcome"], row["reason"]) for row in found]

    now, answers = ask()
    revoked = ("revoked", "status.revoked")
    assert (now["at"], answers) == (None, [("valid", ""), revoked, ("valid", ""), revoked])
    assert "asOf" not in fetch(now["links"]["report"]).json
    then, answers = ask("?at=2026-11-23")
    not_yet = ("unknown", "record.not_yet")
    assert (then["at"], answers) == ("2026-11-23", [("valid", ""), ("valid", ""), not_yet, ("valid", "")])
    report = fetch(then["links"]["report"])
    assert (report.json["asOf"], report.json["validByLevel"]) == ("2026-11-23", {"3": 3})
    verified = house.client().post(
        f"{PATH}/reports/verification", data=report.data, content_type="application/json"
    )
    assert verified.json["valid"] is True
    client = house.client()
    house.enter(client, "hr")
    for page in (
        "/employer/",
        f"/employer/checks/{then['id']}",
        f"/employer/checks/{then['id']}?show=all",
        f"/employer/checks/{then['id']}/report",
    ):
        assert "23 November 2026" in client.get(page, headers={"Accept-Language": "en"}).text, page


@pytest.mark.parametrize(
    ("day", "code"), [("2026-11-23", "at.future"), ("1999-12-31", "at.too_early"), ("x", "field.date")]
)
def test_a_list_as_of_a_day_that_cannot_be_asked_about(house, employer, day, code):
    refused = house.client().post(f"{PATH}?at={day}", data=b"code\nx\n", headers=house.headers("power"))
    assert (refused.status_code, refused.json["code"]) == (422, code)
    assert house.database["bulk_jobs"].count_documents({}) == 0
    client = house.client()
    house.enter(client, "hr")
    house.app.config["WTF_CSRF_ENABLED"] = False
    sent = client.post("/employer/checks", data={"file": (io.BytesIO(b"code\nx\n"), "a.csv"), "at": day})
    house.app.config["WTF_CSRF_ENABLED"] = True
    assert sent.status_code == 422
    assert f'value="{day}"' in sent.text


def make_list(*rows, heading="number,name,code"):
    return "\n".join([heading, *rows]) + "\n"


def read_csv(response):
    return list(csv.DictReader(io.StringIO(response.data.decode("utf-8-sig"))))


def test_a_list_from_upload_to_report(house, send, work, fetch, make_body):
    good, gone = (house.issued(make_body(person=n)) for n in (1, 2))
    house.client().post(
        f"/api/v1/certificates/{gone['number']}/revocation",
        json={"reason": "false_results"},
        headers=house.headers(),
    )
    rows = (
        f"{good['number']},{NAME},",
        f"{good['number']},王小明,",
        f",,{gone['code']}",
        f"{good['number']},,",
    )
    sent = send(make_list(*rows))
    assert sent.status_code == 202
    assert fetch(sent.headers["Location"]).json["state"] == "waiting"
    assert fetch(f"{sent.headers['Location']}/results").json["code"] == "bulk.unfinished"
    work()
    done = fetch(sent.headers["Location"]).json
    assert (done["state"], done["done"], done["outcomes"]) == (
        "done",
        4,
        {"valid": 1, "unknown": 2, "revoked": 1},
    )
    found = read_csv(fetch(done["links"]["results"], format="csv"))
    assert [row["reason"] for row in found] == ["", "lookup.no_match", "status.revoked", "lookup.both_needed"]
    assert [row["name"] for row in found] == [NAME, "王小明", "", ""]
    as_json = [json.loads(line) for line in fetch(done["links"]["results"]).data.splitlines()]
    assert as_json == found
    kept = fetch(done["links"]["evidence"]).data.decode()
    assert good["code"] in kept
    assert NAME not in kept
    report = fetch(done["links"]["report"])
    assert report.json["employer"]["name"] == "示例发电有限公司"
    verdict = house.client().post(
        f"{PATH}/reports/verification", data=report.data, content_type="application/json"
    )
    assert verdict.json["valid"] is True


def test_report_and_results_verify_together(house, send, work, fetch, make_body):
    location = send(make_list(f",,{house.issued(make_body())['code']}")).headers["Location"]
    work()
    report = fetch(f"{location}/report").data
    results = fetch(f"{location}/results", format="csv").data

    def verify(report, results):
        parts = {"report": (io.BytesIO(report), "r.json"), "results": (io.BytesIO(results), "r.csv")}
        return house.client().post(f"{PATH}/reports/verification", data=parts).json

    assert verify(report, results)["checks"] == {"signature": "passed", "results": "passed"}
    assert verify(report, results.replace(b"valid", b"revoked"))["checks"]["results"] == "failed"
    altered = verify(report.replace(b'"valid":1', b'"valid":2'), results)
    assert altered["checks"] == {"signature": "failed", "results": "unknown"}
    assert altered["reason"]["code"] == "proof.signature"


def test_a_report_verifies_after_the_registrys_key_was_rotated(house, send, work, fetch):
    location = send(make_list("x,y,")).headers["Location"]
    work()
    report = fetch(f"{location}/report").data
    house.registry.keyrings.rotate(REGISTRY, at=house.clock())
    verdict = house.client().post(
        f"{PATH}/reports/verification", data=report, content_type="application/json"
    )
    assert verdict.json["valid"] is True


def test_qr_texts_that_pages_show_are_valid(house, send, work, fetch, make_body):
    text = house.verifier.qr_text(house.issued(make_body())["code"])
    assert "#" in text
    location = send(json.dumps({"qr": text, "name": NAME}, ensure_ascii=False)).headers["Location"]
    work()
    (row,) = read_csv(fetch(f"{location}/results", format="csv"))
    assert (row["outcome"], row["occupation_name"]) == ("valid", "电工")


def test_a_long_list_is_answered_row_by_row_in_order(house, send, work, fetch, make_body):
    code = house.issued(make_body())["code"]
    location = send("code\n" + "".join(f"{code if n % 2 else 'x' * 22}\n" for n in range(2_345))).headers[
        "Location"
    ]
    work()
    found = read_csv(fetch(f"{location}/results", format="csv"))
    assert [int(row["row"]) for row in found] == list(range(2, 2_347))
    assert [row["outcome"] for row in found[:4]] == ["unknown", "valid"] * 2
    report = fetch(f"{location}/report").json
    assert report["outcomes"] == {"unknown": 1_173, "valid": 1_172}
    assert len(report["results"]["chunks"]) == 3


def test_a_file_of_more_than_a_megabyte_is_taken_here_and_only_here(house, send):
    data = "code\n" + "x" * 22 + "\n" * 2_000_000
    assert send(data).status_code == 202
    assert post_parts(house.client(), "/api/v1/verifications", file=data.encode()).status_code == 413


def test_a_refused_list_leaves_nothing(house, send):
    before = house.counts()
    refused = send("王小明,李四\n")
    assert (refused.status_code, refused.json["code"]) == (422, "bulk.no_heading")
    assert house.counts() == before


# --- limits ---


def test_no_more_lists_at_a_time_than_promised(send, work):
    assert [send(make_list("x,y,")).status_code for _ in range(limits.OPEN_JOBS)] == [202] * limits.OPEN_JOBS
    refused = send(make_list("x,y,"))
    assert (refused.status_code, refused.json["code"]) == (429, "bulk.busy")
    assert int(refused.headers["Retry-After"]) > 0
    work()
    assert send(make_list("x,y,")).status_code == 202


def test_side_by_side_no_more_are_taken(house, employer, send):
    statuses = []
    threads = [Thread(target=lambda: statuses.append(send(make_list("x,y,")).status_code)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [202] * limits.OPEN_JOBS + [429] * (12 - limits.OPEN_JOBS)


def test_no_more_rows_a_day_than_promised(house, send, work, monkeypatch):
    monkeypatch.setattr(store, "ROWS_A_DAY", 5)
    assert send(make_list(*["x,y,"] * 4)).status_code == 202
    refused = send(make_list(*["x,y,"] * 2))
    assert (refused.status_code, refused.json["code"]) == (429, "bulk.day_used")
    assert refused.headers["Retry-After"] == str(12 * 3600 + 1)  # it is noon in China
    assert send(make_list("x,y,")).status_code == 202
    house.clock.advance(hours=12)
    assert send(make_list(*["x,y,"] * 5)).status_code == 202


# --- who may ---


def test_only_an_employer_may_send_and_only_its_own_lists_are_shown(house, send, employer):
    client = house.client()
    assert client.post(PATH, data=b"code\nx\n").status_code == 401
    assert client.post(PATH, data=b"code\nx\n", headers=house.headers()).json["code"] == "auth.employer_only"
    location = send(make_list("x,y,")).headers["Location"]
    other = house.issuers.employers.add("other", name="另一家公司", credit_code="91441900000000019N")
    house.tokens["other"] = house.issuers.assessors.new_token(other.owner, label="test", at=house.clock())
    assert client.get(location, headers=house.headers("other")).status_code == 404


def test_an_employer_issues_nothing(house, employer, make_body):
    answer = house.client().post("/api/v1/certificates", json=make_body(), headers=house.headers("power"))
    assert (answer.status_code, answer.json["code"]) == (403, "auth.assessor_only")


def test_the_registrar_registers_employers(house):
    house.tokens[REGISTRY] = house.issuers.assessors.new_token(REGISTRY, label="test", at=house.clock())
    body = {"id": "mine", "name": "示例煤业有限公司", "credit_code": "91150700000000035M"}
    client, registrar = house.client(), house.headers(REGISTRY)
    assert client.post("/api/v1/employers", json=body, headers=house.headers()).status_code == 403
    assert client.post("/api/v1/employers", json=body, headers=registrar).status_code == 201
    assert client.post("/api/v1/employers", json=body, headers=registrar).json["code"] == "employer.exists"
    wrong = body | {"id": "m2", "credit_code": "91150700000000035X"}
    assert client.post("/api/v1/employers", json=wrong, headers=registrar).status_code == 422
    token = client.post("/api/v1/employers/mine/tokens", headers=registrar).json["token"]
    sent = client.post(PATH, data=b"code\nx\n", headers={"Authorization": f"Bearer {token}"})
    assert sent.status_code == 202


def test_an_account_needs_an_employer(house):
    with pytest.raises(Refused, match=r"employer\.unknown"):
        house.issuers.assessors.set_account("x", f"{OWNER_PREFIX}nobody", house.password)


# --- workers ---


def test_a_killed_workers_chunk_is_done_by_another_after_its_lease(house, send, fetch, work):
    location = send(make_list("x,y,")).headers["Location"]
    house.services.bulk.jobs.take_chunk("killed", at=house.clock())
    work()
    assert fetch(location).json["state"] == "waiting"
    house.clock.advance(seconds=61)
    work()
    assert fetch(location).json["state"] == "done"


def test_results_are_written_once(house, send, fetch, work):
    location = send(make_list("x,y,")).headers["Location"]
    desk = house.services.bulk
    slow = desk.jobs.take_chunk("slow", at=house.clock())
    house.clock.advance(seconds=61)
    work()
    before = fetch(f"{location}/results").data
    assert desk.jobs.finish_chunk(slow, desk._judge(slow)) is False
    assert fetch(f"{location}/results").data == before


def test_a_job_that_only_lacks_its_report_gets_it(house, send, fetch):
    location = send(make_list("x,y,")).headers["Location"]
    desk = house.services.bulk
    chunk = desk.jobs.take_chunk("killed before the report", at=house.clock())
    desk.jobs.finish_chunk(chunk, desk._judge(chunk))
    assert fetch(location).json["state"] == "running"
    desk.tidy()
    assert fetch(location).json["state"] == "done"


def test_an_upload_that_was_cut_off_frees_its_place(house, employer, send):
    jobs = house.services.bulk.jobs
    for n in range(limits.OPEN_JOBS):
        jobs.open(f"cut {n}", employer.id, by="x", at=house.clock())
        jobs.add_chunk(f"cut {n}", 0, 1, b"", at=house.clock())
    assert send(make_list("x,y,")).status_code == 429
    house.clock.advance(minutes=11)
    house.services.bulk.tidy()
    assert send(make_list("x,y,")).status_code == 202
    assert house.database["bulk_chunks"].count_documents({}) == 1


def test_a_chunk_that_ends_every_worker_is_given_up(house, send, fetch, work):
    location = send(make_list("x,y,")).headers["Location"]
    for _ in range(store.MAX_TRIES):
        house.services.bulk.jobs.take_chunk("killed", at=house.clock())
        house.clock.advance(seconds=61)
    work()
    assert fetch(location).json["state"] == "failed"
    assert fetch(f"{location}/results").json["code"] == "bulk.failed"
    assert house.database["bulk_chunks"].count_documents({}) == 0


def test_workers_share_a_list_and_stop_when_told(house, send, fetch, make_body):
    code = house.issued(make_body())["code"]
    location = send("code\n" + f"{code}\n" * 3_000).headers["Location"]
    before = active_count()
    with checking(house.services.bulk), checking(house.services.bulk):
        for _ in range(600):
            if fetch(location).json["state"] == "done":
                break
            sleep(0.05)
    assert active_count() == before
    assert fetch(location).json["outcomes"] == {"valid": 3_000}


# --- what is kept ---


def test_rows_are_sealed_and_forgotten_once_answered(house, send, work):
    send(make_list(f"S000033000002263000001,{NAME},"))
    stored = list(house.database["bulk_chunks"].find())
    assert NAME.encode() not in b"".join(chunk["input"] for chunk in stored)
    work()
    (chunk,) = house.database["bulk_chunks"].find()
    assert "input" not in chunk
    assert NAME.encode() not in b"".join(value for value in chunk.values() if isinstance(value, bytes))


def test_results_go_after_their_time_and_the_evidence_stays(house, send, work, fetch):
    location = send(make_list(f"S000033000002263000001,{NAME},")).headers["Location"]
    work()
    house.clock.advance(days=limits.RESULT_LIFE.days)
    house.services.bulk.tidy()
    assert fetch(f"{location}/results").json["code"] == "bulk.deleted"
    assert fetch(f"{location}/results").status_code == 410
    (chunk,) = house.database["bulk_chunks"].find()
    assert "results" not in chunk
    assert fetch(f"{location}/evidence").status_code == 200
    assert fetch(f"{location}/report").json["rows"] == 1


# --- pages ---


@pytest.fixture
def desk(house, employer):
    """A browser that is signed in for the employer."""
    client = house.client()
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/console/sign-in").text).group(1)
    answer = client.post(
        "/console/sign-in", data={"account": "hr", "password": house.password, "csrf_token": token}
    )
    assert answer.headers["Location"] == "/employer/"
    return client


def upload(client, data):
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/employer/").text).group(1)
    return post_parts(client, "/employer/checks", csrf_token=token, file=data)


def test_a_person_sends_a_list_and_reads_the_result(house, desk, work, make_body):
    certificate = house.issued(make_body())
    data = f"证书编号,姓名,工号\n{certificate['number']},{NAME},E1\n{certificate['number']},王小明,E2\n"
    sent = upload(desk, data.encode("gbk"))
    assert sent.status_code == 303
    page = desk.get(sent.headers["Location"]).text
    assert '<meta http-equiv="refresh"' in page
    assert "<progress" in page
    work()
    page = desk.get(sent.headers["Location"]).text
    assert "refresh" not in page
    assert "王小明" in page
    assert NAME not in page  # the first view shows what needs a look
    every = desk.get(f"{sent.headers['Location']}?show=all").text
    assert NAME in every
    assert "示例发电有限公司" in desk.get(f"{sent.headers['Location']}/report").text
    table = desk.get(f"{sent.headers['Location']}/results.csv?lang=zh").data.decode("utf-8-sig")
    assert table.startswith("行,工号或备注,证书编号")


def test_a_refusal_stands_on_the_form(desk):
    answer = upload(desk, "王小明,李四\n".encode())
    assert answer.status_code == 422
    assert "没有认出表头" in answer.text


def test_the_page_takes_a_long_list_too(desk):
    assert upload(desk, b"code\nx" + b"\n" * 2_000_000).status_code == 303


def test_strangers_and_assessors_are_kept_out(house, employer):
    client = house.client()
    assert client.get("/employer/").status_code == 302
    assert post_parts(client, "/employer/checks", file=b"x" * 2_000_000).status_code == 413
    house.issuers.assessors.set_account("demo", house.association, house.password)
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/console/sign-in").text).group(1)
    client.post("/console/sign-in", data={"account": "demo", "password": house.password, "csrf_token": token})
    assert client.get("/employer/").status_code == 403


def test_the_second_page_follows_the_first(desk, work):
    sent = upload(desk, b"code\n" + b"x\n" * 250)
    work()
    page = desk.get(sent.headers["Location"]).text
    assert page.count("<tr>") == 101
    following = re.search(r'href="([^"]*from=100)"', page).group(1).replace("&amp;", "&")
    assert "<td>102" in desk.get(following).text


def test_the_empty_list_can_be_sent_back(desk):
    heading = desk.get("/employer/list.csv?lang=zh").data + "S000033000002263000001,王小明,,,,\n".encode()
    assert upload(desk, heading).status_code == 303
