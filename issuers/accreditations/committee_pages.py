"""The committee's side: applications to decide, and suspensions, liftings and withdrawals to propose and to vote on."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from issuers.accreditations.desk import make_body
from issuers.accreditations.forms import read_asked, read_body, read_text, read_vote
from issuers.accreditations.life import Act, Voice
from issuers.accreditations.pages import actor, scope_choices
from issuers.accreditations.store import Filed
from issuers.accreditations.view import describe_case, expires_in
from issuers.assessor import KIND_NAMES
from issuers.desk import Errors
from issuers.registers import name_of_body
from issuers.services import issuers
from issuers.session import bureau_only, current_account, registrars_only
from issuers.view import describe_assessor
from keys.errors import Refused
from registry.credential import china_date
from registry.problems import error_words, find_problem
from registry.services import registry
from registry.view import Json

EXPIRING_DAYS = 90  # what the committee sees coming: the first reminder's distance
DECIDED = 20  # cases decided last that the overview shows
PROPOSALS = {"suspend": Act.SUSPEND, "lift": Act.LIFT, "withdraw": Act.WITHDRAW}

committee_pages = Blueprint(
    "committee", __name__, url_prefix="/registrar/accreditations", template_folder="../templates"
)


@committee_pages.get("", endpoint="home")
@bureau_only
def home() -> ResponseReturnValue:
    """Open cases, what ends soon, the latest decisions, and every assessor."""
    cases = issuers().accreditations.cases
    decided = [*cases.in_state("approve", limit=DECIDED), *cases.in_state("refuse", limit=DECIDED)]
    newest = sorted(decided, key=lambda one: one.decided_at or one.at, reverse=True)[:DECIDED]
    return render_template(
        "issuers/committee.html",
        open=[_row(one) for one in cases.in_state("open")],
        decided=[_row(one) for one in newest],
        expiring=_expiring(),
        assessors=[{"id": one.id, "name": one.name} for one in issuers().assessors.all()],
    )


@committee_pages.get("/apply", endpoint="apply")
@registrars_only
def apply_form() -> ResponseReturnValue:
    """Enter an application on paper of a body that is to be admitted."""
    today = china_date(registry().clock()).isoformat()
    return _apply({"kind": "skill_level", "start": today})


@committee_pages.post("/apply", endpoint="apply_post")
@registrars_only
def apply_post() -> ResponseReturnValue:
    """File it."""
    form = request.form
    try:
        body = make_body(read_text(form, "id"), read_body(form), registry().settings.origin)
        filed = issuers().accreditations.apply_for_body(
            body, read_asked(form), statement=read_text(form, "statement"), actor=actor()
        )
    except Refused as refused:
        return _apply(form, _errors(refused)), find_problem(refused.code).status
    flash(_("Filed. Two registrars decide."))
    return redirect(url_for("committee.case", case=filed.case.id), 303)


@committee_pages.get("/assessors/<assessor_id>", endpoint="assessor")
@bureau_only
def assessor_page(assessor_id: str) -> ResponseReturnValue:
    """An assessor's accreditations, with what may be proposed for each."""
    return _assessor(assessor_id)


@committee_pages.post("/assessors/<assessor_id>/<accreditation>", endpoint="propose")
@registrars_only
def propose(assessor_id: str, accreditation: str) -> ResponseReturnValue:
    """Propose a suspension, a lifting or a withdrawal, and vote for it."""
    try:
        read_text(request.form, "reason")  # what takes or gives back needs one
        vote = read_vote(request.form, by=current_account().name, at=registry().clock())
        act = PROPOSALS.get(request.form.get("act", ""), Act.SUSPEND)
        filed = issuers().accreditations.propose(act, assessor_id, accreditation, vote, actor=actor())
    except Refused as refused:
        page = _assessor(assessor_id, {accreditation: _errors(refused)})
        return page, find_problem(refused.code).status
    flash(_("Proposed, with your vote for it. It takes effect when a second registrar votes the same."))
    return redirect(url_for("committee.case", case=filed.case.id), 303)


@committee_pages.get("/cases/<case>", endpoint="case")
@bureau_only
def case_page(case: str) -> ResponseReturnValue:
    """One case: what is asked, who voted what, and the form to vote."""
    return _case(issuers().accreditations.cases.find(case))


@committee_pages.post("/cases/<case>/vote", endpoint="vote")
@registrars_only
def vote_post(case: str) -> ResponseReturnValue:
    """Vote; the second alike decides."""
    desk = issuers().accreditations
    try:
        vote = read_vote(request.form, by=current_account().name, at=registry().clock())
        filed = desk.vote(case, vote, actor=actor())
    except Refused as refused:
        page = _case(desk.cases.find(case), _errors(refused))
        return page, find_problem(refused.code).status
    if filed.case.decision:
        issuers().find_assessor.forget()  # who decided it looks at the public page next
    flash(_said(filed))
    return redirect(url_for("committee.case", case=case), 303)


def _said(filed: Filed) -> str:
    if filed.case.decision is None:
        return str(_("Your vote is cast. A second registrar must vote the same, to the letter."))
    if filed.case.decision.voice is Voice.APPROVE:
        return str(_("Decided. The public directory shows it from now on."))
    return str(_("Decided: refused."))


def _case(filed: Filed, errors: Errors | None = None) -> str:
    return render_template(
        "issuers/committee_case.html",
        case=_row(filed),
        values=request.form if errors else _first_terms(filed),
        errors=errors or {},
        mine=next((vote.voice.value for vote in filed.case.votes if vote.by == current_account().name), None),
    )


def _first_terms(filed: Filed) -> Json:
    """What the form to vote says first: the terms of who voted before, else what is asked."""
    described = describe_case(filed)
    approving = [vote for vote in described["votes"] if vote["voice"] == Voice.APPROVE]
    if approving:
        return {name: approving[0][name] or "" for name in ("document", "effect", "until")}
    asked = described["asked"] or {}
    return {"effect": asked.get("start") or "", "until": asked.get("until") or ""}


def _row(filed: Filed) -> Json:
    name = filed.body["name"] if filed.body else name_of_body(filed.case.assessor)
    return describe_case(filed) | {"name": name}


def _assessor(assessor_id: str, errors: dict[str, Errors] | None = None) -> str:
    described = describe_assessor(issuers().assessors.find(assessor_id), on=china_date(registry().clock()))
    cases = issuers().accreditations.cases.of_assessor(assessor_id)
    return render_template(
        "issuers/committee_assessor.html",
        assessor=described,
        cases=[describe_case(one) for one in cases],
        errors=errors or {},
        values=request.form,
    )


def _apply(values: Any, errors: Errors | None = None) -> str:
    return render_template(
        "issuers/committee_apply.html",
        values=values,
        errors=errors or {},
        levels_chosen=request.form.getlist("levels"),
        body_kinds=[{"id": id_, **names} for id_, names in KIND_NAMES.items()],
        **scope_choices(),
    )


def _expiring() -> list[Json]:
    on = china_date(registry().clock())
    rows: list[Json] = []
    for assessor in issuers().assessors.all():
        for held in assessor.accreditations:
            days = expires_in(held, on=on)
            if days is not None and days <= EXPIRING_DAYS and held.ending is None:
                until = held.valid_until
                row = {"decision": held.decision, "days": days, "until": until}
                rows.append(row | {"assessor": assessor.id, "name": assessor.name})
    return sorted(rows, key=lambda row: int(row["days"]))


def _errors(refused: Refused) -> Errors:
    return {refused.field or "form": error_words(refused)}
