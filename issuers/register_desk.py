"""The registrar's pages for directories and integrity files. Plain forms."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from issuers.desk import Errors, do_act, filled, signed
from issuers.register_schemas import (
    AppealSchema,
    CaseSchema,
    EndSchema,
    EntrySchema,
)
from issuers.register_view import describe_case, read_appeal, read_case
from issuers.registers import directories, integrity_files
from issuers.schemas import load
from issuers.session import bureau_only, note, registrars_only
from registry.credential import china_date
from registry.identity import IdType
from registry.registers.directories import directories as all_directories
from registry.registers.directories import find_directory
from registry.registers.integrity import FOLLOWS, Case, words
from registry.services import registry
from registry.view import Json

register_desk = Blueprint("register_desk", __name__, url_prefix="/registrar", template_folder="templates")


@register_desk.get("/directories")
@bureau_only
def directories_page() -> ResponseReturnValue:
    """Every directory."""
    rows = [
        {"id": one.id, "zh": one.zh, "en": one.en, "derived": one.derived}
        for one in all_directories().values()
    ]
    return render_template("issuers/registrar_directories.html", directories=rows)


@register_desk.get("/directories/<directory>")
@bureau_only
def directory_page(directory: str) -> ResponseReturnValue:
    """One directory: its entries, a form to add, forms to end."""
    return _directory(directory)


@register_desk.post("/directories/<directory>")
@registrars_only
def add_entry(directory: str) -> ResponseReturnValue:
    """Add an entry."""
    cells = {
        name[6:]: text for name, text in request.form.items() if name.startswith("cells.") and text.strip()
    }
    body = {"cells": cells, **filled("from", "to")}
    if request.form.get("replaces", "").isdecimal():
        body["replaces"] = int(request.form["replaces"])

    def add() -> None:
        row = directories().add(directory, **load(EntrySchema(), body), **signed())
        note("directory.entry_added", f"directory:{directory}", after={"number": row.number})

    return do_act(
        add,
        lambda errors: _directory(directory, errors),
        _("Added. It is public from its first day."),
        back=url_for("register_desk.directory_page", directory=directory),
    )


@register_desk.post("/directories/<directory>/<int:number>/end")
@registrars_only
def end_entry(directory: str, number: int) -> ResponseReturnValue:
    """End an entry."""

    def end() -> None:
        row = directories().end(directory, number, **load(EndSchema(), filled("to")), **signed())
        note("directory.entry_ended", f"directory:{directory}", after={"number": row.number})

    return do_act(
        end,
        lambda errors: _directory(directory, errors),
        _("Ended."),
        back=url_for("register_desk.directory_page", directory=directory),
    )


@register_desk.get("/integrity")
@bureau_only
def integrity_page() -> ResponseReturnValue:
    """The cases, and a form for a new one."""
    return _integrity()


@register_desk.post("/integrity")
@registrars_only
def add_case() -> ResponseReturnValue:
    """Open a case."""
    names = ("case", "means", "decision", "decided_on", "ends", "blocks_from", "blocks_to", "name", "summary")
    body = filled(*names)
    if request.form.get("subject_kind") == "person":
        body["person"] = filled("id_type", "id_number")
    else:
        body["subject"] = f"{request.form.get('subject_kind')}:{request.form.get('subject_code', '').strip()}"

    def add() -> None:
        case = read_case(load(CaseSchema(), body), registry().vault)
        recorded = integrity_files().record(case, **signed())
        note("integrity.case_opened", f"case:{recorded.id}")

    return do_act(add, _integrity, _("Recorded."), back=url_for("register_desk.integrity_page"))


@register_desk.post("/integrity/<case>/appeal")
@registrars_only
def change_appeal(case: str) -> ResponseReturnValue:
    """Record how far the appeal has come."""

    def change() -> None:
        state = read_appeal(load(AppealSchema(), filled("state"))["state"])
        integrity_files().appeal(case, state, **signed())
        note("integrity.appeal_changed", f"case:{case}", after={"appeal": str(state)})

    return do_act(change, _integrity, _("Recorded."), back=url_for("register_desk.integrity_page"))


def _today() -> date:
    return china_date(registry().clock())


def _directory(directory_id: str, errors: Errors | None = None) -> str:
    directory = find_directory(directory_id)
    found = sorted(directories().entries(directory), key=lambda entry: entry.number, reverse=True)
    columns = [vars(column) for column in directory.columns]
    return render_template(
        "issuers/registrar_directory.html",
        directory={"id": directory.id, "zh": directory.zh, "en": directory.en, "derived": directory.derived},
        columns=columns,
        entries=found,
        today=_today(),
        errors=errors,
        values=request.form,
    )


def _integrity(errors: Errors | None = None) -> str:
    cases = [
        describe_case(one) | {"next": [_word("appeal", state) for state in FOLLOWS[one.appeal]]}
        for one in reversed(integrity_files().cases())
    ]
    return render_template(
        "issuers/registrar_integrity.html",
        cases=cases,
        means=[_word("means", code) for code in words("means")],
        subjects=[_word("subject", code) for code in words("subject")],
        id_types=[{"id": str(one), "zh": one.zh, "en": one.en} for one in IdType],
        errors=errors,
        values=request.form,
    )


def _case(case: Case) -> Json:
    following = FOLLOWS[case.appeal] if case.decision else ()
    return describe_case(case) | {"next": [_word("appeal", state) for state in following]}


def _word(group: str, code: str) -> Json:
    return {"id": code, **words(group)[code]}
