"""What the registers say to everyone: directories by day, decisions about bodies, inspection draws."""

from __future__ import annotations

from datetime import date, datetime

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from issuers.register_view import describe_case
from issuers.registers import directories, inspections, integrity_files, name_of_body
from keys.errors import Refused
from registry.credential import china_date, day_start
from registry.http import answer_json
from registry.levels import find_level
from registry.occupations import editions, find_occupation
from registry.places import find_place
from registry.registers.directories import (
    Version,
    find_directory,
    version_csv,
    version_document,
)
from registry.registers.directories import directories as all_directories
from registry.registers.inspections import Draw, draw_document
from registry.services import registry
from registry.spreadsheet import BYTE_ORDER_MARK
from registry.translation import language
from registry.view import Json, describe_occupation
from verify.dates import read_date

NAMED = ("occupation", "level", "region")  # types of columns whose codes a page spells out

registers_api = Blueprint("public_registers_api", __name__, url_prefix="/api/v1")
registers_pages = Blueprint("registers", __name__, template_folder="templates")


@registers_api.get("/directories")
def list_directories() -> Response:
    """Every public directory with its columns and the rules it follows."""
    return answer_json({"directories": _list()})


@registers_api.get("/directories/<directory>")
def directory(directory: str) -> Response:
    """A directory as of a day (``?on=``), as JSON or with ``?format=csv``; the digest names the version."""
    found = _version(directory)
    if request.args.get("format") != "csv":
        return answer_json(version_document(found))
    response = Response(BYTE_ORDER_MARK + version_csv(found, language()), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{found.directory.id}-{found.on}.csv"'
    response.headers["X-Content-Digest"] = found.digest
    return response


@registers_api.get("/integrity")
def public_cases() -> Response:
    """Decisions about bodies on the public list of a day (``?on=``). Persons are never listed."""
    on = _read_day()
    return answer_json(
        {"on": on.isoformat(), "cases": [describe_case(one) for one in integrity_files().published(on)]}
    )


@registers_api.get("/inspections")
def list_draws() -> Response:
    """Every inspection draw with what is needed to compute it again."""
    return answer_json({"inspections": [draw_document(one) for one in inspections().all()]})


@registers_api.get("/inspections/<draw>")
def one_draw(draw: str) -> Response:
    """One inspection draw."""
    return answer_json(draw_document(inspections().find(draw)))


@registers_pages.get("/directories")
def directories_page() -> str:
    """The public directories."""
    return render_template("verify/directories.html", directories=_list())


@registers_pages.get("/directories/<directory>")
def directory_page(directory: str) -> ResponseReturnValue:
    """One directory as of a day, with links to its data."""
    found = _version(directory)
    rows = [{"cells": _spell(found, entry.cells), "entry": entry} for entry in found.entries]
    shown = {name: version_document(found)[name] for name in ("name", "columns", "on", "digest")}
    return render_template("verify/directory.html", **shown, id=found.directory.id, rows=rows)


@registers_pages.get("/integrity")
def integrity_page() -> str:
    """Decisions about bodies."""
    on = _read_day()
    cases = [describe_case(one) for one in integrity_files().published(on)]
    return render_template("verify/integrity.html", cases=cases, on=on.isoformat())


@registers_pages.get("/inspections")
def inspections_page() -> str:
    """Inspection draws and their results."""
    return render_template("verify/inspections.html", draws=[_draw(one) for one in inspections().all()])


def _list() -> list[Json]:
    return [
        {
            "id": one.id,
            "zh": one.zh,
            "en": one.en,
            "rules": list(one.rules),
            "columns": [{"id": column.id, "zh": column.zh, "en": column.en} for column in one.columns],
        }
        for one in all_directories().values()
    ]


def _version(directory_id: str) -> Version:
    known = read_date("known_on")
    known_at = _end_of(known) if known else None
    return directories().version(find_directory(directory_id).id, on=_read_day(), known_at=known_at)


def _end_of(day: date) -> datetime:
    return datetime.fromisoformat(day_start(date.fromordinal(day.toordinal() + 1)))


def _read_day() -> date:
    return read_date("on") or china_date(registry().clock())


def _spell(found: Version, cells: object) -> list[Json]:
    """The cells of an entry in the order of the columns, codes with their names in both languages."""
    held: dict[str, str] = dict(cells)  # type: ignore[call-overload]
    return [
        {"text": held.get(column.id, ""), "type": column.type, **_name(column.type, held.get(column.id, ""))}
        for column in found.directory.columns
    ]


def _name(column_type: str, text: str) -> Json:
    if not text or column_type not in NAMED:
        return {"zh": text, "en": text}
    try:
        if column_type == "occupation":
            name: Json = describe_occupation(find_occupation(text, editions()[0]))["name"]
            return name
        named = find_level(text) if column_type == "level" else find_place(text)
    except Refused:  # a code of an older table
        return {"zh": text, "en": text}
    return {"zh": named.zh, "en": named.en}


def _draw(found: Draw) -> Json:
    results = {one["subject"]: one for one in draw_document(found)["results"]}
    return draw_document(found) | {
        "visits": [
            {"name": name_of_body(subject), "subject": subject, "result": results.get(subject)}
            for subject in found.drawn
        ]
    }
