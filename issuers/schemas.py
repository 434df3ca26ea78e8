"""The JSON that assessors send, by marshmallow: unknown fields refused, each error located."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate

from issuers.request import IssueRequest
from keys.errors import Refused
from registry.credential import Appointment

MAX_TEXT = 200  # characters of any one field; every field has a tighter rule of its own behind it
MESSAGES: dict[str, Any] = {"required": "field.missing", "null": "field.null", "invalid": "field.text"}
ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class IsoDate(fields.Field[date]):
    """A date as YYYY-MM-DD and nothing else (date.fromisoformat alone also takes 20261122 and 2026-W47)."""

    default_error_messages = MESSAGES | {"invalid": "field.date"}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> date:  # noqa: ARG002 - marshmallow's form
        if not (isinstance(value, str) and ISO_DATE.fullmatch(value)):
            raise self.make_error("invalid")
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise self.make_error("invalid") from error


def text_field(*, required: bool = True, load_default: Any = None) -> fields.String:
    """A text of a sane length."""
    length = validate.Length(1, MAX_TEXT, error="field.length")
    if required:
        return fields.String(required=True, validate=length, error_messages=MESSAGES)
    return fields.String(load_default=load_default, allow_none=True, validate=length, error_messages=MESSAGES)


class Strict(Schema):
    """Unknown fields are refused."""

    error_messages = {"unknown": "field.unknown", "type": "field.object"}  # noqa: RUF012 - marshmallow's own form

    class Meta:  # noqa: D106 - marshmallow's own form
        unknown = RAISE


class HolderSchema(Strict):
    """Whose certificate: name, type and number of the identity document."""

    name = text_field()
    id_type = text_field(required=False, load_default="resident_id")
    id_number = text_field()


class OccupationSchema(Strict):
    """Which occupation: code and edition of the 职业分类大典."""

    code = text_field()
    edition = text_field(required=False, load_default="2022")


class AppointmentSchema(Strict):
    """The post of a special or chief technician."""

    employer = text_field()
    start = IsoDate(required=True, data_key="from")
    end = IsoDate(load_default=None, allow_none=True, data_key="to")

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Appointment:
        return Appointment(**data)


class IssueSchema(Strict):
    """The body of ``POST /api/v1/certificates``."""

    kind = text_field()
    holder = fields.Nested(HolderSchema, required=True, error_messages=MESSAGES)
    occupation = fields.Nested(OccupationSchema, required=True, error_messages=MESSAGES)
    job = text_field(required=False)
    level = text_field(required=False)
    issued_on = IsoDate(required=True)
    region = text_field(required=False)
    appointment = fields.Nested(AppointmentSchema, load_default=None, allow_none=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> IssueRequest:
        holder, occupation = data.pop("holder"), data.pop("occupation")
        return IssueRequest(
            **data,
            holder_name=holder["name"],
            id_type=holder["id_type"],
            id_number=holder["id_number"],
            occupation_code=occupation["code"],
            occupation_edition=occupation["edition"],
        )


class ReasonSchema(Strict):
    """Why a state changes: a code of the catalogue of reasons."""

    reason = text_field()


def load(schema: Schema, body: object) -> Any:
    """What ``schema`` makes of ``body``; Refused with the first field that does not fit."""
    if not isinstance(body, dict):
        raise Refused("field.object")
    try:
        return schema.load(body)
    except ValidationError as error:
        raise _first(error.messages_dict) from None


def _first(messages: Any, path: str = "") -> Refused:
    name, found = next(iter(messages.items()))
    where = path if name == "_schema" else f"{path}.{name}".lstrip(".")
    if isinstance(found, dict):
        return _first(found, where)
    return Refused(found[0], field=where)
