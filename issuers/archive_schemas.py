"""The JSON that registrars send to archives and ledgers."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, post_load, validate

from issuers.schemas import MESSAGES, IsoDate, Strict
from registry.ledgers.claims import ClaimForm

MAX_TEXT = 500  # characters of any one field; every field has a tighter rule of its own behind it
MAX_FACTS = 20  # of a claim or an entry; no kind has as many
LARGEST = 10_000_000  # yuan or credits of one row: far above any published figure, far below an overflow
TEXT = validate.Length(1, MAX_TEXT, error="field.length")
FLAG: dict[str, Any] = MESSAGES | {"invalid": "field.boolean"}
NUMBER: dict[str, Any] = MESSAGES | {"invalid": "field.amount", "too_large": "field.amount"}


def _text(**more: Any) -> fields.String:
    return fields.String(validate=TEXT, error_messages=MESSAGES, **more)


def _optional() -> fields.String:
    return _text(load_default=None, allow_none=True)


def _day(**more: Any) -> IsoDate:
    return IsoDate(load_default=None, allow_none=True, **more)


def _whole(**more: Any) -> fields.Integer:
    size = validate.Range(0, LARGEST, error="field.amount")
    return fields.Integer(strict=True, validate=size, error_messages=NUMBER, **more)


class PersonSchema(Strict):
    """Whose: identity document, and the name where it matters."""

    name = _optional()
    id_type = _text(load_default="resident_id")
    id_number = _text(required=True)


def _holder() -> fields.Nested:
    return fields.Nested(PersonSchema, required=True, error_messages=MESSAGES)


class SearchSchema(Strict):
    """Find a person's archive; ``open`` makes one for somebody without a certificate here."""

    holder = _holder()
    open = fields.Boolean(load_default=False, truthy={True}, falsy={False}, error_messages=FLAG)


class EntrySchema(Strict):
    """An entry: its kind, its facts as ``docs/archive.md`` lists them, and where it comes from."""

    kind = _text(required=True)
    facts = fields.Dict(
        keys=fields.String(),
        required=True,
        validate=validate.Length(max=MAX_FACTS, error="field.length"),
        error_messages=MESSAGES | {"invalid": "field.object"},
    )
    source = _text(required=True)


class MergeSchema(Strict):
    """The code of the duplicate, and why it is the same person."""

    duplicate = _text(required=True)
    reason = _text(required=True)


class ClaimSchema(Strict):
    """A claim for one of a person's certificates."""

    holder = _holder()
    certificate = _text(required=True)
    region = _text(required=True)
    claimant = _text(load_default="person")
    claimed_on = _day()
    subsidy = _text(load_default="training")
    route = _text(load_default="public_training")
    course = _optional()
    enterprise = _optional()
    workplace = _optional()
    graduated_on = _day()
    facts = fields.List(
        _text(),
        load_default=list,
        validate=validate.Length(max=MAX_FACTS, error="field.length"),
        error_messages=MESSAGES | {"invalid": "field.array"},
    )
    approver = _optional()

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        holder = data.pop("holder")
        data["facts"] = frozenset(data["facts"])
        return {"holder": holder, "form": data}


def make_form(data: dict[str, Any], today: Any) -> ClaimForm:
    """The claim's form; without a day, today."""
    return ClaimForm(**{**data, "claimed_on": data["claimed_on"] or today})


class PrepaymentSchema(Strict):
    """How much is paid in advance, in whole yuan."""

    amount = _whole(required=True)


class SettlementSchema(Strict):
    """Whether the course was completed."""

    completed = fields.Boolean(required=True, truthy={True}, falsy={False}, error_messages=FLAG)


class CancellationSchema(Strict):
    """Why a subsidy is cancelled, or an entry taken out."""

    reason = _text(required=True)


class _RowSchema(Strict):
    """A published row: days, source, and whether it only ends the one before it."""

    since = IsoDate(required=True, data_key="from")
    until = _day(data_key="to")
    source = _text(required=True)
    ended = fields.Boolean(load_default=False, truthy={True}, falsy={False}, error_messages=FLAG)


class RateSchema(_RowSchema):
    """A region's subsidy rate, in whole yuan."""

    region = _text(required=True)
    kind = _text(required=True)
    level = _optional()
    occupation = _optional()
    amount = _whole(required=True)


class ConversionRuleSchema(_RowSchema):
    """A school's conversion of a result to a course."""

    school = _text(required=True)
    programme = _text(required=True)
    course = _text(required=True)
    kind = _text(required=True)
    occupation = _text(required=True)
    level = _optional()
    credits = _whole(required=True)


class TierSchema(_RowSchema):
    """A region's reward from so many credits on."""

    region = _text(required=True)
    name = _text(required=True)
    at_least = _whole(required=True)


class ListingSchema(_RowSchema):
    """An occupation on an access list."""

    region = _text(required=True)
    occupation = _text(required=True)


class EndingSchema(Strict):
    """From which day a published row holds no longer, and where that was published."""

    since = IsoDate(required=True, data_key="from")
    source = _text(required=True)


class EarningSchema(Strict):
    """Credits for one of a person's results, under a published rule."""

    holder = _holder()
    result = _text(required=True)
    credits = _whole(required=True)
    rule = _text(required=True)


class ConversionSchema(Strict):
    """A result to be converted to the exemption from a course."""

    holder = _holder()
    result = _text(required=True)
    school = _text(required=True)
    programme = _text(required=True)
    course = _text(required=True)


class AccessSchema(Strict):
    """May this person be hired or placed in this occupation on this day?"""

    holder = _holder()
    occupation = _text(required=True)
    region = _text(required=True)
    on = _day()
    checker = fields.String(
        required=True,
        validate=validate.OneOf(("agency", "employer"), error="subsidy.choice"),
        error_messages=MESSAGES,
    )
    checked_by = _text(required=True)


class ReferralSchema(Strict):
    """Who hired or placed against the answer of a check."""

    employer = _text(required=True)
    found_on = IsoDate(required=True)
    note = _text(load_default="")
