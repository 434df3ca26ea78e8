"""What a certificate issued again says: the old one's words with what is put right. Pure.

Every reason allows the changes that it explains and no other. What the certificate says of the assessment, the day of
issue above all, stays: the assessment is not held again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from issuers.assessor import Assessor
from issuers.request import Draft, IssueRequest, check_request
from keys.errors import Refused
from registry.credential import Face
from registry.levels import find_level
from registry.people import SealedHolder

# The fields of `IssueRequest` that a reason may change.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "lost": (),
    "name_changed": ("holder_name",),
    "id_changed": ("id_type", "id_number"),
    "data_error": (
        "holder_name",
        "id_type",
        "id_number",
        "occupation_code",
        "occupation_edition",
        "job",
        "level",
    ),
}
# How the caller calls them.
NAMES: Mapping[str, str] = {
    "holder_name": "holder.name",
    "id_type": "holder.id_type",
    "id_number": "holder.id_number",
    "occupation_code": "occupation",
    "occupation_edition": "occupation",
    "job": "job",
    "level": "level",
}
SCOPE = ("occupation_code", "occupation_edition", "level")


def asked_before(face: Face, holder: SealedHolder) -> IssueRequest:
    """The request that would have led to a certificate."""
    return IssueRequest(
        kind=face.kind,
        holder_name=holder.name,
        id_type=holder.id_type,
        id_number=holder.id_number,
        occupation_code=face.occupation.code,
        occupation_edition=face.occupation.edition,
        level=face.level,
        issued_on=face.issued_on,
        job=face.occupation.job,
        region=face.region,
        appointment=face.appointment,
    )


def corrected(before: IssueRequest, changes: Mapping[str, str | None], reason: str) -> IssueRequest:
    """The request with its changes. Refused ``reissue.not_for_reason``, ``reissue.nothing_changed``."""
    real = {name: value for name, value in changes.items() if value != getattr(before, name)}
    for name in real:
        if name not in FIELDS[reason]:
            raise Refused("reissue.not_for_reason", field=NAMES[name])
    if FIELDS[reason] and not real:
        raise Refused("reissue.nothing_changed", field=NAMES[FIELDS[reason][0]])
    return replace(before, **real)  # type: ignore[arg-type]  # names and types are those of the request


def draft_again(
    asked: IssueRequest, before: IssueRequest, holder: SealedHolder, assessor: Assessor, *, today: date
) -> Draft:
    """The draft of the new certificate. Refused as `check_request`.

    The scope is held to the day of issue; where occupation or level changes, to today's as well: an assessor that is
    no longer accredited may correct a name and may not certify something else.
    """
    draft = check_request(asked, assessor, today=asked.issued_on)
    if any(getattr(asked, name) != getattr(before, name) for name in SCOPE):
        check_request(replace(asked, issued_on=today), assessor, today=today)
    return replace(draft, aside=holder.aside)


def keeps_number(face: Face, draft: Draft) -> bool:
    """Whether the number still fits: its last part tells the level, the rest does not change."""
    before = find_level(face.level).digit if face.level else None
    return before == (draft.level.digit if draft.level else None)
