"""One check of employment access for an employer, kept as evidence: may I hire this person (NM-06, NM-07)?

An employer gives document number and name; a name that the document does not bear is answered as for somebody who
holds nothing. Misses are counted, as at the public look-up, so that the page is no way to find out about strangers.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from issuers.access import describe_kept, keep_check, read_form, refused_values
from issuers.archive_routes import desk
from issuers.archive_schemas import AccessSchema
from issuers.employers import Employer
from issuers.schemas import load
from issuers.session import current_employer, employers_only
from keys.errors import Refused
from registry.guesses import PER_ADDRESS, Counted
from registry.identity import IdType
from registry.ledgers.access import KeptCheck
from registry.problems import error_words, find_problem
from registry.services import registry
from verify.services import verifier

RECENT = 50  # checks on the page; older ones have their numbers

pages = Blueprint(
    "employer_access", __name__, url_prefix="/employer/access-checks", template_folder="templates"
)


@pages.get("")
@employers_only
def form() -> ResponseReturnValue:
    """The form, and the employer's latest checks."""
    return _form()


@pages.post("")
@employers_only
def ask() -> ResponseReturnValue:
    """Check, and keep the check."""
    employer = current_employer()
    try:
        kept = _check(employer)
    except Refused as refused:
        page = _form({refused.field or "form": error_words(refused)})
        return page, find_problem(refused.code).status
    return redirect(url_for("employer_access.check", check_id=kept.id))


@pages.get("/<check_id>")
@employers_only
def check(check_id: str) -> ResponseReturnValue:
    """One of the employer's own checks. Refused ``access.unknown`` for another's."""
    found = desk().access.find(check_id, owner=current_employer().owner)
    return render_template("employer/access_check.html", check=describe_kept(found))


def _check(employer: Employer) -> KeptCheck:
    asked = load(AccessSchema(), read_form(checker="employer", checked_by=employer.name))
    if not asked["holder"]["name"]:
        raise Refused("field.missing", field="holder.name")
    counted: list[Counted] = [(PER_ADDRESS, f"access {employer.owner}")]
    guesses, now = verifier().look_up.guesses, registry().clock()
    if seconds := guesses.begin(counted, at=now):
        raise Refused("lookup.too_many", retry_after=seconds)
    missed = False
    try:
        kept, _found = keep_check(asked, owner=employer.owner)
        missed = kept.outcome == "certificate_missing"
    finally:
        if not missed:  # found, or the form did not fit: that tells nothing of anybody
            guesses.forgive(counted, at=now)
    return kept


def _form(errors: dict[str, Any] | None = None) -> str:
    return render_template(
        "employer/access.html",
        employer=current_employer(),
        checks=[describe_kept(one) for one in desk().access.of_owner(current_employer().owner, limit=RECENT)],
        id_types=[{"id": str(one), "zh": one.zh, "en": one.en} for one in IdType],
        values={"on": desk().today.isoformat(), "holder.id_type": "resident_id"} | refused_values(),
        errors=errors or {},
    )
