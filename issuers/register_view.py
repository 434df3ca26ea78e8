"""Rows, cases, reports and files as JSON, and what people send back into them."""

from __future__ import annotations

from typing import Any

from issuers.registers import name_of_body
from keys.errors import Refused
from keys.vault import Vault
from registry.identity import parse_identity
from registry.people import person_key
from registry.policy.loading import load_policies
from registry.registers.inspections import Outcome, Result
from registry.registers.integrity import Appeal, Case, person_subject, words
from registry.registers.rows import Row
from registry.statistics.reports import HEADING_NAMES, AnnualReport, headings, ratios
from registry.statistics.uploads import Batch
from registry.view import Json, describe_instant


def describe_row(row: Row) -> Json:
    """A row of a register: number, content, digest."""
    return {
        "number": row.number,
        **row.content,
        "recorded_at": describe_instant(row.recorded_at),
        "by": row.by,
        "digest": row.digest,
    }


def read_case(asked: dict[str, Any], vault: Vault) -> Case:
    """The case that a registrar sent. Refused ``integrity.subject`` unless it names one body or one person."""
    person, subject = asked.pop("person"), asked.pop("subject")
    if (person is None) == (subject is None) or (subject or "").startswith("person:"):
        raise Refused("integrity.subject", field="subject")
    if person is not None:
        identity = parse_identity(person["id_type"], person["id_number"], on=asked["decided_on"])
        subject = person_subject(person_key(vault, identity.id_type, identity.number))
    return Case(id=asked.pop("case"), subject=subject, appeal=Appeal.NONE, **asked)


def read_appeal(state: str) -> Appeal:
    """The state of an appeal. Refused ``integrity.appeal``."""
    try:
        return Appeal(state)
    except ValueError:
        raise Refused("integrity.appeal", field="state") from None


def read_result(asked: dict[str, Any]) -> Result:
    """The result of a visit. Refused ``inspection.outcome``, ``integrity.means``."""
    try:
        outcome = Outcome(asked.pop("outcome"))
    except ValueError:
        raise Refused("inspection.outcome", field="outcome") from None
    if asked["means"] is not None and asked["means"] not in words("means"):
        raise Refused("integrity.means", field="means", known=", ".join(words("means")))
    return Result(outcome=outcome, **asked)


def describe_case(case: Case) -> Json:
    """A case for a registrar, or, where it `is_public`, for everyone."""
    kind, _, code = case.subject.partition(":")
    days = ("decided_on", "ends", "blocks_from", "blocks_to")
    return {
        "case": case.id,
        "subject": {"kind": kind, "code": code, **words("subject")[kind]},
        "name": case.name,
        "means": {"code": case.means, **words("means")[case.means]},
        "decision": case.decision,
        **{day: getattr(case, day).isoformat() if getattr(case, day) else None for day in days},
        "appeal": {"state": case.appeal.value, **words("appeal")[case.appeal.value]},
    }


def describe_report(found: AnnualReport) -> Json:
    """An annual report with its six headings and the shares that its numbers give."""
    policies = load_policies()
    names = headings(policies)
    return {
        "college": {"id": found.college, "name": name_of_body(found.college)},
        "year": found.year,
        "published_on": found.published_on.isoformat(),
        "corrected_on": found.corrected_on.isoformat() if found.corrected_on else None,
        "in_time": found.in_time,
        "digest": found.digest,
        "sections": [
            {"zh": name, "en": HEADING_NAMES[name], "text": text}
            for name, text in zip(names, found.texts, strict=True)
        ],
        "amounts": dict(found.amounts),
        "ratios": [
            {
                "rule": one.rule.id if one.rule else None,
                "passed": one.passed,
                "zh": one.text.zh,
                "en": one.text.en,
            }
            for one in ratios(policies, found)
        ],
    }


def describe_batch(batch: Batch) -> Json:
    """A file for the national system."""
    return {
        "batch": batch.id,
        "type": batch.type,
        "state": batch.state,
        "rows": batch.rows,
        "made_at": describe_instant(batch.made_at),
        "by": batch.by,
        "links": {"csv": f"/api/v1/uploads/{batch.id}/rows.csv"},
    }
