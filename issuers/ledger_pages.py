"""The registrar's pages of the subsidy ledger: a claim decided limb by limb, one line. Plain forms."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from issuers.archive_routes import desk
from issuers.desk import whole
from issuers.ledger_view import describe_outcome
from issuers.session import bureau_only, current_account, note, registrars_only
from keys.errors import Refused
from registry.archive.export import describe_holding, describe_line, summary
from registry.archive.store import Archive
from registry.ledgers.claims import FACTS, ROUTES, SUBSIDIES, ClaimForm
from registry.ledgers.subsidies import Outcome
from registry.policy.wording import word
from registry.problems import error_words
from registry.services import registry

UNPROCESSABLE = 422
FIELDS = (
    "certificate",
    "region",
    "claimant",
    "claimed_on",
    "subsidy",
    "route",
    "course",
    "enterprise",
    "workplace",
    "graduated_on",
    "approver",
)
DAYS = ("claimed_on", "graduated_on")

ledger_pages = Blueprint("ledgers", __name__, url_prefix="/registrar", template_folder="templates")


@ledger_pages.get("/archives/<code>/claim")
@registrars_only
def claim(code: str) -> ResponseReturnValue:
    """The form of a claim."""
    today = desk().today.isoformat()
    values = {"claimed_on": today, "claimant": "person", "subsidy": "training", "route": "public_training"}
    return _claim_form(desk().archives.get(code), values | request.args.to_dict())


@ledger_pages.post("/archives/<code>/claim")
@registrars_only
def decide(code: str) -> ResponseReturnValue:
    """Show the decision, limb by limb, and enter it when the registrar says so."""
    found = desk().archives.get(code)
    enter = request.form.get("act") == "enter"
    try:
        outcome = _decide(found, dry_run=not enter)
    except Refused as refused:
        error = {refused.field or "form": error_words(refused)}
        return _claim_form(found, request.form, error), UNPROCESSABLE
    if outcome.line:
        note("subsidy.granted", f"subsidy:{outcome.line.id}", after={"archive": found.code})
        flash(_("Granted and entered in the ledger."))
        return redirect(url_for("ledgers.line", line_id=outcome.line.id))
    return _claim_form(found, request.form, decision=describe_outcome(outcome, desk().policies()))


@ledger_pages.get("/subsidies/<line_id>")
@bureau_only
def line(line_id: str) -> ResponseReturnValue:
    """One subsidy: what was granted, paid, taken back, and by which rule."""
    return _show_line(line_id)


@ledger_pages.post("/subsidies/<line_id>")
@registrars_only
def change(line_id: str) -> ResponseReturnValue:
    """Pay in advance, settle, take back, or cancel."""
    try:
        _change_line(line_id, request.form.get("act", ""))
    except Refused as refused:
        return _show_line(line_id, {refused.field or "form": error_words(refused)}), UNPROCESSABLE
    flash(_("Entered."))
    return redirect(url_for("ledgers.line", line_id=line_id))


def _change_line(line_id: str, act: str) -> None:
    by, subject = current_account().name, f"subsidy:{line_id}"
    if act == "prepay":
        amount = whole("amount")
        desk().subsidies.prepay(line_id, amount=amount, by=by)
        note("subsidy.prepaid", subject, after={"amount": amount})
    elif act in ("settle", "reclaim"):
        desk().subsidies.settle(line_id, completed=act == "settle", by=by)
        note("subsidy.settled" if act == "settle" else "subsidy.reclaimed", subject)
    elif act == "cancel":
        desk().subsidies.cancel(line_id, reason=_reason(), by=by)
        note("subsidy.cancelled", subject)
    else:
        raise Refused("subsidy.choice", field="act")


def _decide(found: Archive, *, dry_run: bool) -> Outcome:
    given: dict[str, Any] = {name: request.form[name].strip() for name in FIELDS if request.form.get(name)}
    for name in DAYS:
        if name in given:
            given[name] = _day(name, given[name])
    given.setdefault("claimed_on", desk().today)
    given.setdefault("certificate", "")
    given["facts"] = frozenset(request.form.getlist("facts"))
    if "region" not in given:
        raise Refused("field.missing", field="region")
    retry = request.form.get("retry", "").encode()
    key = registry().vault.digest(retry, purpose="claim retry") if retry else None
    form = ClaimForm(**{"claimant": "person", **given})
    return desk().claim_of(found, form, by=current_account().name, retry=key, dry_run=dry_run)


def _day(field: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("field.date", field=field) from None


def _reason() -> str:
    text = request.form.get("reason", "").strip()
    if not 0 < len(text) <= 500:
        raise Refused("field.length", field="reason")
    return text


def _claim_form(
    found: Archive,
    values: Mapping[str, str],
    errors: Mapping[str, Any] | None = None,
    *,
    decision: Mapping[str, Any] | None = None,
) -> str:
    dossier = desk().dossier(found)
    listed = request.form.getlist("facts")
    return render_template(
        "issuers/claim.html",
        archive=summary(dossier),
        certificates=[describe_holding(one) for one in dossier.holdings if one.standing],
        values=values,
        errors=errors or {},
        decision=decision,
        chosen=listed,
        retry=request.form.get("retry") or secrets.token_urlsafe(16),
        subsidies=_words("subsidy", SUBSIDIES),
        routes=_words("when", ROUTES),
        claimants=_words("payee", ("person", "enterprise")),
        facts=[{"id": name, **_fact(name)} for name in FACTS],
    )


def _fact(name: str) -> Mapping[str, str]:
    text = word("when", name)
    return {"zh": text.zh, "en": text.en}


def _words(group: str, codes: tuple[str, ...]) -> list[dict[str, str]]:
    return [{"id": code, "zh": word(group, code).zh, "en": word(group, code).en} for code in codes]


def _show_line(line_id: str, errors: Mapping[str, Any] | None = None) -> str:
    account = desk().accounts.load_by_line(line_id)
    return render_template(
        "issuers/subsidy.html",
        line=describe_line(account.find(line_id), desk().policies()),
        archive=account.archive,
        errors=errors or {},
        values=request.form,
    )
