"""Batches for people, under /console/batches: a clerk prepares, a signer approves, both watch. No script needed."""

from __future__ import annotations

from itertools import islice
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from issuers.batches import limits
from issuers.batches.chunks import Document
from issuers.batches.columns import columns, find_column
from issuers.batches.desk import batch_desk
from issuers.batches.results import error_lines, result_lines, results, why
from issuers.batches.routes import csv_response
from issuers.batches.telling import describe, findings, sample
from issuers.batches.template import write_csv, write_xlsx
from issuers.issue import draft_face
from issuers.roles import Role
from issuers.session import (
    assessors_only,
    bears_session,
    current_account,
    current_assessor,
    note,
    signers_only,
)
from issuers.view import describe_own_face
from keys.errors import Refused
from registry.credential import china_date
from registry.http import answer_json
from registry.problems import error_words, find_problem
from registry.services import registry
from registry.translation import language
from registry.view import Json

SHOWN = 100  # mistakes on a page: a screen or two; the file has all
HISTORY = 50  # batches on the overview
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ACTS = {
    "pause": "batch.paused",
    "resume": "batch.resumed",
    "cancel": "batch.cancelled",
    "withdraw": "batch.withdrawn",
}

batch_pages = Blueprint("batches", __name__, url_prefix="/console/batches", template_folder="../templates")


@batch_pages.url_value_preprocessor
def allow_large(endpoint: str | None, values: object) -> None:  # noqa: ARG001 - Flask's form
    """Allow a long upload, only there and only to who is signed in. It runs before anything reads the form."""
    if endpoint == "batches.receive" and bears_session():
        request.max_content_length = limits.MAX_UPLOAD


@batch_pages.get("/")
@assessors_only
def home() -> ResponseReturnValue:
    """Send a list; and the batches so far."""
    return _home()


@batch_pages.post("/")
@assessors_only
def receive() -> ResponseReturnValue:
    """Take a list in, and show how its check goes."""
    file = request.files.get("file")
    try:
        if file is None or not file.filename:
            raise Refused("field.missing", field="file")
        with file.stream as stream:
            by, name = current_account().name, file.filename
            batch_id = batch_desk().receive(stream, current_assessor(), by=by, name=name)
    except Refused as refused:
        return _home(error_words(refused)), find_problem(refused.code).status
    note("batch.prepared", f"batch:{batch_id}")
    return redirect(url_for("batches.batch", batch_id=batch_id), 303)


@batch_pages.get("/<batch_id>")
@assessors_only
def batch(batch_id: str) -> ResponseReturnValue:
    """A batch: its check, what is wrong, what is to be approved, how far it is, what came of it."""
    return _show(_own(batch_id))


@batch_pages.get("/<batch_id>/progress.json")
@assessors_only
def progress(batch_id: str) -> ResponseReturnValue:
    """How far a batch is, for the page's script."""
    told = describe(batch_desk(), _own(batch_id))
    names = ("state", "checked", "valid", "issued", "failed", "per_second", "seconds_left")
    return answer_json({name: told[name] for name in names})


@batch_pages.post("/<batch_id>/approval")
@signers_only
def approve(batch_id: str) -> ResponseReturnValue:
    """Approve: the work begins."""
    found = _own(batch_id)
    try:
        if request.form.get("confirm") != "yes":
            raise Refused("batch.confirm", field="confirm")
        only_good = request.form.get("only_good") == "yes"
        batch_desk().approve(found, current_account(), only_good=only_good)
    except Refused as refused:
        page = _show(found, {refused.field or "form": error_words(refused)})
        return page, find_problem(refused.code).status
    digest = str(found.get("facts", {}).get("sha256", ""))
    after = {"certificates": found["valid"], "sha256": digest}
    note("batch.approved", f"batch:{batch_id}", after=after)
    flash(_("Approved. The certificates are being issued."))
    return redirect(url_for("batches.batch", batch_id=batch_id), 303)


