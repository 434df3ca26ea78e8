"""What a console does for the people certificates are about: new claim links, recoveries, answers to requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from issuers.roles import Role
from issuers.routes import find_in, find_own
from issuers.session import current_account, desks_only, note
from keys.errors import Refused
from registry.certificate import CertificateRecord
from registry.claiming import CLAIM_LIFE
from registry.identity import IdType
from registry.problems import error_words, find_problem
from registry.services import registry
from registry.workers.desk import workers
from registry.workers.helping import confirm_recovery, renew_link, start_recovery
from registry.workers.recoveries import Desk
from registry.workers.requests import RequestState

SHOWN = 50  # requests of a list: the most urgent first

worker_help = Blueprint("helping", __name__, url_prefix="/console/workers", template_folder="templates")


@worker_help.get("")
@desks_only
def help_desk() -> ResponseReturnValue:
    """Requests to answer, recoveries to confirm, and the forms for a new link and a recovery."""
    return _show({})


@worker_help.post("/links")
@desks_only
def new_link() -> ResponseReturnValue:
    """A new claim link for a certificate; shown this once, every earlier one is dead."""
    try:
        record = _certificate(request.form.get("number", "").strip().upper())
    except Refused as refused:
        return _show(request.form, {"number": error_words(refused)}), find_problem(refused.code).status
    link = renew_link(workers(), record, by=current_account().name)
    note("claim.renewed", f"certificate:{record.code}")
    return _link(link, url_for("me_entry.claim_qr", token=link.rpartition("/")[2]), "claim")


@worker_help.post("/recoveries")
@desks_only
def start() -> ResponseReturnValue:
    """Start a recovery for somebody whose document was shown."""
    form, desk = request.form, workers()
    try:
        person = desk.archives.person(
            form.get("holder.id_type", ""), form.get("holder.id_number", ""), form.get("holder.name") or None
        )
        made = start_recovery(desk, person, _desk())
    except Refused as refused:
        # the number does not come back into the page
        typed = {name: form.get(name, "") for name in ("holder.name", "holder.id_type")}
        return _show(typed, {refused.field or "holder": error_words(refused)}), find_problem(
            refused.code
        ).status
    note("recovery.started", f"archive:{made.archive}", after={"recovery": made.id})
    flash(_("Started. Another person must confirm it within a day."))
    return redirect(url_for("helping.help_desk"))


@worker_help.post("/recoveries/<recovery_id>/confirm")
@desks_only
def confirm(recovery_id: str) -> ResponseReturnValue:
    """Confirm a recovery as a second person; the link is shown this once."""
    made, link = confirm_recovery(workers(), recovery_id, _desk(), registrar=_is_registrar())
    note("recovery.confirmed", f"archive:{made.archive}", after={"recovery": made.id})
    return _link(link, url_for("me_entry.recovery_qr", token=link.rpartition("/")[2]), "recovery")


@worker_help.post("/requests/<request_id>/answer")
@desks_only
def answer(request_id: str) -> ResponseReturnValue:
    """Answer a correction or an objection; the worker sees it at once."""
    form, desk, owner = request.form, workers(), current_account().owner
    desk.requests.find(request_id, owner)
    try:
        state = _decision(form.get("decision", ""))
        made = desk.requests.answer(
            request_id, owner, state, form.get("text", ""), by=current_account().name, at=desk.clock()
        )
    except Refused as refused:
        if refused.field not in ("decision", "text"):
            raise
        words = {f"{refused.field}-{request_id}": error_words(refused)}
        return _show(form, words), find_problem(refused.code).status
    note("request.answered", f"archive:{made.archive}", after={"request": made.id, "state": state.value})
    flash(_("Answered."))
    return redirect(url_for("helping.help_desk"))


def _certificate(number: str) -> CertificateRecord:
    """An own certificate; of any assessor for a registrar. Refused ``certificate.unknown``."""
    if _is_registrar():
        return find_in(registry().record, number)
    return find_own(current_account().owner, number)


def _decision(text: str) -> RequestState:
    found = {"accepted": RequestState.ACCEPTED, "refused": RequestState.REFUSED}.get(text)
    if found is None:
        raise Refused("request.decision", field="decision")
    return found


def _desk() -> Desk:
    return Desk(current_account().name, current_account().owner)


def _is_registrar() -> bool:
    return current_account().role is Role.REGISTRAR


def _link(link: str, qr_url: str, way: str) -> str:
    return render_template(
        "issuers/worker_link.html", link=link, qr_url=qr_url, way=way, days=CLAIM_LIFE.days
    )


def _show(values: Mapping[str, str], errors: Mapping[Any, Any] | None = None) -> str:
    desk, owner = workers(), current_account().owner
    closed = [
        one
        for state in (RequestState.ACCEPTED, RequestState.REFUSED)
        for one in desk.requests.of_owner(owner, state, limit=SHOWN)
    ]
    return render_template(
        "issuers/worker_help.html",
        open_requests=desk.requests.of_owner(owner, RequestState.OPEN, limit=SHOWN),
        closed=sorted(closed, key=lambda one: one.opened_at, reverse=True)[:SHOWN],
        today=desk.today,
        recoveries=desk.recoveries.waiting(_desk(), registrar=_is_registrar(), at=desk.clock()),
        me=current_account().name,
        id_types=[{"id": str(one), "zh": one.zh, "en": one.en} for one in IdType],
        values=values,
        errors=errors or {},
    )
