"""The registrar's page of the published tables: one page for all of them, by their columns as data describes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from issuers.archive_routes import desk
from issuers.archive_schemas import EndingSchema
from issuers.desk import Errors, do_act, filled, whole
from issuers.ledger_view import both
from issuers.published import SCHEMAS, Column, Described, described_tables, end, find_table, publish
from issuers.schemas import load
from issuers.session import bureau_only, current_account, registrars_only
from keys.errors import Refused
from registry.kinds import find_kind, kinds
from registry.ledgers.published import PublishedRow
from registry.levels import find_level, levels
from registry.places import find_place
from registry.policy.model import Text
from registry.view import Json

published_pages = Blueprint("published", __name__, url_prefix="/registrar", template_folder="templates")


@published_pages.get("/rates", defaults={"table": "rates"})
@published_pages.get("/tables/<table>")
@bureau_only
def table(table: str) -> ResponseReturnValue:
    """One table: its rows with their days and source, and the forms."""
    return _show(find_table(table))


@published_pages.post("/rates", defaults={"table": "rates"})
@published_pages.post("/tables/<table>")
@registrars_only
def add(table: str) -> ResponseReturnValue:
    """Publish a row."""
    found = find_table(table)

    def act() -> None:
        asked = load(SCHEMAS[found.id], _body(found))
        publish(found.id, asked, by=current_account().name)

    return do_act(act, lambda errors: _show(found, errors), _("Published."), back=_address(found))


@published_pages.post("/tables/<table>/<row_id>/end")
@registrars_only
def end_row(table: str, row_id: str) -> ResponseReturnValue:
    """End a row: from a day on there is nothing in its place."""
    found = find_table(table)

    def act() -> None:
        asked = load(EndingSchema(), filled("from", "source"))
        end(found.id, row_id, on=asked["since"], source=asked["source"], by=current_account().name)

    return do_act(act, lambda errors: _show(found, errors, ending=row_id), _("Ended."), back=_address(found))


def _body(found: Described) -> dict[str, Any]:
    """What the form says, as the API takes it: whole numbers as numbers."""
    body = filled(*(column.id for column in found.columns), "from", "to", "source")
    for column in found.columns:
        if column.type == "whole":
            body[column.id] = whole(column.id)
    return body


def _address(found: Described) -> str:
    return url_for("published.table", table=found.id)


def _show(found: Described, errors: Errors | None = None, *, ending: str | None = None) -> str:
    rows = desk().tables.rows(found.id)
    return render_template(
        "issuers/published.html",
        tables=[{"id": one.id, **both(one.name)} for one in described_tables().values()],
        table={"id": found.id, **both(found.name), "lead": both(found.lead), "empty": both(found.empty)},
        columns=[_column(column) for column in found.columns],
        rows=[_row(found, row) for row in rows],
        ending=ending,
        today=desk().today.isoformat(),
        values=request.form or {"from": desk().today.isoformat()},
        errors=errors or {},
    )


def _column(column: Column) -> Json:
    return {
        "id": column.id,
        "type": column.type,
        **both(column.name),
        "optional": column.optional,
        "hint": both(column.hint) if column.hint else None,
        "choices": _choices(column.type),
    }


def _choices(type_: str) -> list[dict[str, str]] | None:
    offered: Mapping[str, Any] = {"kind": kinds, "level": levels}
    if type_ not in offered:
        return None
    return [{"id": one.id, "zh": one.zh, "en": one.en} for one in offered[type_]()]


def _row(found: Described, row: PublishedRow) -> Json:
    cells = [_cell(column.type, row.cells.get(column.id)) for column in found.columns]
    return {
        "id": row.id,
        "cells": cells,
        "from": row.window.since,
        "to": row.window.until,
        "source": row.source,
        "by": row.by,
    }


def _cell(type_: str, value: Any) -> Json:
    """A cell in both languages; ``code`` where it is a code."""
    if value is None:
        return both(Text("—", "—"))
    text = str(value)
    if type_ in ("kind", "level"):
        named = find_kind(text) if type_ == "kind" else find_level(text)
        return {"zh": named.zh, "en": named.en}
    if type_ == "place":
        return both(_name_of_place(text)) | {"code": text}
    return {"zh": text, "en": text} if type_ != "occupation" else {"zh": "", "en": "", "code": text}


def _name_of_place(code: str) -> Text:
    try:
        place = find_place(code)
    except Refused:
        return Text("", "")
    return Text(place.zh, place.en)
