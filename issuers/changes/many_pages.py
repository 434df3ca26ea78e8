"""Changes of many in the console: choose, look at the dry run, prepare; another person approves; progress."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from issuers.batches.desk import batch_desk
from issuers.changes.many import describe_act
from issuers.changes.pages import visible_assessors
from issuers.changes.reasons import Act, check_role, reasons, reasons_for
from issuers.changes.searching import FIELDS, read_query
from issuers.changes.states import Decision
from issuers.changes.view import describe_row
from issuers.services import issuers
from issuers.session import changers_only, current_account, note
from keys.errors import Refused
from registry.keyrings import REGISTRY
from registry.levels import levels
from registry.problems import error_words, find_problem
from registry.searching import Query
from registry.services import registry
from registry.view import describe_level

ACTS = (Act.SUSPEND, Act.LIFT, Act.REVOKE)
CHOICE = ("assessor", *FIELDS, "numbers", "batch")
TYPED = ("act", "reason", "note", *CHOICE)
LATEST = 20

many_pages = Blueprint("many", __name__, url_prefix="/console/changes", template_folder="../templates")


@many_pages.get("")
@changers_only
def home() -> ResponseReturnValue:
    """The owner's changes of many, and the form for a new one."""
    return _home({})


@many_pages.post("/preview")
@changers_only
def preview() -> ResponseReturnValue:
    """The dry run: how many, which, in what state. Nothing is stored."""
    values = _typed()
    try:
        decision = _decision(values)
        found = issuers().many.preview(decision.act, _query(values))
    except Refused as refused:
        return _refuse(values, refused)
    return render_template(
        "issuers/many_preview.html",
        values=values,
        decision=decision,
        reason=_words(decision.reason),
        total=len(found.codes),
        will_change=found.will_change,
        by_state=found.by_state,
        by_level=[(describe_level(level), n) for level, n in found.by_level],
        certificates=[describe_row(one) for one in found.sample],
    )


@many_pages.post("")
@changers_only
def prepare() -> ResponseReturnValue:
    """Prepare what was looked at, for another person to approve."""
    values = _typed()
    try:
        decision = _decision(values)
        codes = issuers().many.preview(decision.act, _query(values)).codes
        many_id = issuers().many.prepare(decision, codes, about=_about(values))
    except Refused as refused:
        return _refuse(values, refused)
    return _prepared(many_id, len(codes), decision)


@many_pages.get("/<many_id>")
@changers_only
def act(many_id: str) -> ResponseReturnValue:
    """One change of many: what, by whom, how far."""
    found = issuers().many.changes.find(many_id, current_account().owner)
    return render_template(
        "issuers/many_act.html",
        act=describe_act(issuers().many, found),
        reason=_words(found["reason"]),
        mine=found["prepared_by"] == current_account().name,
    )


@many_pages.post("/<many_id>/approve")
@changers_only
def approve(many_id: str) -> ResponseReturnValue:
    """Approve what another person prepared."""
    account, desk = current_account(), issuers().many
    check_role(
        Act.REVOKE, account.role
    )  # whatever is done to many is approved by who may do the gravest to one
    found = desk.changes.approve(many_id, account.owner, by=account.name, at=registry().clock())
    note(
        "changes.approved", f"changes:{many_id}", why=found["reason"], after={"certificates": found["total"]}
    )
    flash(_("Approved. It is being done."))
    return redirect(url_for("many.act", many_id=many_id))


@many_pages.post("/<many_id>/decline")
@changers_only
def decline(many_id: str) -> ResponseReturnValue:
    """Drop what was prepared."""
    account = current_account()
    issuers().many.changes.decline(many_id, account.owner, by=account.name, at=registry().clock())
    note("changes.declined", f"changes:{many_id}")
    flash(_("Declined. Nothing has changed."))
    return redirect(url_for("many.act", many_id=many_id))


@many_pages.post("/<many_id>/undo")
@changers_only
def undo(many_id: str) -> ResponseReturnValue:
    """Prepare the lifting of everything that a suspension of many suspended and that nothing has changed since."""
    account, desk = current_account(), issuers().many
    found = desk.changes.find(many_id, account.owner)
    if found["act"] != Act.SUSPEND or found["state"] != "done":
        raise Refused("many.not_to_undo")
    decision = Decision(Act.LIFT, "suspended_by_mistake", account.name, account.owner)
    codes = list(desk.changes.codes(many_id))
    return _prepared(desk.prepare(decision, codes, about=many_id, undoes=many_id), len(codes), decision)


def _prepared(many_id: str, total: int, decision: Decision) -> ResponseReturnValue:
    facts = {"certificates": total, "act": decision.act.value}
    note("changes.prepared", f"changes:{many_id}", why=decision.reason, after=facts)
    flash(_("Prepared. Another person has to approve it."))
    return redirect(url_for("many.act", many_id=many_id))


def _typed() -> dict[str, str]:
    return {name: text for name in TYPED if (text := request.form.get(name, "").strip())}


def _decision(values: Mapping[str, str]) -> Decision:
    account = current_account()
    if values.get("act") not in ACTS:
        raise Refused("many.act", field="act")
    return Decision(
        Act(values["act"]), values.get("reason", ""), account.name, account.owner, values.get("note", "")
    )


def _query(values: Mapping[str, str]) -> Query:
    """What the form chooses. Refused ``many.no_choice`` where nothing bounds it, and as the parts are."""
    if not any(values.get(name) for name in CHOICE):
        raise Refused("many.no_choice", field="q")
    visible = visible_assessors()
    chosen = values.get("assessor")
    if chosen and chosen not in visible:
        raise Refused("assessor.unknown", field="assessor")
    query = read_query(values, (chosen,) if chosen else visible, registry().vault)
    if batch := values.get("batch"):
        owner = current_account().owner
        batches = batch_desk().batches
        batches.find(batch, None if owner == REGISTRY else owner)
        return replace(query, codes=tuple(batches.codes(batch)) or ("-",))
    return query


def _about(values: Mapping[str, str]) -> str:
    """What was chosen, without a person: a name or an identity number is only said to have been given."""
    said = {name: values[name] for name in CHOICE if name in values and name not in ("q", "numbers")}
    said |= {name: "…" for name in ("q", "numbers") if name in values}
    return ", ".join(f"{name}={value}" for name, value in said.items())


def _refuse(values: Mapping[str, str], refused: Refused) -> ResponseReturnValue:
    return _home(values, {refused.field or "form": error_words(refused)}), find_problem(refused.code).status


def _home(values: Mapping[str, str], errors: Mapping[str, Any] | None = None) -> str:
    account, desk = current_account(), issuers().many
    offered = {
        code: reason
        for act in ACTS
        for code, reason in ((one.code, one) for one in reasons_for(act, account.owner))
    }
    assessors = list(issuers().assessors.all()) if account.owner == REGISTRY else []
    return render_template(
        "issuers/many.html",
        acts=[describe_act(desk, one) for one in desk.changes.latest(account.owner, limit=LATEST)],
        reasons=[vars(one) | {"id": code} for code, one in offered.items()],
        assessors=[{"id": one.id, "zh": one.name, "en": one.name} for one in assessors],
        levels=[describe_level(level.id) for level in levels()],
        values=values,
        errors=errors or {},
    )


def _words(code: str) -> dict[str, str]:
    found = reasons()[code]
    return {"zh": found.zh, "en": found.en}
