"""Checks of employment access as every desk makes and shows them: the API, the registrar's page, the employer's."""

from __future__ import annotations

from typing import Any

from flask import request

from issuers.archive_routes import desk, read_person
from issuers.desk import filled
from issuers.ledger_view import both
from issuers.published import at
from issuers.session import note
from registry.archive.entries import EDITION
from registry.archive.export import cite, describe_check
from registry.keyrings import REGISTRY
from registry.ledgers.access import KeptCheck, Referral
from registry.occupations import find_occupation
from registry.places import find_place
from registry.policy.access import AccessCheck, say
from registry.view import Json, describe_instant, describe_occupation_code


def keep_check(asked: dict[str, Any], *, owner: str = REGISTRY) -> tuple[KeptCheck, AccessCheck]:
    """Check what `AccessSchema` loaded, keep the check and note it. Refused at the field that does not fit."""
    kept, found = desk().check_access(
        read_person(asked["holder"]),
        occupation=at("occupation", lambda: find_occupation(asked["occupation"], EDITION).code),
        region=at("region", lambda: find_place(asked["region"]).code),
        on=asked["on"] or desk().today,
        checker=asked["checker"],
        checked_by=asked["checked_by"],
        owner=owner,
    )
    facts = {"occupation": kept.occupation, "region": kept.region, "outcome": kept.outcome}
    note("access.checked", f"access:{kept.id}", after=facts)
    return kept, found


def read_form(**given: str) -> dict[str, Any]:
    """The fields of a form as `AccessSchema` takes them; ``given`` are not asked."""
    holder = {name.partition(".")[2]: text for name, text in filled(*HOLDER).items()}
    return {"holder": holder, **filled("occupation", "region", "on", "checker", "checked_by"), **given}


HOLDER = ("holder.id_type", "holder.id_number", "holder.name")


def describe_kept(kept: KeptCheck) -> Json:
    """A kept check with its sentence, its listing and the clauses it stood on that day."""
    rules = [desk().policies().find(rule, on=kept.on) for rule in kept.rules]
    return describe_check(kept) | {
        "occupation": describe_occupation_code(kept.occupation, EDITION),
        "sentence": both(say(kept.outcome, kept.checker)),
        "listing": {"document": kept.document, "from": kept.listed_from} if kept.listed_from else None,
        "rules": [cite(rule) for rule in rules if rule],
    }


def describe_referral(referral: Referral) -> Json:
    """Who was referred, found when, by whom."""
    return {
        "id": referral.id,
        "employer": referral.employer,
        "found_on": referral.found_on.isoformat(),
        "note": referral.note,
        "by": referral.by,
        "at": describe_instant(referral.at),
    }


def refused_values() -> dict[str, str]:
    """What the form is shown with again: all that was typed but the document number, which no page repeats."""
    return {name: text for name, text in request.form.items() if name != "holder.id_number"}
