"""A college's desk for its annual report: six headings, the numbers for the shares, publish."""

from __future__ import annotations

from contextlib import suppress

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from issuers.assessor import AssessorKind
from issuers.desk import Errors, do_act
from issuers.registers import reports
from issuers.session import assessors_only, current_account, current_assessor, note
from keys.errors import Refused
from registry.credential import china_date
from registry.policy.loading import load_policies
from registry.services import registry
from registry.statistics.reports import AMOUNTS, HEADING_NAMES, deadline, headings

report_desk = Blueprint("report_desk", __name__, url_prefix="/console", template_folder="templates")


@report_desk.get("/report")
@assessors_only
def report_page() -> ResponseReturnValue:
    """The form, filled with what was published before."""
    return _form()


@report_desk.post("/report")
@assessors_only
def publish_report() -> ResponseReturnValue:
    """Publish the report, or its correction."""
    texts = [request.form.get(f"texts.{place}", "") for place in range(1, len(HEADING_NAMES) + 1)]

    def publish() -> None:
        college, account = _college(), current_account()
        reports().publish(college, _year(), texts, _amounts(), at=registry().clock(), by=account.name)
        note("report.published", f"report:{college}/{_year()}")

    return do_act(publish, _form, _("Published."), back=url_for("report_desk.report_page", year=_year()))


def _form(errors: Errors | None = None) -> str:
    college, year, values = _college(), _year(), dict(request.form)
    with suppress(Refused):
        found = reports().find(college, year)
        held = {f"texts.{place}": text for place, text in enumerate(found.texts, start=1)}
        values = held | {name: str(amount) for name, amount in found.amounts.items()} | values
    names = [{"zh": name, "en": HEADING_NAMES[name]} for name in headings(load_policies())]
    return render_template(
        "issuers/annual_report.html",
        year=year,
        deadline=deadline(year),
        headings=names,
        errors=errors,
        values=values,
    )


def _college() -> str:
    assessor = current_assessor()
    if assessor.kind is not AssessorKind.COLLEGE:
        raise Refused("report.college_only")
    return assessor.id


def _year() -> int:
    text = request.values.get("year", "")
    return int(text) if text.isdecimal() and len(text) == len("2026") else china_date(registry().clock()).year


def _amounts() -> dict[str, int]:
    given = {name: request.form.get(name, "").strip() for name in AMOUNTS}
    for name, text in given.items():
        if text and not (text.isascii() and text.isdecimal()):
            raise Refused("report.amount", field=name)
    return {name: int(text) for name, text in given.items() if text}
