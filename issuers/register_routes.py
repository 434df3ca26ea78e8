"""The API for who keeps the registers: directories, integrity files, inspections, sessions, reports, uploads."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from flask import Blueprint, Response, request

from issuers.assessor import AssessorKind
from issuers.register_schemas import (
    AppealSchema,
    CaseSchema,
    ConfirmationSchema,
    DrawSchema,
    EndSchema,
    EntrySchema,
    ReportSchema,
    RevealSchema,
    SessionSchema,
    UploadSchema,
    VisitSchema,
)
from issuers.register_view import (
    describe_batch,
    describe_case,
    describe_report,
    describe_row,
    read_appeal,
    read_case,
    read_result,
)
from issuers.registers import (
    directories,
    figures,
    inspections,
    integrity_files,
    name_of_body,
    reports,
    sessions,
    uploads,
)
from issuers.routes import authenticate, authenticate_registrar
from issuers.schemas import load
from issuers.session import note
from keys.errors import Refused
from registry.credential import china_date
from registry.http import answer_json, read_json
from registry.keyrings import REGISTRY
from registry.registers.inspections import draw_document
from registry.registers.integrity_store import export_document, export_lines
from registry.services import registry
from registry.spreadsheet import BYTE_ORDER_MARK
from registry.statistics.sessions import Session

MONTH = len("2026-11")

registers_api = Blueprint("registers_api", __name__, url_prefix="/api/v1")


@registers_api.post("/directories/<directory>/rows")
def add_entry(directory: str) -> Response:
    """Add an entry, or replace a wrong one. 201 with its number and digest."""
    asked = _asked(EntrySchema())
    row = directories().add(directory, **asked, at=registry().clock(), by=REGISTRY)
    note("directory.entry_added", f"directory:{directory}", after={"number": row.number})
    return answer_json(describe_row(row), 201)


@registers_api.post("/directories/<directory>/rows/<int:number>/end")
def end_entry(directory: str, number: int) -> Response:
    """End an entry: a new row takes its place, with its last day."""
    asked = _asked(EndSchema())
    row = directories().end(directory, number, **asked, at=registry().clock(), by=REGISTRY)
    note("directory.entry_ended", f"directory:{directory}", after={"number": row.number})
    return answer_json(describe_row(row), 201)


@registers_api.get("/directories/<directory>/rows")
def entry_rows(directory: str) -> Response:
    """Every row as recorded, replaced ones too, each with the digest that chains it to the one before."""
    authenticate_registrar()
    return answer_json({"rows": [describe_row(row) for row in directories().rows(directory)]})


@registers_api.post("/integrity")
def add_case() -> Response:
    """Open a case. 201."""
    case = read_case(_asked(CaseSchema()), registry().vault)
    recorded = integrity_files().record(case, at=registry().clock(), by=REGISTRY)
    note("integrity.case_opened", f"case:{recorded.id}")
    return answer_json(describe_case(recorded), 201)


@registers_api.post("/integrity/<case>/appeal")
def change_appeal(case: str) -> Response:
    """Record how far the appeal has come."""
    state = read_appeal(_asked(AppealSchema())["state"])
    changed = integrity_files().appeal(case, state, at=registry().clock(), by=REGISTRY)
    note("integrity.appeal_changed", f"case:{case}", after={"appeal": str(state)})
    return answer_json(describe_case(changed))


@registers_api.get("/integrity/export")
def export_cases() -> Response:
    """Every decided case for the public credit platform (ZJ-19), as JSON or with ``?format=csv``."""
    authenticate_registrar()
    document = export_document(integrity_files().cases(), on=china_date(registry().clock()))
    if request.args.get("format") != "csv":
        return answer_json(document)
    return answer_csv(export_lines(document), f"integrity-{document['on']}", document["digest"])


@registers_api.post("/inspections")
def announce_draw() -> Response:
    """Announce a draw: its list, its size and the commitment to a seed. 201."""
    asked = _asked(DrawSchema())
    found = inspections().announce(asked.pop("draw"), **asked, at=registry().clock(), by=REGISTRY)
    note("inspection.announced", f"draw:{found.id}")
    return answer_json(draw_document(found), 201)


@registers_api.post("/inspections/<draw>/reveal")
def reveal_draw(draw: str) -> Response:
    """Publish the seed with the day's public number, and so whom it chose."""
    asked = _asked(RevealSchema())
    found = inspections().reveal(draw, **asked, at=registry().clock(), by=REGISTRY)
    note("inspection.drawn", f"draw:{draw}")
    return answer_json(draw_document(found))


