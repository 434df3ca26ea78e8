"""The console's issue form: from flat field names to the API's body, and what its lists offer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from issuers.assessor import Assessor
from registry.identity import IdType
from registry.kinds import kinds
from registry.levels import levels
from registry.occupations import Occupation, find_occupation, search_occupations
from registry.view import Json, describe_kind, describe_level, describe_occupation

FORM_FIELDS = (
    "kind",
    "holder.name",
    "holder.id_type",
    "holder.id_number",
    "occupation",
    "job",
    "level",
    "issued_on",
    "appointment.employer",
    "appointment.from",
    "appointment.to",
)
SEARCHED = 200  # search results looked through for occupations within the accreditation


def issue_fields(form: Mapping[str, str]) -> dict[str, str]:
    """The fields of the form that carry the request, without CSRF token and buttons."""
    return {name: form[name] for name in FORM_FIELDS if form.get(name)}


def form_body(form: Mapping[str, str]) -> dict[str, Any]:
    """The body of ``POST /api/v1/certificates`` that the form stands for; empty fields are left out."""
    body: dict[str, Any] = {}
    for name, value in issue_fields(form).items():
        if name == "occupation":
            code, _, edition = value.partition(":")
            body["occupation"] = {"code": code, "edition": edition}
        elif "." in name:
            outer, _, inner = name.partition(".")
            body.setdefault(outer, {})[inner] = value
        else:
            body[name] = value
    return body


def form_choices(assessor: Assessor, searched: str, chosen: str) -> Json:
    """What the form's lists offer: occupations found within the accreditations, kinds, levels, documents."""
    return {
        "occupations": [describe_occupation(one) for one in _offered(assessor, searched, chosen)],
        "occupation_q": searched,
        "kinds": [describe_kind(kind.id) for kind in kinds() if kind.issued_here],
        "levels": [describe_level(level.id) for level in levels()],
        "id_types": [{"id": str(one), "zh": one.zh, "en": one.en} for one in IdType],
    }


def _offered(assessor: Assessor, searched: str, chosen: str) -> list[Occupation]:
    accredited = {pair for held in assessor.accreditations for pair in held.occupations}
    if not searched and not chosen:
        # nothing asked yet: a short scope is offered whole, a long one waits for a search
        return (
            [find_occupation(*pair) for pair in sorted(accredited)] if len(accredited) <= SHORT_SCOPE else []
        )
    found = search_occupations(searched, limit=SEARCHED) if searched else ()
    offered = [one for one in found if (one.code, one.edition) in accredited]
    code, _, edition = chosen.partition(":")
    if chosen and (code, edition) in accredited and all(one.code != code for one in offered):
        offered.append(find_occupation(code, edition))
    return offered


SHORT_SCOPE = 8  # occupations a form can list without a search
