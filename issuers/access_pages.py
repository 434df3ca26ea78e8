"""The registrar's desk of employment access: a check, what it answered, and a referral (NM-06 to NM-08)."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from issuers.access import describe_kept, describe_referral, keep_check, read_form, refused_values
from issuers.archive_routes import desk
from issuers.archive_schemas import AccessSchema, ReferralSchema
from issuers.desk import Errors, do_act, filled, signed
from issuers.schemas import load
from issuers.session import bureau_only, note, registrars_only
from keys.errors import Refused
from registry.identity import IdType
from registry.keyrings import REGISTRY
from registry.problems import error_words, find_problem

RECENT = 20  # checks of the bureau on its page: what was done today

access_pages = Blueprint(
    "access", __name__, url_prefix="/registrar/access-checks", template_folder="templates"
)


@access_pages.get("")
@bureau_only
def form() -> ResponseReturnValue:
    """The form, and the bureau's latest checks."""
    return _form()


@access_pages.post("")
@registrars_only
def ask() -> ResponseReturnValue:
    """Check, and keep the check as evidence."""
    try:
        kept, _found = keep_check(load(AccessSchema(), read_form()))
    except Refused as refused:
        page = _form({refused.field or "form": error_words(refused)})
        return page, find_problem(refused.code).status
    flash(_("Checked, and kept as evidence."))
    return redirect(url_for("access.check", check_id=kept.id))


@access_pages.get("/<check_id>")
@bureau_only
def check(check_id: str) -> ResponseReturnValue:
    """One check: its answer and what it stood on."""
    return _show(check_id)


@access_pages.post("/<check_id>/referral")
@registrars_only
def refer(check_id: str) -> ResponseReturnValue:
    """Refer whoever hired or placed against the answer (NM-08)."""

    def act() -> None:
        asked = load(ReferralSchema(), filled("employer", "found_on", "note"))
        made = desk().access.refer(check_id, **asked, **signed())
        note("access.referred", f"access:{check_id}", after={"employer": made.employer})

    back = url_for("access.check", check_id=check_id)
    return do_act(act, lambda errors: _show(check_id, errors), _("Referred."), back=back)


def _form(errors: Errors | None = None) -> str:
    return render_template(
        "issuers/access.html",
        checks=[describe_kept(one) for one in desk().access.of_owner(REGISTRY, limit=RECENT)],
        id_types=[{"id": str(one), "zh": one.zh, "en": one.en} for one in IdType],
        values={"on": desk().today.isoformat(), "holder.id_type": "resident_id"} | refused_values(),
        errors=errors or {},
    )


def _show(check_id: str, errors: Errors | None = None) -> str:
    found = desk().access.find(check_id)
    return render_template(
        "issuers/access_check.html",
        check=describe_kept(found),
        referrals=[describe_referral(one) for one in desk().access.referrals(check_id)],
        values={"found_on": desk().today.isoformat()} | request.form.to_dict(),
        errors=errors or {},
    )
