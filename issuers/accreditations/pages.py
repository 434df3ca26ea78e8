"""The assessor's side: what it holds, its cases, and applying for more."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from issuers.accreditation import Accreditation
from issuers.accreditations.desk import Actor
from issuers.accreditations.forms import read_asked, read_text
from issuers.accreditations.view import describe_case
from issuers.desk import Errors
from issuers.services import issuers
from issuers.session import assessors_only, current_account, current_assessor, signers_only
from issuers.view import describe_accreditation
from keys.errors import Refused
from registry.credential import china_date
from registry.kinds import kinds
from registry.levels import levels
from registry.problems import error_words, find_problem
from registry.services import registry
from registry.view import Json, describe_kind, describe_level

accreditation_pages = Blueprint(
    "accreditations", __name__, url_prefix="/console/accreditations", template_folder="../templates"
)


@accreditation_pages.get("", endpoint="home")
@assessors_only
def home() -> ResponseReturnValue:
    """What may be certified, how it stands, and the cases."""
    on = china_date(registry().clock())
    assessor, cases = current_assessor(), issuers().accreditations.cases
    held = sorted(assessor.accreditations, key=lambda one: one.valid_from, reverse=True)
    return render_template(
        "issuers/accreditations.html",
        assessor={"id": assessor.id},
        accreditations=[describe_accreditation(one, on=on) for one in held],
        cases=[describe_case(one) for one in cases.of_assessor(assessor.id)],
    )


@accreditation_pages.get("/apply", endpoint="apply")
@signers_only
def apply_form() -> ResponseReturnValue:
    """The form of an application; with ``?replaces=`` filled in from the accreditation to be changed."""
    replaces = request.args.get("replaces")
    held = next((one for one in current_assessor().accreditations if one.id == replaces), None)
    values = _values_of(held) if held else _empty_values()
    return _apply(values, levels_chosen=sorted(held.levels) if held else [])


@accreditation_pages.post("/apply", endpoint="apply_post")
@signers_only
def apply_post() -> ResponseReturnValue:
    """File an application."""
    try:
        filed = issuers().accreditations.apply(
            current_assessor().id,
            read_asked(request.form),
            statement=read_text(request.form, "statement"),
            actor=actor(),
            replaces=request.form.get("replaces") or None,
        )
    except Refused as refused:
        page = _apply(
            request.form,
            {refused.field or "form": error_words(refused)},
            levels_chosen=request.form.getlist("levels"),
        )
        return page, find_problem(refused.code).status
    flash(_("Filed. Two registrars decide; you will find the decision here and among your notices."))
    return redirect(url_for("accreditations.case", case=filed.case.id), 303)


@accreditation_pages.get("/cases/<case>", endpoint="case")
@assessors_only
def case_page(case: str) -> ResponseReturnValue:
    """One of the assessor's cases; another's is not there."""
    filed = issuers().accreditations.cases.find(case)
    if filed.case.assessor != current_account().owner:
        raise Refused("accreditation.case_unknown", field="case")
    return render_template("issuers/accreditation_case.html", case=describe_case(filed))


def actor() -> Actor:
    """Who is signed in, as the desk wants to know it."""
    account = current_account()
    return Actor(account.name, account.owner, g.request_id)


def scope_choices() -> Json:
    """What the lists of a scope offer."""
    return {
        "kinds": [describe_kind(kind.id) for kind in kinds() if kind.issued_here],
        "levels": [describe_level(level.id) for level in levels()],
    }


def _apply(values: Json, errors: Errors | None = None, *, levels_chosen: list[str]) -> str:
    return render_template(
        "issuers/accreditation_apply.html",
        values=values,
        errors=errors or {},
        levels_chosen=levels_chosen,
        **scope_choices(),
    )


def _empty_values() -> Json:
    today = china_date(registry().clock())
    return {"kind": "skill_level", "region": current_assessor().region, "start": today.isoformat()}


def _values_of(held: Accreditation) -> Json:
    return _empty_values() | {
        "replaces": held.id,
        "kind": held.kind,
        "occupations": "\n".join(f"{code}:{edition}" for code, edition in sorted(held.occupations)),
        "region": held.region,
        "until": held.valid_until.isoformat() if held.valid_until else "",
    }