@registers_api.post("/inspections/<draw>/results")
def report_visit(draw: str) -> Response:
    """Record a visit; findings go into the body's integrity file. 201."""
    result = read_result(_asked(VisitSchema()))
    found = inspections().report(
        draw, result, at=registry().clock(), by=REGISTRY, name=name_of_body(result.subject)
    )
    note(
        "inspection.visited",
        f"draw:{draw}",
        after={"subject": result.subject, "outcome": str(result.outcome)},
    )
    return answer_json(draw_document(found), 201)


@registers_api.post("/sessions")
def record_session() -> Response:
    """Record a training or assessment of the assessor; the same id again corrects it. 201."""
    assessor, now = authenticate(), registry().clock()
    session = Session(body=assessor.id, **load(SessionSchema(), read_json(request)))
    recorded = sessions().record(session, at=now, by=assessor.id, today=china_date(now))
    facts = {"held_on": recorded.held_on.isoformat()}
    note("training.recorded", f"session:{assessor.id}:{recorded.id}", after=facts)
    return answer_json(vars(recorded) | {"held_on": recorded.held_on.isoformat()}, 201)


@registers_api.put("/reports/<int:year>")
def publish_report(year: int) -> Response:
    """Publish the college's annual report of a year (JL-10), or its correction."""
    assessor = authenticate()
    if assessor.kind is not AssessorKind.COLLEGE:
        raise Refused("report.college_only", field="Authorization")
    asked = load(ReportSchema(), read_json(request))
    found = reports().publish(assessor.id, year, **asked, at=registry().clock(), by=assessor.id)
    note("report.published", f"report:{assessor.id}/{year}")
    return answer_json(describe_report(found))


@registers_api.get("/uploads")
def list_uploads() -> Response:
    """What waits for the national system, and the files made so far."""
    authenticate_registrar()
    batches = [describe_batch(one) for one in uploads().batches()]
    return answer_json({"waiting": uploads().waiting(), "batches": batches})


@registers_api.post("/uploads")
def export_upload() -> Response:
    """Make a file of what waits. 201."""
    asked = _asked(UploadSchema())
    made = uploads().export(asked["type"], at=registry().clock(), by=REGISTRY)
    note("upload.made", f"upload:{made.id}")
    return answer_json(describe_batch(made), 201)


@registers_api.get("/uploads/<batch>/rows.csv")
def upload_file(batch: str) -> Response:
    """The file for the national system: 11 columns, with identity numbers. Made while it is sent, never stored."""
    authenticate_registrar()
    answer = answer_upload(batch)
    note("upload.fetched", f"upload:{batch}")
    return answer


@registers_api.post("/uploads/<batch>/confirmation")
def confirm_upload(batch: str) -> Response:
    """The national system took the file, but for the certificates it returned."""
    asked = _asked(ConfirmationSchema())
    confirmed = uploads().confirm(batch, returned=asked["returned"], at=registry().clock())
    note("upload.confirmed", f"upload:{batch}", after={"returned": len(asked["returned"])})
    return answer_json(describe_batch(confirmed))


@registers_api.get("/statistics/exact")
def exact_statistics() -> Response:
    """Every count of a view, for months ``from`` up to and without ``to``: for registrars, nothing withheld."""
    authenticate_registrar()
    view = request.args.get("by", "level")
    start, end = (read_month(name) for name in ("from", "to"))
    counts = {value: dict(found) for value, found in sorted(figures().exact(view, start, end).items())}
    return answer_json({"by": view, "from": start, "to": end, "counts": counts})


def read_month(name: str) -> str:
    """A month ``YYYY-MM`` of the query string. Refused ``statistics.month``."""
    text = request.args.get(name, "")
    year, dash, month = text[:4], text[4:5], text[5:]
    if len(text) != MONTH or dash != "-" or not (year + month).isdecimal() or not 1 <= int(month) <= 12:
        raise Refused("statistics.month", field=name)
    return text


def answer_csv(lines: Iterable[Sequence[str]], name: str, digest: str) -> Response:
    """A CSV file with the digest of its data in a header."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(lines)
    response = Response(BYTE_ORDER_MARK + text.getvalue(), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Digest"] = digest
    return response


def answer_upload(batch: str) -> Response:
    """The national system's file, sent line by line."""
    response = Response(uploads().csv(batch), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="upload-{batch}.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _asked(schema: Any) -> Any:
    """The body of a registrar's request."""
    authenticate_registrar()
    return load(schema, read_json(request))
