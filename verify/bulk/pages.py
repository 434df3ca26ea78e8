"""Bulk checks for people, under /employer: send a list, watch it, read and print the result. No script needed."""

from __future__ import annotations

import json
from itertools import islice

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from issuers.session import bears_session, current_account, current_employer, employers_only, note
from keys.errors import Refused
from registry.http import answer_refusal
from registry.problems import error_words, find_problem
from registry.translation import language
from registry.view import Json, describe_level
from verify.bulk import limits
from verify.bulk.desk import bulk_desk
from verify.bulk.results import COLUMNS, csv_head, csv_lines, reason_of
from verify.bulk.routes import csv_response, ndjson_response, report_response, with_retry_after
from verify.bulk.rows import TEMPLATE
from verify.bulk.store import Document
from verify.dates import read_past_day

SHOWN = 100  # rows of a page: a screen or two
HISTORY = 50  # lists on the overview

pages = Blueprint("employer", __name__, url_prefix="/employer", template_folder="../templates")


@pages.url_value_preprocessor
def allow_large(endpoint: str | None, values: object) -> None:  # noqa: ARG001 - Flask's form
    """Allow a long upload, only there and only to who is signed in. It runs before anything reads the form."""
    if endpoint == "employer.receive" and bears_session():
        request.max_content_length = limits.MAX_UPLOAD


@pages.errorhandler(Refused)
def refuse(refused: Refused) -> ResponseReturnValue:
    """A refusal; where a limit is reached, with the time to try again."""
    return with_retry_after(refused, answer_refusal(refused))


@pages.get("/")
@employers_only
def home() -> ResponseReturnValue:
    """Send a list; and the lists so far."""
    return _home()


@pages.post("/checks")
@employers_only
def receive() -> ResponseReturnValue:
    """Take a list in, and show how it goes."""
    file = request.files.get("file")
    try:
        if file is None or not file.filename:
            raise Refused("field.missing", field="file")
        by = current_account().name
        with file.stream as stream:
            job_id = bulk_desk().receive(stream, current_employer(), by=by, day=read_past_day())
            note("list.received", f"list:{job_id}")
    except Refused as refused:
        page = _home(error_words(refused)), find_problem(refused.code).status
        return with_retry_after(refused, page)
    return redirect(url_for("employer.check", job_id=job_id), 303)


@pages.get("/checks/<job_id>")
@employers_only
def check(job_id: str) -> ResponseReturnValue:
    """How far a list is; its result once it is done."""
    job = _own(job_id)
    progress = bulk_desk().progress(job)
    if job["state"] != "done":
        return render_template("employer/progress.html", job=progress)
    show, start = request.args.get("show", "problems"), request.args.get("from", "0")
    first = int(start) if start.isdecimal() and len(start) < 8 else 0
    rows, following = _find_rows(job, first=first, only_problems=show != "all")
    return render_template(
        "employer/result.html", job=progress, rows=rows, show=show, first=first, following=following
    )


@pages.get("/checks/<job_id>/report")
@employers_only
def report(job_id: str) -> ResponseReturnValue:
    """The report as a page to print."""
    job = _own(job_id)
    if "report" not in job:
        raise Refused("bulk.unfinished")
    found = json.loads(job["report"])
    by_level = [(describe_level(level) or {}) | {"count": n} for level, n in found["validByLevel"].items()]
    return render_template("employer/report.html", report=found, job_id=job_id, levels=by_level)


@pages.get("/checks/<job_id>/results.csv")
@employers_only
def results_csv(job_id: str) -> ResponseReturnValue:
    """The results as a spreadsheet reads them."""
    return csv_response(_own(job_id), language())


@pages.get("/checks/<job_id>/results.ndjson")
@employers_only
def results_ndjson(job_id: str) -> ResponseReturnValue:
    """The results for programs."""
    return ndjson_response(_own(job_id))


@pages.get("/checks/<job_id>/report.json")
@employers_only
def report_json(job_id: str) -> ResponseReturnValue:
    """The signed report."""
    return report_response(_own(job_id))


@pages.get("/list.csv")
@employers_only
def template() -> ResponseReturnValue:
    """An empty list to fill in."""
    here = language()
    mark = csv_head(here)[0]
    response = Response((mark + csv_lines([TEMPLATE[here]])).encode(), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="list.csv"'
    return response


def _home(error: dict[str, str] | None = None) -> str:
    employer = current_employer()
    found = bulk_desk().jobs.latest(employer.id, limit=HISTORY)
    checks = [bulk_desk().progress(job) for job in found]
    return render_template(
        "employer/home.html",
        employer=employer,
        checks=checks,
        error=error,
        limits=limits,
        asked_day=request.form.get("at", ""),
    )


def _own(job_id: str) -> Document:
    return bulk_desk().jobs.find(job_id, current_employer().id)


def _find_rows(job: Document, *, first: int, only_problems: bool) -> tuple[list[Json], int | None]:
    """Rows to show from place ``first`` of the results on, and the place of the next page (None at the end).

    Refused ``bulk.deleted``.
    """
    place = first // limits.CHUNK_ROWS * limits.CHUNK_ROWS
    rows: list[Json] = []
    for chunk in bulk_desk().results(job, first=first // limits.CHUNK_ROWS):
        for at, cells in enumerate(chunk, start=place):
            row = dict(zip(COLUMNS, cells, strict=True))
            if at >= first and not (only_problems and row["outcome"] == "valid"):
                rows.append(row | {"place": at, "why": reason_of(row)})
        if len(rows) > SHOWN:
            break
        place += len(chunk)
    following = rows[SHOWN]["place"] if len(rows) > SHOWN else None
    return list(islice(rows, SHOWN)), following
