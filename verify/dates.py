"""Days in query strings."""

from __future__ import annotations

from datetime import date

from flask import request

from issuers.schemas import ISO_DATE
from keys.errors import Refused


def read_date(name: str) -> date | None:
    """The day that the query string gives under ``name``; None where it gives none. Refused ``field.date``."""
    text = request.args.get(name)
    if not text:
        return None
    if not ISO_DATE.fullmatch(text):
        raise Refused("field.date", field=name)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("field.date", field=name) from None
