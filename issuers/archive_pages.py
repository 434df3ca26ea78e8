"""The registrar's pages of archives: search, one archive, an entry, a merge, a readable export. Plain forms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from issuers.archive_routes import desk, read_region
from issuers.session import bureau_only, current_account, may_change, note, registrars_only
from keys.errors import Refused
from registry.archive.entries import entry_kinds, find_entry_kind, offered
from registry.archive.export import export_document
from registry.archive.store import Archive
from registry.identity import IdType
from registry.problems import error_words
from registry.services import registry

UNPROCESSABLE = 422

archive_pages = Blueprint("archives", __name__, url_prefix="/registrar/archives", template_folder="templates")


@archive_pages.get("/")
@bureau_only
def search() -> ResponseReturnValue:
    """The form that finds a person's archive."""
    return _search_form({"holder.id_type": "resident_id"})


@archive_pages.post("/")
@bureau_only
def find() -> ResponseReturnValue:
    """Find the archive of a document; open one where the registrar asks for it."""
    form = request.form
    if form.get("open") == "yes" and not may_change():
        raise Refused("auth.registrar_only")
    try:
        person = desk().person(
            form.get("holder.id_type", ""), form.get("holder.id_number", ""), form.get("holder.name") or None
        )
        found = desk().find(person, by=current_account().name, make=form.get("open") == "yes")
        if form.get("open") == "yes":
            note("archive.opened", f"archive:{found.code}")
    except Refused as refused:
        offer = refused.code in ("archive.unknown", "archive.name_missing")
        return _search_form(form, {refused.field or "form": error_words(refused)}, offer=offer), UNPROCESSABLE
    return redirect(url_for("archives.archive", code=found.code))


@archive_pages.get("/<code>")
@bureau_only
def archive(code: str) -> ResponseReturnValue:
    """One archive; looking at it is noted."""
    found = desk().archives.get(code)
    note("archive.read", f"archive:{found.code}")
    return _show(found)


@archive_pages.get("/<code>/print")
@bureau_only
def printed(code: str) -> ResponseReturnValue:
    """Everything about the person, to read and to print; taking it is noted."""
    found = desk().archives.get(code)
    desk().archives.note("export", found.code, by=current_account().name, at=registry().clock())
    note("archive.exported", f"archive:{found.code}")
    return render_template("issuers/archive_print.html", **_document(found))


@archive_pages.get("/<code>/entries/new")
@registrars_only
def new_entry(code: str) -> ResponseReturnValue:
    """The form of one kind of entry."""
    return _entry_form(desk().archives.get(code), request.args.get("kind", "post"), {})


@archive_pages.post("/<code>/entries/new")
@registrars_only
def add_entry(code: str) -> ResponseReturnValue:
    """Add an entry."""
    found, kind = desk().archives.get(code), request.form.get("kind", "")
    names = [field.id for field in find_entry_kind(kind).fields]
    facts = {name: request.form[f"facts.{name}"] for name in names if request.form.get(f"facts.{name}")}
    try:
        desk().add_entry(found, kind, facts, source=request.form.get("source", ""), by=current_account().name)
        note("archive.entry_added", f"archive:{found.code}", after={"kind": kind})
    except Refused as refused:
        error = {refused.field or "form": error_words(refused)}
        return _entry_form(found, kind, request.form, error), UNPROCESSABLE
    flash(_("Entered."))
    return redirect(url_for("archives.archive", code=found.code))


@archive_pages.post("/<code>/entries/<entry_id>/withdraw")
@registrars_only
def withdraw_entry(code: str, entry_id: str) -> ResponseReturnValue:
    """Take a wrong entry out, with a reason."""
    found, why = desk().archives.get(code), request.form.get("reason", "")
    desk().archives.withdraw_entry(found, entry_id, why=why, by=current_account().name, at=registry().clock())
    note("archive.entry_withdrawn", f"archive:{found.code}", before={"entry": entry_id})
    flash(_("Taken out. It stays on file with the reason."))
    return redirect(url_for("archives.archive", code=found.code))


@archive_pages.get("/<code>/merge")
@registrars_only
def merge_form(code: str) -> ResponseReturnValue:
    """The form that merges a duplicate into this archive."""
    return _merge_form(desk().archives.get(code), {})


@archive_pages.post("/<code>/merge")
@registrars_only
def merge(code: str) -> ResponseReturnValue:
    """Merge, after a tick that says yes."""
    found, form = desk().archives.get(code), request.form
    try:
        if form.get("confirm") != "yes":
            raise Refused("state.confirm", field="confirm")
        desk().merging.merge(
            found.code,
            form.get("duplicate", "").strip(),
            why=form.get("reason", ""),
            by=current_account().name,
            at=registry().clock(),
        )
    except Refused as refused:
        where = "duplicate" if refused.code == "archive.unknown" else refused.field or "form"
        return _merge_form(found, form, {where: error_words(refused)}), UNPROCESSABLE
    note("archive.merged", f"archive:{found.code}", before={"duplicate": form.get("duplicate", "").strip()})
    flash(_("Merged. The old code goes on answering with this archive."))
    return redirect(url_for("archives.archive", code=found.code))


@archive_pages.post("/<code>/merge/<audit_id>/undo")
@registrars_only
def undo_merge(code: str, audit_id: str) -> ResponseReturnValue:
    """Take a merge back, with a reason."""
    if desk().archives.audit_row(audit_id).archive not in desk().archives.get(code).codes:
        raise Refused("archive.audit_unknown", field="id")
    again = desk().merging.undo(
        audit_id, why=request.form.get("reason", ""), by=current_account().name, at=registry().clock()
    )
    note("archive.merge_undone", f"archive:{again.code}", before={"merge": audit_id})
    flash(_("The merge was taken back."))
    return redirect(url_for("archives.archive", code=again.code))


def _document(found: Archive) -> dict[str, Any]:
    dossier = desk().dossier(found, region=read_region())
    return {"document": export_document(dossier, desk().policies()), "region": request.args.get("region", "")}


def _show(found: Archive) -> str:
    return render_template("issuers/archive.html", kinds=_kinds(), **_document(found))


def _kinds() -> list[dict[str, str]]:
    return [{"id": kind.id, "zh": kind.zh, "en": kind.en} for kind in entry_kinds()]


def _search_form(
    values: Mapping[str, str], errors: Mapping[str, Any] | None = None, *, offer: bool = False
) -> str:
    types = [{"id": str(one), "zh": one.zh, "en": one.en} for one in IdType]
    return render_template(
        "issuers/archives.html", values=values, errors=errors or {}, id_types=types, offer=offer
    )


def _entry_form(
    found: Archive, kind_id: str, values: Mapping[str, str], errors: Mapping[str, Any] | None = None
) -> str:
    kind = find_entry_kind(kind_id)
    fields = [
        {
            "name": f"facts.{field.id}",
            "label": {"zh": field.zh, "en": field.en},
            "type": field.type,
            "required": field.required,
            "choices": offered(field),
        }
        for field in kind.fields
    ]
    return render_template(
        "issuers/archive_entry.html",
        code=found.code,
        kind={"id": kind.id, "zh": kind.zh, "en": kind.en},
        kinds=_kinds(),
        fields=fields,
        values=values,
        errors=errors or {},
    )


def _merge_form(found: Archive, values: Mapping[str, str], errors: Mapping[str, Any] | None = None) -> str:
    return render_template("issuers/archive_merge.html", code=found.code, values=values, errors=errors or {})
