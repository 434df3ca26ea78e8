"""The JSON of changes that assessors send: what a certificate issued again says otherwise."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, post_load

from issuers.schemas import MESSAGES, OccupationSchema, Strict, text_field


class ChangedHolderSchema(Strict):
    """What changes of the holder; what is left out stays."""

    name = text_field(required=False)
    id_type = text_field(required=False)
    id_number = text_field(required=False)


class ReissueSchema(Strict):
    """The body of ``POST /api/v1/certificates/{number}/reissue``."""

    reason = text_field()
    holder = fields.Nested(ChangedHolderSchema, error_messages=MESSAGES)
    occupation = fields.Nested(OccupationSchema, error_messages=MESSAGES)
    job = text_field(required=False)
    level = text_field(required=False)

    @post_load
    def _flatten(self, data: dict[str, Any], **_: Any) -> tuple[str, dict[str, Any]]:
        """The reason, and the changes as fields of `IssueRequest`."""
        holder, occupation = data.get("holder", {}), data.get("occupation", {})
        found = {
            "holder_name": holder.get("name"),
            "id_type": holder.get("id_type"),
            "id_number": holder.get("id_number"),
            "occupation_code": occupation.get("code"),
            "occupation_edition": occupation.get("edition"),
            "job": data.get("job"),
            "level": data.get("level"),
        }
        return data["reason"], {name: value for name, value in found.items() if value is not None}
