"""The JSON that registrars and assessors send to the registers."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from issuers.schemas import MESSAGES, IsoDate, Strict

MAX_TEXT = 300  # characters of any one field; every field has a tighter rule of its own behind it
MAX_HEADING = 20_000
MAX_SUBJECTS = 20_000
TEXT = validate.Length(max=MAX_TEXT, error="field.length")
NUMBER: dict[str, Any] = MESSAGES | {"invalid": "field.number", "too_large": "field.number"}


def _text(**more: Any) -> fields.String:
    return fields.String(validate=TEXT, error_messages=MESSAGES, **more)


def _number(**more: Any) -> fields.Integer:
    return fields.Integer(strict=True, error_messages=NUMBER, **more)


class EntrySchema(Strict):
    """A row of a directory; ``replaces`` is the number of the wrong one."""

    cells = fields.Dict(keys=fields.String(), required=True, error_messages=MESSAGES)
    start = IsoDate(required=True, data_key="from")
    end = IsoDate(load_default=None, allow_none=True, data_key="to")
    replaces = _number(load_default=None, allow_none=True)


class EndSchema(Strict):
    """The first day an entry no longer holds."""

    end = IsoDate(required=True, data_key="to")


class PersonSchema(Strict):
    """Whose file: the number is hashed under the registry's key and not kept."""

    id_type = _text(load_default="resident_id")
    id_number = _text(required=True)


class CaseSchema(Strict):
    """A case of an integrity file, about a body (``subject``, ``name``) or about a ``person``."""

    case = _text(required=True)
    subject = _text(load_default=None, allow_none=True)
    person = fields.Nested(PersonSchema, load_default=None, allow_none=True, error_messages=MESSAGES)
    name = _text(load_default="")
    means = _text(required=True)
    decision = _text(load_default=None, allow_none=True)
    decided_on = IsoDate(required=True)
    ends = IsoDate(required=True)
    blocks_from = IsoDate(load_default=None, allow_none=True)
    blocks_to = IsoDate(load_default=None, allow_none=True)
    summary = _text(load_default="")


class AppealSchema(Strict):
    """How far an appeal has come."""

    state = _text(required=True)


class DrawSchema(Strict):
    """An inspection draw to announce."""

    draw = _text(required=True)
    subjects = fields.List(
        _text(), required=True, validate=validate.Length(1, MAX_SUBJECTS), error_messages=MESSAGES
    )
    size = _number(required=True)
    beacon_source = _text(required=True)
    draws_on = IsoDate(required=True)


class RevealSchema(Strict):
    """The public number of the day."""

    beacon = _text(required=True)


class VisitSchema(Strict):
    """What an inspector found."""

    subject = _text(required=True)
    inspector = _text(required=True)
    visited_on = IsoDate(required=True)
    outcome = _text(required=True)
    means = _text(load_default=None, allow_none=True)
    note = _text(load_default="")


class SessionSchema(Strict):
    """A training or an assessment that an assessor held."""

    id = _text(required=True)
    kind = _text(required=True)
    sector = _text(load_default="other")
    level = _text(load_default=None, allow_none=True)
    region = _text(required=True)
    held_on = IsoDate(required=True)
    enrolled = _number(required=True)
    passed = _number(required=True)
    employed = _number(load_default=None, allow_none=True)
    subsidised = _number(load_default=0)


class ReportSchema(Strict):
    """A college's annual report: six texts in the order of the headings, and the numbers for the shares."""

    texts = fields.List(
        fields.String(
            validate=validate.Length(max=MAX_HEADING, error="field.length"), error_messages=MESSAGES
        ),
        required=True,
        error_messages=MESSAGES,
    )
    amounts = fields.Dict(keys=fields.String(), values=_number(), load_default=dict, error_messages=MESSAGES)


class UploadSchema(Strict):
    """Which rows to export."""

    type = _text(load_default="new")


class ConfirmationSchema(Strict):
    """What the national system sent back."""

    returned = fields.List(_text(), load_default=list, error_messages=MESSAGES)
