"""The JSON that verifiers send."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from issuers.schemas import Strict

TEXT: dict[str, Any] = {"invalid": "field.text", "null": "field.null"}


LOOK_UPS = (
    frozenset({"number", "holder"}),
    frozenset({"number", "name"}),
    frozenset({"number", "id_number"}),
    frozenset({"name", "id_number"}),
    frozenset({"number", "name", "id_number"}),
)
BINDING = ("audience", "nonce")
FORMS = (
    *(frozenset({name}) for name in ("code", "qr", "credential", "presentation")),
    *(frozenset({"presentation", *more}) for more in (("audience",), ("nonce",), BINDING)),
    *LOOK_UPS,
)


class VerificationSchema(Strict):
    """The body of ``POST /api/v1/verifications``, in one of its forms.

    ``{code}``, ``{qr}``, ``{credential}``, ``{presentation}``, or two of a look-up. ``audience`` and ``nonce`` are
    what the verifier asked the holder of a presentation to sign.
    """

    code = fields.String(error_messages=TEXT)
    number = fields.String(error_messages=TEXT)
    holder = fields.String(error_messages=TEXT)
    name = fields.String(error_messages=TEXT)
    id_number = fields.String(error_messages=TEXT)
    qr = fields.String(error_messages=TEXT)
    presentation = fields.String(error_messages=TEXT)
    audience = fields.String(error_messages=TEXT)
    nonce = fields.String(error_messages=TEXT)
    credential = fields.Raw(error_messages=TEXT)

    @validates_schema
    def _one_form(self, data: dict[str, object], **_: object) -> None:
        if frozenset(data) not in FORMS:
            raise ValidationError("verification.one_form")