@batch_pages.post("/<batch_id>/<any(pause, resume, cancel, withdraw):act>")
@assessors_only
def turn(batch_id: str, act: str) -> ResponseReturnValue:
    """Pause, resume, cancel, or withdraw what was not approved."""
    found = _own(batch_id)
    try:
        if act == "cancel" and request.form.get("confirm") != "yes":
            raise Refused("batch.confirm", field="confirm")
        batch_desk().batches.turn(batch_id, act, by=current_account().name, at=registry().clock())
    except Refused as refused:
        page = _show(_own(batch_id), {refused.field or "form": error_words(refused)})
        return page, find_problem(refused.code).status
    note(ACTS[act], f"batch:{batch_id}", before={"state": found["state"]})
    return redirect(url_for("batches.batch", batch_id=batch_id), 303)


@batch_pages.get("/<batch_id>/errors.csv")
@assessors_only
def errors(batch_id: str) -> ResponseReturnValue:
    """Every mistake, as a spreadsheet reads it."""
    found = findings(batch_desk(), _own(batch_id))
    return csv_response(error_lines(found, language()), f"errors-{batch_id}.csv")


@batch_pages.get("/<batch_id>/results.csv")
@assessors_only
def results_csv(batch_id: str) -> ResponseReturnValue:
    """Numbers and links, as a spreadsheet reads them."""
    return csv_response(result_lines(batch_desk(), _own(batch_id), language()), f"results-{batch_id}.csv")


@batch_pages.get("/list.<any(csv, xlsx):form>")
@assessors_only
def template(form: str) -> ResponseReturnValue:
    """A list to fill in."""
    today, name = china_date(registry().clock()), current_assessor().name
    data = write_xlsx(today, name) if form == "xlsx" else write_csv(today, name)
    response = Response(data, mimetype=XLSX if form == "xlsx" else "text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="list.{form}"'
    return response


def _home(error: dict[str, str] | None = None) -> str:
    desk = batch_desk()
    found = [describe(desk, one) for one in desk.batches.latest(current_assessor().id, limit=HISTORY)]
    needed = [{"zh": column.zh, "en": column.en} for column in columns() if column.id in REQUIRED]
    return render_template("batches/home.html", batches=found, error=error, limits=limits, columns=needed)


REQUIRED = ("name", "id_number", "occupation_name", "level", "issued_on")


def _own(batch_id: str) -> Document:
    return batch_desk().batches.find(batch_id, current_assessor().id)


def _show(found: Document, page_errors: dict[str, Any] | None = None) -> str:
    desk, account = batch_desk(), current_account()
    told = describe(desk, found)
    is_prepared = found["state"] == "prepared"
    may_approve = account.role is Role.SIGNER
    is_second = account.name != found["by"] or told["valid"] <= limits.FOUR_EYES_ABOVE
    return render_template(
        "batches/batch.html",
        batch=told,
        may_approve=may_approve,
        is_second=is_second,
        findings=[_tell(one) for one in islice(findings(desk, found), SHOWN)],
        sample=[_sample_row(draft) for draft in sample(desk, found)] if is_prepared else [],
        failures=_failures(found),
        errors=page_errors or {},
        limits=limits,
    )


def _tell(one: Any) -> Json:
    column = find_column(one.column)
    words = {"column": {"zh": column.zh, "en": column.en}, "why": why(one.code, **one.params)}
    return {"row": one.row, "cell": one.cell, "value": one.value} | words


def _sample_row(draft: Any) -> Json:
    face = describe_own_face(draft_face(draft, current_assessor(), registry().settings.origin))
    shown = {"id_number": draft.identity.number} if current_account().role is Role.SIGNER else {}
    return face | {"aside": dict(draft.aside)} | shown


def _failures(found: Document) -> list[Json]:
    """The first rows that were approved and yet not issued."""
    if not found.get("failed"):
        return []
    failed = (one for chunk in results(batch_desk(), found) for one in chunk if one.reason)
    return [{"row": one.row, "why": why(one.reason)} for one in islice(failed, SHOWN)]
