"""A verdict in words: the JSON of the API, which the page renders too.

The holder is named (masked) only in a valid verdict; a certificate whose words cannot be believed is not shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache, lru_cache

from issuers.changes.reasons import reasons
from issuers.view import describe_issuer
from registry.credential import Face, china_date
from registry.masking import mask_name
from registry.policy.answers import benefits_document
from registry.policy.benefits import benefits
from registry.policy.loading import load_policies
from registry.problems import LANGUAGES, find_problem
from registry.view import Json, describe_face, describe_instant
from verify.checks import Trust
from verify.reasons import find_number
from verify.registry_signed import DocumentVerdict
from verify.verdict import Check, Outcome, Verdict

MEMOISED_BENEFITS = (
    4096  # answers kept: a function of kind, level, occupation, region, day and date of issue alone
)


def describe_verdict(verdict: Verdict, trust: Trust | None) -> Json:
    """The verdict as JSON. ``trust`` is what is known of the assessor."""
    face = verdict.face
    return {
        "outcome": verdict.outcome.value,
        "as_of": describe_instant(verdict.as_of),
        "reason": describe_reason(verdict.reason),
        "checks": describe_checks(verdict.checks),
        "certificate": _certificate(face, trust, verdict) if face else None,
        "benefits": _benefits(face, china_date(verdict.as_of))
        if face and verdict.outcome is Outcome.VALID
        else None,
        "at": _past(verdict.past) if verdict.past else None,
    }


def _past(past: Verdict) -> Json:
    return {
        "day": china_date(past.as_of).isoformat(),
        "outcome": past.outcome.value,
        "reason": describe_reason(past.reason),
    }


def describe_checks(checks: Sequence[Check]) -> list[Json]:
    """The checks of a verdict, each with its words."""
    return [_check(check) for check in checks]


def describe_document_verdict(verdict: DocumentVerdict) -> Json:
    """The verdict on a document that the registry signs, in the shape of a certificate's."""
    reason = verdict.reason
    return {
        "outcome": verdict.outcome.value,
        "as_of": describe_instant(verdict.as_of),
        "reason": reason and {"code": reason.code, **_words(reason), "number": find_number(reason.code)},
        "checks": describe_checks(verdict.checks),
        "certificate": None,
        "benefits": None,
    }


def describe_reason(check: Check | None) -> Json | None:
    """Why a verdict is not valid: code, number, words and, where the assessor gave one, its cause."""
    if check is None:
        return None
    number = find_number(check.code)
    return {"code": check.code, "number": number, **_words(check), "cause": _cause(check)}


def _cause(check: Check) -> Json | None:
    """Why the assessor revoked or suspended it, in its own catalogue's words."""
    found = reasons().get(str(check.params.get("cause")))
    return {"code": found.code, "zh": found.zh, "en": found.en} if found else None


def _check(check: Check) -> Json:
    return {"name": check.name, "result": check.result.value, "code": check.code, **_words(check)}


def _words(check: Check) -> Json:
    if not check.params:
        return _fixed_words(check.code)
    problem = find_problem(check.code)
    return {language: problem.say(language, check.params) for language in LANGUAGES}


@cache
def _fixed_words(code: str) -> Json:
    problem = find_problem(code)
    return {"zh": problem.zh.format_map({}), "en": problem.en.format_map({})}


def _certificate(face: Face, trust: Trust | None, verdict: Verdict) -> Json:
    shown = describe_face(face) | {
        "holder": None,
        "assessor": describe_issuer(face.issuer),
        "accreditation": _accreditation(face, trust, china_date(verdict.as_of)),
    }
    if verdict.outcome is Outcome.VALID:
        shown["holder"] = {
            "name": mask_name(face.holder.name),
            "id_type": face.holder.id_type,
            "id_number": face.holder.masked_number,
        }
    return shown


def _accreditation(face: Face, trust: Trust | None, today: date) -> Json:
    """The accreditation named, on the day of issue (``covered``) and today (``state``, ``since``)."""
    known = trust.assessor.accreditations if trust else ()
    held = [one for one in known if one.id == face.accreditation.id]
    shown = next((one for one in held if one.in_force(face.issued_on)), held[0] if held else None)
    standing, since = shown.standing(today) if shown else (None, None)
    return {
        "id": face.accreditation.id,
        "decision": face.accreditation.decision,
        "valid_from": shown.valid_from.isoformat() if shown else None,
        "valid_until": shown.valid_until.isoformat() if shown and shown.valid_until else None,
        "covered": shown is not None and shown.in_force(face.issued_on),
        "state": standing.value if standing else None,
        "since": since.isoformat() if since else None,
    }


def _benefits(face: Face, on: date) -> Json:
    return find_benefits(face.kind, face.level, face.occupation.code, face.region, on, face.issued_on)


@lru_cache(maxsize=MEMOISED_BENEFITS)
def find_benefits(
    kind: str, level: str | None, occupation: str | None, region: str, on: date, held_since: date | None
) -> Json:
    """The benefits document for a kind, level, occupation, region and day."""
    found = benefits(
        load_policies(),
        kind=kind,
        level=level,
        occupation=occupation,
        region=region,
        on=on,
        held_since=held_since,
    )
    return benefits_document(found)
