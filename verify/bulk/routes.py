"""Bulk checks for programs, under /api/v1: send a list, follow it, fetch results and report, verify a report."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from typing import IO

from flask import Blueprint, Response, make_response, request
from flask.typing import ResponseReturnValue

from issuers.routes import authenticate_employer
from issuers.session import note
from keys.errors import Refused
from keys.pair import PublicKey
from keys.proof import Proof
from registry.http import answer_json, answer_refusal, read_json
from registry.keyrings import REGISTRY
from registry.services import registry
from registry.view import Json
from verify.bulk.desk import bulk_desk, check_readable, seconds_to_tomorrow
from verify.bulk.limits import MAX_UPLOAD
from verify.bulk.report import check_results, read_report, verify_report
from verify.bulk.results import EVIDENCE_COLUMNS, Cells, csv_head, csv_lines, ndjson_lines
from verify.bulk.store import Document
from verify.dates import read_date

PIECE = 64 * 1024
IN_MEMORY = 1024 * 1024  # bytes of an upload before it goes to a nameless file
BUSY_SECONDS = 30  # a place is free when one of the employer's lists is done: most take less
PATH = "/api/v1/verifications/bulk"

api = Blueprint("bulk_api", __name__, url_prefix=PATH)


@api.errorhandler(Refused)
def refuse(refused: Refused) -> ResponseReturnValue:
    """A refusal; where a limit is reached, with the time to try again."""
    return with_retry_after(refused, answer_refusal(refused))


@api.post("")
def receive() -> Response:
    """Take a list of certificates in: CSV, XLSX or NDJSON, as the body or as the part ``file``. 202.

    With ``?at=`` each answer is that of the end of a day gone by.
    """
    employer, day = authenticate_employer(), read_date("at")
    request.max_content_length = MAX_UPLOAD
    with _uploaded("file") as file:
        job_id = bulk_desk().receive(file, employer, by="API", day=day)
        note("list.received", f"list:{job_id}")
    response = answer_json(_describe(bulk_desk().jobs.find(job_id)), 202)
    response.headers["Location"] = f"{PATH}/{job_id}"
    return response


@api.get("")
def latest() -> Response:
    """The employer's latest lists."""
    employer = authenticate_employer()
    found = bulk_desk().jobs.latest(employer.id, limit=50)
    return answer_json({"jobs": [_describe(job) for job in found]})


@api.get("/<job_id>")
def progress(job_id: str) -> Response:
    """How far a list is, and where its results are."""
    return answer_json(_describe(_own(job_id)))


@api.get("/<job_id>/results")
def results(job_id: str) -> Response:
    """The results, NDJSON; or CSV for ``?format=csv`` or ``Accept: text/csv``."""
    job = _own(job_id)
    wants_csv = request.args.get("format") == "csv" or request.accept_mimetypes.best == "text/csv"
    return csv_response(job) if wants_csv else ndjson_response(job)


@api.get("/<job_id>/evidence")
def evidence(job_id: str) -> Response:
    """What is kept when results are deleted: row, certificate code, outcome, reason. NDJSON."""
    job = _own(job_id)

    def lines() -> Iterator[str]:
        for chunk in desk.evidence(job):
            yield "".join(json.dumps(dict(zip(EVIDENCE_COLUMNS, row, strict=True))) + "\n" for row in chunk)

    desk = bulk_desk()
    return _stream(lines(), "application/x-ndjson", f"evidence-{job_id}.ndjson")


@api.get("/<job_id>/report")
def report(job_id: str) -> Response:
    """The signed report."""
    return report_response(_own(job_id))


@api.post("/reports/verification")
def verification() -> Response:
    """Verify a report: the JSON itself as the body, or parts ``report`` and ``results`` (the CSV file)."""
    if not request.mimetype.startswith("multipart/"):
        return answer_json(judge_report(read_json(request), None))
    if request.headers.get("Authorization"):
        authenticate_employer()
        request.max_content_length = 2 * MAX_UPLOAD  # results are longer than what was asked
    sent, table = request.files.get("report"), request.files.get("results")
    if sent is None:
        raise Refused("field.missing", field="report")
    return answer_json(judge_report(read_report(sent.read()), table.stream if table else None))


def judge_report(document: object, table: IO[bytes] | None) -> Json:
    """Whether a report, and the results with it, are ours and unaltered; a negative answer is an answer."""
    ring = registry().keyrings.ring(REGISTRY)

    def find_key(proof: Proof) -> PublicKey:
        return ring.key_at(proof.verification_method, proof.created).public

    checks = {"signature": "unknown", "results": "unknown"}
    reason = None
    try:
        found = read_report(json.dumps(document).encode())
        checks["signature"] = "failed"
        verify_report(found, find_key)
        checks["signature"] = "passed"
        if table is not None:
            checks["results"] = "failed"
            check_results(found, table)
            checks["results"] = "passed"
    except Refused as refused:
        reason = {"code": refused.code, "params": dict(refused.params)}
    return {"valid": reason is None, "reason": reason, "checks": checks}


def csv_response(job: Document, language: str = "en") -> Response:
    """The results of a job as a CSV file, streamed."""
    desk = bulk_desk()
    check_readable(job, registry().clock())

    def lines() -> Iterator[str]:
        yield csv_head(language)
        for chunk in desk.results(job):
            yield csv_lines(chunk)

    return _stream(lines(), "text/csv", f"results-{job['_id']}.csv")


def ndjson_response(job: Document) -> Response:
    """The results of a job as NDJSON, streamed."""
    desk = bulk_desk()
    check_readable(job, registry().clock())
    chunks: Iterator[list[Cells]] = desk.results(job)
    return _stream(map(ndjson_lines, chunks), "application/x-ndjson", f"results-{job['_id']}.ndjson")


def report_response(job: Document) -> Response:
    """The signed report of a job as a file. Refused ``bulk.unfinished``."""
    if "report" not in job:
        raise Refused("bulk.failed" if job["state"] == "failed" else "bulk.unfinished")
    response = Response(job["report"], mimetype="application/json")
    return _as_file(response, f"report-{job['_id']}.json")


def with_retry_after(refused: Refused, answer: ResponseReturnValue) -> Response:
    """The answer to a refusal, with ``Retry-After`` where waiting mends it."""
    response = make_response(answer)
    if refused.code == "bulk.day_used":
        response.headers["Retry-After"] = str(seconds_to_tomorrow(registry().clock()))
    if refused.code == "bulk.busy":
        response.headers["Retry-After"] = str(BUSY_SECONDS)
    return response


def _own(job_id: str) -> Document:
    return bulk_desk().jobs.find(job_id, authenticate_employer().id)


def _uploaded(name: str) -> IO[bytes]:
    """The part of that name, or the body itself, in a file that has no name and goes when it is closed."""
    if request.mimetype.startswith("multipart/"):
        part = request.files.get(name)
        if part is None:
            raise Refused("field.missing", field=name)
        return part.stream
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the caller closes it
    while piece := request.stream.read(PIECE):
        file.write(piece)
    file.seek(0)
    return file


def _describe(job: Document) -> Json:
    links = {"self": f"{PATH}/{job['_id']}"}
    if job["state"] == "done":
        links |= {name: f"{PATH}/{job['_id']}/{name}" for name in ("results", "report", "evidence")}
    return bulk_desk().progress(job) | {"links": links}


def _stream(lines: Iterator[str], mimetype: str, name: str) -> Response:
    return _as_file(Response((line.encode() for line in lines), mimetype=mimetype), name)


def _as_file(response: Response, name: str) -> Response:
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response
