"""What the forms of applications and votes say, read field by field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime

from werkzeug.datastructures import MultiDict

from issuers.accreditations.life import Asked, Terms, Voice, Vote
from issuers.assessor import AssessorKind
from issuers.schemas import ISO_DATE
from keys.errors import Refused

Form = MultiDict[str, str]
MAX_TEXT = 2_000  # characters of a statement or a reason: two pages
MAX_DOCUMENT = 100  # of a decision's number
MAX_OCCUPATIONS = 500  # of one application
EDITION = "2022"
BODY_FIELDS = ("id", "name", "kind_of_body", "credit_code", "body_region")


def read_asked(form: Form) -> Asked:
    """The scope and time asked for. Refused with the field that cannot be read."""
    return Asked(
        read_text(form, "kind", limit=MAX_DOCUMENT),
        _read_occupations(form.get("occupations", "")),
        frozenset(form.getlist("levels")),
        read_text(form, "region", limit=MAX_DOCUMENT),
        read_day(form, "start"),
        read_optional_day(form, "until"),
    )


def read_vote(form: Form, *, by: str, at: datetime) -> Vote:
    """A vote with its terms. A refusal needs a reason; what it would have granted is no part of it."""
    voice = Voice.REFUSE if form.get("voice") == Voice.REFUSE else Voice.APPROVE
    document = read_text(form, "document", limit=MAX_DOCUMENT)
    if voice is Voice.REFUSE:
        return Vote(by, voice, Terms(document), read_text(form, "reason"), at)
    terms = Terms(document, read_optional_day(form, "effect"), read_optional_day(form, "until"))
    return Vote(by, voice, terms, read_text(form, "reason", required=False), at)


def read_body(form: Form) -> dict[str, str]:
    """The words of a body that is to be admitted: ``name``, ``kind``, ``credit_code``, ``region``."""
    kind = read_text(form, "kind_of_body")
    if kind not in set(AssessorKind):
        raise Refused("field.missing", field="kind_of_body")
    return {
        "name": read_text(form, "name", limit=MAX_DOCUMENT),
        "kind": kind,
        "credit_code": read_text(form, "credit_code", limit=MAX_DOCUMENT),
        "region": read_text(form, "body_region", limit=MAX_DOCUMENT),
    }


def read_text(form: Mapping[str, str], name: str, *, limit: int = MAX_TEXT, required: bool = True) -> str:
    """A text. Refused ``field.missing``, ``field.length``."""
    text = form.get(name, "").strip()
    if required and not text:
        raise Refused("field.missing", field=name)
    if len(text) > limit:
        raise Refused("field.length", field=name)
    return text


def read_day(form: Mapping[str, str], name: str) -> date:
    """A day. Refused ``field.missing``, ``field.date``."""
    day = read_optional_day(form, name)
    if day is None:
        raise Refused("field.missing", field=name)
    return day


def read_optional_day(form: Mapping[str, str], name: str) -> date | None:
    """A day, None where the field is empty. Refused ``field.date``."""
    text = form.get(name, "").strip()
    if not text:
        return None
    try:
        if not ISO_DATE.fullmatch(text):
            raise ValueError(name)
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("field.date", field=name) from None


def _read_occupations(text: str) -> frozenset[tuple[str, str]]:
    """Codes apart by blanks, commas or lines; one of an edition other than the newest as ``CODE:EDITION``."""
    parts = [part for part in re.split(r"[\s,;，；、]+", text) if part]
    if len(parts) > MAX_OCCUPATIONS:
        raise Refused("accreditation.too_many_occupations", field="occupations", limit=MAX_OCCUPATIONS)
    pairs = (part.partition(":") for part in parts)
    return frozenset((code, edition or EDITION) for code, _, edition in pairs)
