"""Corrections and objections: open one, take it back, see how each stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from issuers.services import issuers
from keys.errors import Refused
from registry.keyrings import REGISTRY
from registry.problems import error_words, find_problem
from registry.workers.desk import workers
from registry.workers.requests import ANSWER_IN, RequestKind, Subject, WorkerRequest
from registry.workers.working_days import working_days_until
from verify.worker.pages import own_holding
from verify.worker.session import current_archive, note, workers_only
from verify.worker.view import describe_card

me_requests = Blueprint("me_requests", __name__, url_prefix="/me/requests", template_folder="../templates")


@me_requests.get("")
@workers_only
def requests() -> ResponseReturnValue:
    """Every request with its state, and the form for another one."""
    return _show(request.args)


@me_requests.post("")
@workers_only
def open_request() -> ResponseReturnValue:
    """Open a request."""
    desk, form = workers(), request.form
    try:
        kind = _kind(form.get("kind", ""))
        subject = _subject(form.get("code", ""))
        made = desk.requests.open(
            current_archive().codes, kind, subject, form.get("text", ""), at=desk.clock()
        )
    except Refused as refused:
        if refused.field not in ("kind", "code", "text"):
            raise
        return _show(form, {refused.field: error_words(refused)}), find_problem(refused.code).status
    note("request.opened", asked=made.id, owner=made.owner, kind=made.kind.value)
    _tell(made)
    flash(_("Sent. The answer will stand here."), "success")
    return redirect(url_for("me_requests.requests"))


@me_requests.post("/<request_id>/withdraw")
@workers_only
def withdraw(request_id: str) -> ResponseReturnValue:
    """Take an open request back."""
    desk = workers()
    desk.requests.withdraw(request_id, current_archive().codes, at=desk.clock())
    note("request.withdrawn", asked=request_id)
    flash(_("Taken back."))
    return redirect(url_for("me_requests.requests"))


def _tell(made: WorkerRequest) -> None:
    """A notice to the assessor. The registry sees its own on the same page and has no letter box."""
    if made.number is None or made.owner == REGISTRY:
        return
    if made.kind is RequestKind.OBJECTION:
        facts = {"objection": made.id, "number": made.number}
        issuers().notices.send("objection.raised", made.owner, facts, once=made.id)
    else:
        facts = {"correction": made.id, "number": made.number}
        issuers().notices.send("correction.asked", made.owner, facts, once=made.id)


def _kind(text: str) -> RequestKind:
    try:
        return RequestKind(text)
    except ValueError:
        raise Refused("request.kind", field="kind") from None


def _subject(code: str) -> Subject:
    """An own certificate issued here is its assessor's affair, everything else the registry's."""
    if not code:
        return Subject(REGISTRY)
    one = own_holding(code)
    return Subject(one.assessor or REGISTRY, code, one.number)


def _show(values: Mapping[str, str], errors: Mapping[Any, Any] | None = None) -> str:
    desk, archive = workers(), current_archive()
    cards = [describe_card(one) for one in desk.archives.holdings(archive) if one.code]
    rows = [
        {
            "request": one,
            "late": one.is_late(desk.today),
            "days": working_days_until(one.due_on, desk.today),
        }
        for one in desk.requests.of_archive(archive.codes)
    ]
    return render_template(
        "me/requests.html", rows=rows, cards=cards, values=values, errors=errors or {}, answer_in=ANSWER_IN
    )
