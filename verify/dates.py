"""Days in query strings."""

from __future__ import annotations

from datetime import date

from flask import request

from issuers.schemas import ISO_DATE
from keys.errors import Refused


def read_date(name: str) -> date | None:
    """The day that the query string gives under ``name``; None where it gives none. Refused ``field.date``."""
    return _parse(name, request.args.get(name))


def read_past_day() -> date | None:
    """The day ``at`` that the query string or the form asks about. Refused ``field.date``."""
    asked = request.args if request.is_json else request.values  # a form is not looked for in JSON
    return _parse("at", asked.get("at"))


def _parse(name: str, text: str | None) -> date | None:
    if not text:
        return None
    if not ISO_DATE.fullmatch(text):
        raise Refused("field.date", field=name)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("field.date", field=name) from None
