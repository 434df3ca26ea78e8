"""The registrar's API of archives under /api/v1: search, read, add entries, merge, export.

An identity number comes in the body of a POST only, never in an address.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from issuers.archive_schemas import CancellationSchema, EntrySchema, MergeSchema, SearchSchema
from issuers.routes import authenticate_registrar
from issuers.schemas import load
from issuers.session import note
from keys.errors import Refused
from registry.archive.desk import ArchiveDesk, Person
from registry.archive.export import describe_entry, export_document, summary
from registry.archive.store import Archive
from registry.http import answer_json, read_json
from registry.keyrings import REGISTRY
from registry.places import find_place
from registry.services import registry

archive_api = Blueprint("archive_api", __name__, url_prefix="/api/v1/archives")
archive_api.before_request(authenticate_registrar)

_search, _entry, _merge = SearchSchema(), EntrySchema(), MergeSchema()
_withdrawal = CancellationSchema()


@archive_api.post("/search")
def search() -> Response:
    """The archive of a person; ``open`` makes one where there is none."""
    asked = load(_search, read_json(request))
    archive = desk().find(read_person(asked["holder"]), by=REGISTRY, make=asked["open"])
    note("archive.opened" if asked["open"] else "archive.read", f"archive:{archive.code}")
    return answer_json(summary(desk().dossier(archive)))


@archive_api.get("/<code>")
def archive(code: str) -> Response:
    """One archive, also by the code of one that was merged into it."""
    found = desk().archives.get(code)
    note("archive.read", f"archive:{found.code}")
    return _answer(found)


@archive_api.post("/<code>/entries")
def add_entry(code: str) -> Response:
    """Add a training, contest result, honour, post, diploma or imported certificate. 201 with the entry."""
    asked = load(_entry, read_json(request))
    found = desk().archives.get(code)
    entry = desk().add_entry(found, asked["kind"], asked["facts"], source=asked["source"], by=REGISTRY)
    note("archive.entry_added", f"archive:{found.code}", after={"kind": asked["kind"]})
    return answer_json(describe_entry(entry), 201)


@archive_api.post("/<code>/entries/<entry_id>/withdrawal")
def withdraw_entry(code: str, entry_id: str) -> Response:
    """Take a wrong entry out, with a reason; it stays on file."""
    asked = load(_withdrawal, read_json(request))
    found = desk().archives.get(code)
    now = registry().clock()
    desk().archives.withdraw_entry(found, entry_id, why=asked["reason"], by=REGISTRY, at=now)
    note("archive.entry_withdrawn", f"archive:{found.code}", before={"entry": entry_id})
    return _answer(found)


@archive_api.post("/<code>/merge")
def merge(code: str) -> Response:
    """Merge a duplicate into this archive, with a reason, under audit."""
    asked = load(_merge, read_json(request))
    now = registry().clock()
    merged = desk().merging.merge(code, asked["duplicate"], why=asked["reason"], by=REGISTRY, at=now)
    note("archive.merged", f"archive:{merged.code}", before={"duplicate": asked["duplicate"]})
    return _answer(merged)


@archive_api.get("/<code>/export")
def export(code: str) -> Response:
    """Everything about the person as a file, and a note of who took it."""
    found = desk().archives.get(code)
    desk().archives.note("export", found.code, by=REGISTRY, at=registry().clock())
    note("archive.exported", f"archive:{found.code}")
    response = _answer(found)
    response.headers["Content-Disposition"] = f'attachment; filename="archive-{found.code}.json"'
    return response


def desk() -> ArchiveDesk:
    """The archive desk of the current application."""
    return registry().archive_desk


def read_person(holder: dict[str, Any]) -> Person:
    """The person that a body names. Refused ``identity.*``, ``name.*`` at ``holder``."""
    return desk().person(holder["id_type"], holder["id_number"], holder["name"])


def read_region() -> str | None:
    """The region for whose rules the career line is read; None: that of the newest certificate."""
    wanted = request.args.get("region")
    try:
        return find_place(wanted).code if wanted else None
    except Refused as refused:
        raise refused.at("region") from None


def _answer(found: Archive) -> Response:
    return answer_json(
        export_document(desk().dossier(found, region=read_region()), registry().archive_desk.policies())
    )
