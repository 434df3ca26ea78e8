"""Everything about a person as JSON: the stable schema ``skills-archive/1`` of ``docs/archive.md``. Pure.

The holder is masked as everywhere; each part says where it comes from.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from registry.archive.ages import may_be_public
from registry.archive.career import Career
from registry.archive.desk import Dossier
from registry.archive.entries import ArchiveEntry, describe_fact, find_entry_kind
from registry.archive.holdings import Holding
from registry.archive.store import AuditRow
from registry.identity import parse_identity
from registry.ledgers.access import KeptCheck
from registry.ledgers.account import Line, totals
from registry.levels import Level
from registry.masking import mask
from registry.policy.answers import answer_document, citation_document
from registry.policy.model import Policies, Rule, Text, Window
from registry.policy.schedule import ChiefTerm, Period
from registry.policy.wording import word
from registry.view import (
    Json,
    describe_instant,
    describe_kind,
    describe_level,
    describe_occupation_code,
    describe_place,
)

SCHEMA = "skills-archive/1"
EDITION = "2022"


def export_document(dossier: Dossier, policies: Policies) -> Json:
    """The whole archive."""
    return summary(dossier) | {
        "certificates": [describe_holding(one) for one in dossier.holdings],
        "entries": [describe_entry(one) for one in dossier.entries if one.kind != "certificate"],
        "subsidies": {
            "lines": [describe_line(line, policies) for line in dossier.account.lines],
            "totals": dict(totals(dossier.account)),
        },
        "credits": {
            "balance": dossier.credits.balance,
            "entries": [
                {
                    "result": entry.result,
                    "rule": entry.rule,
                    "credits": entry.credits,
                    "on": entry.entered_on.isoformat(),
                    "course": entry.course,
                }
                for entry in dossier.credits.entries
            ],
        },
        "access_checks": [describe_check(check) for check in dossier.checks],
        "career": describe_career(dossier.career),
        "history": [describe_audit(row) for row in dossier.audit],
    }


def summary(dossier: Dossier) -> Json:
    """Which archive, whose (masked), as of which day."""
    archive, holder = dossier.archive, dossier.holder
    birth = parse_identity(holder.id_type, holder.id_number, on=dossier.on).birth_date
    return {
        "schema": SCHEMA,
        "as_of": dossier.on.isoformat(),
        "archive": {
            "code": archive.code,
            "aliases": list(archive.aliases),
            "opened_at": describe_instant(archive.opened_at),
            "documents": len(archive.identities),
            "may_be_public": may_be_public(birth, dossier.on),
        },
        "holder": {
            "name": holder.name,
            "id_type": holder.id_type,
            "id_number": mask(holder.id_number),
        },
    }


def describe_holding(one: Holding) -> Json:
    """One certificate. ``verified``: issued here, so its signature can be checked."""
    return {
        "number": one.number,
        "kind": describe_kind(one.kind),
        "line": one.line,
        "occupation": describe_occupation_code(one.occupation, EDITION)
        | {"printed": one.occupation_printed, "job": one.job},
        "level": describe_level(one.level),
        "grade": one.grade,
        "region": describe_place(one.region) if one.region else None,
        "issued_on": one.issued_on.isoformat(),
        "issued_by": one.issued_by,
        "employer": one.employer,
        "ends_on": one.ends_on.isoformat() if one.ends_on else None,
        "state": one.state,
        "verified": one.code is not None,
        "code": one.code,
        "entry": one.entry,
        "source": one.source,
    }


def describe_entry(entry: ArchiveEntry) -> Json:
    """One entry with its facts as kept and in words."""
    kind = find_entry_kind(entry.kind)
    named = [field for field in kind.fields if field.id in entry.facts]
    return {
        "id": entry.id,
        "kind": {"id": kind.id, "zh": kind.zh, "en": kind.en},
        "on": entry.on.isoformat(),
        "facts": dict(entry.facts),
        "words": [
            {
                "name": {"zh": field.zh, "en": field.en},
                "value": dict(describe_fact(field, entry.facts[field.id])),
            }
            for field in named
        ],
        "source": entry.source,
        "entered_by": entry.by,
        "entered_at": describe_instant(entry.at),
    }


def describe_line(line: Line, policies: Policies) -> Json:
    """One subsidy: what was granted by which rule, what was paid, what is to be paid back (whole yuan)."""
    rule = policies.find(line.rule, line.granted_on)
    return {
        "id": line.id,
        "certificate": line.certificate,
        "subsidy": {"id": line.subsidy, **_both(word("subsidy", line.subsidy))},
        "kind": describe_kind(line.kind),
        "occupation": describe_occupation_code(line.occupation, EDITION),
        "level": describe_level(line.level),
        "region": describe_place(line.region),
        "granted_on": line.granted_on.isoformat(),
        "payee": line.payee,
        "enterprise": line.enterprise,
        "fund": {"id": line.fund, **_both(word("fund", line.fund))} if line.fund else None,
        "state": line.state.value,
        "counts": line.counts,
        "approved": line.approved,
        "prepaid": line.prepaid,
        "balance": line.balance,
        "clawback": line.clawback,
        "exception_by": line.exception_by,
        "rule": cite(rule) if rule else {"rule": line.rule},
        "rule_digest": line.rule_digest,
        "acts": [
            {
                "act": act.act,
                "at": describe_instant(act.at),
                "by": act.by,
                "amount": act.amount,
                "reason": act.reason,
            }
            for act in line.acts
        ],
    }


def describe_check(check: KeptCheck) -> Json:
    """One check of employment access as kept."""
    return {
        "id": check.id,
        "on": check.on.isoformat(),
        "at": describe_instant(check.at),
        "checked_by": check.checked_by,
        "checker": check.checker,
        "occupation": check.occupation,
        "region": check.region,
        "outcome": check.outcome,
        "certificate": check.certificate,
        "rules": list(check.rules),
        "list_digest": check.list_digest,
    }


def describe_career(found: Career) -> Json:
    """The career line: what each period brought, the next level, and the ways to it."""
    return {
        "region": describe_place(found.region),
        "on": found.on.isoformat(),
        "level": _level(found.level),
        "next_level": _level(found.next_level),
        "allowances": [_period(period) for period in found.periods],
        "chief": _chief(found.chief),
        "preparatory": {
            "may": found.preparatory.may,
            "apply_from": _day(found.preparatory.apply_from),
            "missing": list(found.preparatory.missing),
            "rule": cite(found.preparatory.rule),
        }
        if found.preparatory
        else None,
        "skip_level": {
            "may": found.skip.may,
            "missing": list(found.skip.missing),
            "rules": [cite(rule) for rule in found.skip.rules],
        }
        if found.skip
        else None,
        "promotions": [
            {
                "entry": entry.id,
                "on": entry.on.isoformat(),
                "outcome": promotion.outcome,
                "level": describe_level(promotion.level),
                "sentence": _both(promotion.text),
                "rule": cite(promotion.rule),
            }
            for entry, promotion in found.promotions
        ],
    }


def describe_audit(row: AuditRow) -> Json:
    """One change: who, when, why, and references."""
    return {
        "id": row.id,
        "act": row.act,
        "at": describe_instant(row.at),
        "by": row.by,
        "why": row.why,
        "references": {**row.before, **row.after},
    }


def cite(rule: Rule | None) -> Mapping[str, Any] | None:
    """Where a rule stands; None where no rule spoke."""
    return citation_document(rule) if rule else None


def _period(period: Period) -> Json:
    return _window(period.window) | {
        "level": describe_level(period.level),
        "months": period.months,
        "total": period.total,
        "answer": answer_document(period.answer) if period.answer else None,
    }


def _chief(term: ChiefTerm | None) -> Json | None:
    if term is None:
        return None
    return _window(term.window) | {
        "months": term.months,
        "paid": term.paid,
        "remaining": term.remaining,
        "monthly": term.monthly,
        "total": term.total,
        "rule": cite(term.rule),
    }


def _window(window: Window) -> Json:
    return {"from": window.since.isoformat(), "to": _day(window.until)}


def _level(level: Level | None) -> Json | None:
    return describe_level(level.id) if level else None


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _both(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}
