"""The registrar's pages for inspections and for what the national system is told. Plain forms."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from issuers.desk import Errors, do_act, filled, signed
from issuers.register_routes import answer_upload
from issuers.register_schemas import DrawSchema, RevealSchema, VisitSchema
from issuers.register_view import describe_batch, read_result
from issuers.registers import inspections, name_of_body, uploads
from issuers.schemas import load
from issuers.services import issuers
from issuers.session import bureau_only, note, registrars_only
from registry.credential import china_date
from registry.registers.inspections import Outcome, draw_document
from registry.registers.integrity import words
from registry.services import registry
from registry.statistics.uploads import split_numbers

inspection_desk = Blueprint("inspection_desk", __name__, url_prefix="/registrar", template_folder="templates")


@inspection_desk.get("/inspections")
@bureau_only
def inspections_page() -> ResponseReturnValue:
    """The draws, with the forms for their next step."""
    return _inspections()


@inspection_desk.post("/inspections")
@bureau_only
def announce_draw() -> ResponseReturnValue:
    """Announce a draw among all assessors."""
    size = request.form.get("size", "")
    body = filled("draw", "beacon_source", "draws_on")
    body |= {
        "size": int(size) if size.isdecimal() else 0,
        "subjects": [one.id for one in issuers().assessors.all()],
    }

    def announce() -> None:
        asked = load(DrawSchema(), body)
        draw = inspections().announce(asked.pop("draw"), **asked, **signed())
        note("inspection.announced", f"draw:{draw.id}")

    return do_act(
        announce,
        _inspections,
        _("Announced. The list and the seal are public."),
        back=url_for("inspection_desk.inspections_page"),
    )


@inspection_desk.post("/inspections/<draw>/reveal")
@bureau_only
def reveal_draw(draw: str) -> ResponseReturnValue:
    """Publish the seed."""

    def reveal() -> None:
        inspections().reveal(draw, **load(RevealSchema(), filled("beacon")), **signed())
        note("inspection.drawn", f"draw:{draw}")

    return do_act(reveal, _inspections, _("Drawn."), back=url_for("inspection_desk.inspections_page"))


@inspection_desk.post("/inspections/<draw>/results")
@registrars_only
def report_visit(draw: str) -> ResponseReturnValue:
    """Record a visit."""

    def report() -> None:
        body = filled("subject", "inspector", "visited_on", "outcome", "means", "note")
        result = read_result(load(VisitSchema(), body))
        inspections().report(draw, result, **signed(), name=name_of_body(result.subject))
        after = {"subject": result.subject, "outcome": str(result.outcome)}
        note("inspection.visited", f"draw:{draw}", after=after)

    return do_act(report, _inspections, _("Recorded."), back=url_for("inspection_desk.inspections_page"))


@inspection_desk.get("/uploads")
@bureau_only
def uploads_page() -> ResponseReturnValue:
    """What waits for the national system, and the files."""
    return _uploads()


@inspection_desk.post("/uploads")
@registrars_only
def export_upload() -> ResponseReturnValue:
    """Make a file of what waits."""

    def export() -> None:
        made = uploads().export(request.form.get("type", ""), **signed())
        note("upload.made", f"upload:{made.id}")

    return do_act(export, _uploads, _("The file is ready."), back=url_for("inspection_desk.uploads_page"))


@inspection_desk.post("/uploads/<batch>/rows.csv")
@registrars_only
def upload_file(batch: str) -> ResponseReturnValue:
    """The file. By POST: no link, no prefetching browser and no history fetches identity numbers."""
    answer = answer_upload(batch)
    note("upload.fetched", f"upload:{batch}")
    return answer


@inspection_desk.post("/uploads/<batch>/confirmation")
@registrars_only
def confirm_upload(batch: str) -> ResponseReturnValue:
    """The national system took the file."""

    def confirm() -> None:
        returned = split_numbers(request.form.get("returned", ""))
        uploads().confirm(batch, returned=returned, at=registry().clock())
        note("upload.confirmed", f"upload:{batch}", after={"returned": len(returned)})

    return do_act(confirm, _uploads, _("Recorded."), back=url_for("inspection_desk.uploads_page"))


def _inspections(errors: Errors | None = None) -> str:
    today, draws = china_date(registry().clock()), []
    for found in inspections().all():
        told = {result.subject for result in found.results}
        left = [
            {"id": one, "zh": name_of_body(one), "en": name_of_body(one)}
            for one in found.drawn
            if one not in told
        ]
        draws.append(draw_document(found) | {"left": left, "due": found.draws_on <= today})
    return render_template(
        "issuers/registrar_inspections.html",
        draws=draws,
        means=[{"id": code, **name} for code, name in words("means").items()],
        outcomes=[outcome.value for outcome in Outcome],
        errors=errors,
        values=request.form,
    )


def _uploads(errors: Errors | None = None) -> str:
    batches = [describe_batch(one) for one in uploads().batches()]
    return render_template(
        "issuers/registrar_uploads.html", waiting=uploads().waiting(), batches=batches, errors=errors
    )
