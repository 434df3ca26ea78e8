"""What an answer is: the figure or the words, the rule it stands on, and how it was reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from registry.policy.model import Document, Rule, Strength, Text
from registry.policy.wording import name_place

Outcome = Literal[
    "amount",
    "no_figure",
    "not_stated",
    "may_apply",
    "years_unknown",
    "statement",
    "treated_as",
    "conditional",
    "claimable",
]
Unit = Literal["month", "once"]
Topic = Literal["allowances", "titles", "education", "subsidies"]


@dataclass(frozen=True)
class Step:
    """One step of the way to an answer."""

    code: str
    text: Text


@dataclass(frozen=True)
class Answer:
    """One answer of one rule. ``amount`` is whole yuan; None: no figure is published, which is not zero."""

    rule: Rule
    outcome: Outcome
    text: Text
    steps: tuple[Step, ...]
    amount: int | None = None
    unit: Unit | None = None
    title: str | None = None
    years: int | None = None
    apply_from: date | None = None
    treated_as: str | None = None
    purposes: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    payee: str | None = None

    @property
    def strength(self) -> Strength:
        """Whether the rule obliges, permits, encourages or aims."""
        return self.rule.strength

    @property
    def region(self) -> str:
        """Code of the place whose rule this is."""
        return self.rule.place

    @property
    def document(self) -> Document:
        """The document it stands in."""
        return self.rule.document


@dataclass(frozen=True)
class Finding:
    """What one rule says of one case: met or not, with the sum (whole yuan) or what is missing.

    ``rule`` None: no rule speaks there on that day, so nothing is met and nothing is broken.
    """

    rule: Rule | None
    outcome: str
    passed: bool
    text: Text
    amount: int | None = None
    missing: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Note:
    """Where no answer could be given, and why: silence is stated, never shown as zero."""

    topic: Topic
    outcome: Literal["no_rule", "not_stated", "other_line"]
    text: Text
    rule: Rule | None = None


@dataclass(frozen=True)
class Benefits:
    """Everything the rules say for one level, place and day."""

    as_of: date
    region: str
    kind: str
    level: str | None
    occupation: str | None
    allowances: tuple[Answer, ...]
    titles: tuple[Answer, ...]
    education: tuple[Answer, ...]
    subsidies: tuple[Answer, ...]
    notes: tuple[Note, ...]


def benefits_document(benefits: Benefits) -> dict[str, Any]:
    """The JSON of ``benefits``; every sentence in both languages, money in whole yuan."""
    place = name_place(benefits.region)
    return {
        "as_of": benefits.as_of.isoformat(),
        "region": {"code": benefits.region, **_both(place)},
        "kind": benefits.kind,
        "level": benefits.level,
        "occupation": benefits.occupation,
        "allowances": [answer_document(answer) for answer in benefits.allowances],
        "titles": [answer_document(answer) for answer in benefits.titles],
        "education": [answer_document(answer) for answer in benefits.education],
        "subsidies": [answer_document(answer) for answer in benefits.subsidies],
        "notes": [_note_document(note) for note in benefits.notes],
    }


def answer_document(answer: Answer) -> dict[str, Any]:
    """The JSON of one answer; members that do not apply are left out; ``amount`` may be null."""
    apply_from = answer.apply_from.isoformat() if answer.apply_from else None
    optional = {
        "title": answer.title,
        "years": answer.years,
        "apply_from": apply_from,
        "treated_as": answer.treated_as,
        "purposes": list(answer.purposes),
        "conditions": list(answer.conditions),
        "payee": answer.payee,
    }
    return {
        "sentence": _both(answer.text),
        "outcome": answer.outcome,
        "amount": answer.amount,
        "unit": answer.unit,
        **{name: value for name, value in optional.items() if value not in (None, [])},
        **citation_document(answer.rule),
        "steps": [{"code": step.code, **_both(step.text)} for step in answer.steps],
    }


def citation_document(rule: Rule) -> dict[str, Any]:
    """The JSON of where a rule stands: strength, document, clause, quotation, grade, days in force."""
    return {
        "rule": rule.id,
        "strength": rule.strength,
        "region": rule.place,
        "document": _document_of(rule.document),
        "clause": rule.clause,
        "quote": rule.quote,
        "grade": rule.grade,
        "in_force": {
            "from": rule.window.since.isoformat(),
            "to": rule.window.until.isoformat() if rule.window.until else None,
        },
    }


def _document_of(document: Document) -> Mapping[str, str | None]:
    return {
        "id": document.id,
        "title": document.title,
        "title_en": document.title_en,
        "number": document.number,
        "issued_by": document.issued_by,
    }


def _both(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _note_document(note: Note) -> dict[str, Any]:
    cited = citation_document(note.rule) if note.rule else {}
    return {"topic": note.topic, "outcome": note.outcome, **_both(note.text), **cited}
