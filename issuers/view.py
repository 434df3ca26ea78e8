"""Assessors and their accreditations as JSON, for the directory, the console and beside a certificate."""

from __future__ import annotations

from datetime import date, timedelta

from issuers.accreditation import Accreditation
from issuers.assessor import KIND_NAMES, Assessor
from registry.credential import Face, Issuer
from registry.levels import find_level
from registry.view import (
    Json,
    describe_face,
    describe_kind,
    describe_level,
    describe_occupation_code,
    describe_place,
)

SOON = timedelta(days=90)  # an application for renewal takes weeks


def describe_issuer(issuer: Issuer) -> Json:
    """The assessor as a certificate names it."""
    return {
        "id": issuer.id,
        "name": issuer.name,
        "kind": issuer.kind,
        "kind_name": KIND_NAMES[issuer.kind],
        "region": describe_place(issuer.region),
    }


def describe_assessor(assessor: Assessor, *, on: date) -> Json:
    """An assessor with all its accreditations, each with its standing on that day."""
    held = sorted(assessor.accreditations, key=lambda one: one.valid_from, reverse=True)
    return describe_issuer(assessor.issuer) | {
        "did": assessor.did,
        "credit_code": assessor.credit_code,
        "accreditations": [describe_accreditation(one, on=on) for one in held],
    }


def describe_accreditation(held: Accreditation, *, on: date) -> Json:
    """An accreditation: its scope in words, its time, its standing on that day, and the times in which it holds."""
    standing, since = held.standing(on)
    return {
        "id": held.id,
        "state": standing.value,
        "since": since.isoformat() if since else None,
        "decision": held.decision,
        "kind": describe_kind(held.kind),
        "occupations": [
            describe_occupation_code(code, edition) for code, edition in sorted(held.occupations)
        ],
        "levels": [
            describe_level(level) for level in sorted(held.levels, key=lambda id_: find_level(id_).rank)
        ],
        "region": describe_place(held.region),
        "valid_from": held.valid_from.isoformat(),
        "valid_until": held.valid_until.isoformat() if held.valid_until else None,
        "windows": [
            {"from": start.isoformat(), "until": until.isoformat() if until else None}
            for start, until in held.windows
        ],
    }


def ends_soon(held: Json, today: date) -> bool:
    """Whether a described accreditation in force ends within `SOON`."""
    until = held["valid_until"]
    return held["state"] == "current" and bool(until) and date.fromisoformat(until) - today <= SOON


def describe_own_face(face: Face) -> Json:
    """A certificate as its assessor sees it: with the holder's name, the identity number masked."""
    holder = {
        "name": face.holder.name,
        "id_type": face.holder.id_type,
        "id_number": face.holder.masked_number,
    }
    return describe_face(face) | {"holder": holder, "assessor": describe_issuer(face.issuer)}
