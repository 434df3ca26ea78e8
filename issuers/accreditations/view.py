"""Cases as JSON, for the console, the registrar's pages and the public directory."""

from __future__ import annotations

from datetime import date

from issuers.accreditation import Accreditation
from issuers.accreditations.life import Asked, Case, Vote, accreditation_id
from issuers.accreditations.store import Filed
from issuers.assessor import KIND_NAMES
from registry.levels import find_level
from registry.view import (
    Json,
    describe_instant,
    describe_kind,
    describe_level,
    describe_occupation_code,
    describe_place,
)


def describe_case(filed: Filed) -> Json:
    """A case for those whom it concerns: the registry and the assessor."""
    case = filed.case
    return {
        "id": case.id,
        "act": case.act.value,
        "state": filed.state,
        "assessor": case.assessor,
        "accreditation": case.accreditation,
        "grants": _grants(case),
        "asked": _asked(case.asked) if case.asked else None,
        "statement": filed.statement,
        "by": filed.by,
        "at": describe_instant(filed.at),
        "body": _body(filed),
        "votes": [_vote(vote) for vote in case.votes],
        "decision": _vote(case.decision) if case.decision else None,
        "decided_at": describe_instant(filed.decided_at) if filed.decided_at else None,
        "effect": _iso(filed.effect),
    }


def describe_decision(filed: Filed) -> Json:
    """What everybody may know of an approved case: which accreditation, what, by which document, when."""
    case, decision = filed.case, filed.case.decision
    assert decision is not None  # noqa: S101 - only decided cases are published
    assert filed.decided_at is not None  # noqa: S101 - written with the decision
    return {
        "accreditation": case.accreditation if case.accreditation and not case.asked else _grants(case),
        "replaces": case.accreditation if case.asked else None,
        "act": case.act.value,
        "document": decision.terms.document,
        "decided_at": describe_instant(filed.decided_at),
        "effect": _iso(filed.effect),
    }


def expires_in(held: Accreditation, *, on: date) -> int | None:
    """In how many days it ends, where it holds on that day and has an end."""
    return (held.valid_until - on).days if held.valid_until and held.in_force(on) else None


def _grants(case: Case) -> str | None:
    return accreditation_id(case.id) if case.asked else None


def _asked(asked: Asked) -> Json:
    return {
        "kind": describe_kind(asked.kind),
        "occupations": [describe_occupation_code(*pair) for pair in sorted(asked.occupations)],
        "levels": [
            describe_level(level) for level in sorted(asked.levels, key=lambda id_: find_level(id_).rank)
        ],
        "region": describe_place(asked.region),
        "start": asked.start.isoformat(),
        "until": _iso(asked.until),
    }


def _body(filed: Filed) -> Json | None:
    if filed.body is None:
        return None
    return dict(filed.body) | {
        "kind_name": KIND_NAMES[filed.body["kind"]],
        "region_name": describe_place(filed.body["region"]),
    }


def _vote(vote: Vote) -> Json:
    terms = vote.terms
    return {
        "by": vote.by,
        "voice": vote.voice.value,
        "document": terms.document,
        "effect": _iso(terms.effect),
        "until": _iso(terms.until),
        "reason": vote.reason,
        "at": describe_instant(vote.at),
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
