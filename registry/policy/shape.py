"""What each kind of rule may carry. A rule set that carries anything else is refused.

A clerk's typing error must stop the load, never change an answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from registry.levels import levels

STRENGTHS = ("must", "may", "encouraged", "target")
GRADES = ("seed", "A", "B", "C", "D", "G")
UNITS = ("month", "once")
STATUSES = ("computed", "recorded", "reported", "out_of_scope")


@dataclass(frozen=True)
class Shape:
    """Names one kind of rule may carry; a row must have the ``columns`` and may have the ``extra`` ones."""

    figures: str = ""
    words: str = ""
    columns: str = ""
    extra: str = ""
    needs: str = ""
    """Names of figures and words that must be there."""


KINDS: Mapping[str, Shape] = {
    "access": Shape(words="certificates", needs="certificates"),
    "access_checker": Shape(words="checkers", needs="checkers"),
    "adjustment": Shape(figures="maximum_percent", words="when", needs="maximum_percent"),
    "allowance": Shape(words="payer status", columns="level unit", extra="amount"),
    "annual_report": Shape(words="headings", needs="headings"),
    "award": Shape(figures="rank", words="contest amount honours"),
    "bundle": Shape(words="certificates", needs="certificates"),
    "certificate_kinds": Shape(words="certificates", needs="certificates"),
    "credit": Shape(),
    "dual_teacher": Shape(words="levels certificates", needs="levels certificates"),
    "duty": Shape(figures="groups"),
    "education": Shape(
        words="purpose needs levels certificates schools decides", columns="when treated_as", needs="purpose"
    ),
    "eligibility": Shape(words="when", needs="when"),
    "equality": Shape(),
    "filing": Shape(words="region"),
    "fund": Shape(words="fund when", needs="fund"),
    "grant": Shape(columns="when tier amount"),
    "integrity": Shape(words="subjects means"),
    "penalty": Shape(words="amount", needs="amount"),
    "period": Shape(
        figures="minimum_years maximum_years minimum_terms maximum_terms", words="course", needs="course"
    ),
    "prepayment": Shape(figures="maximum_percent", needs="maximum_percent"),
    "progression": Shape(figures="years", words="certificates levels needs", needs="years levels"),
    "promotion": Shape(words="routes levels", needs="routes"),
    "promotion_table": Shape(figures="per_year", columns="when who level", extra="rank percent next_level"),
    "rate_table": Shape(words="factors", needs="factors"),
    "ratio": Shape(
        figures="minimum_percent minimum_inner_percent minimum_ratio",
        words="part whole inner",
        needs="part whole",
    ),
    "recognition": Shape(),
    "register": Shape(figures="count per_person", words="directories assessors fields"),
    "skip_level": Shape(words="levels waives", needs="levels waives"),
    "subsidy": Shape(
        figures="amount times",
        words="certificates levels payee payer course when fund region subsidies route",
        needs="certificates payee",
    ),
    "subsidy_limit": Shape(figures="per_year", words="once_for exception", needs="per_year once_for"),
    "target": Shape(columns="name", extra="count percent year"),
    "term": Shape(figures="count years", words="levels", needs="years levels"),
    "title": Shape(words="field when", columns="level title", extra="years"),
    "title_statement": Shape(words="levels"),
    "validity": Shape(figures="days years"),
}

Fault = tuple[str, str]
"""Where (a key of the file) and what is wrong."""

DOCUMENT = {
    "id": str,
    "title": str,
    "title_en": str,
    "issued_by": str,
    "place": str,
    "from": date,
    "grade": str,
    "source": str,
}
DOCUMENT_EXTRA = {"number": str, "signed": date, "published": date, "to": date}
RULE = {"id": str, "clause": str, "quote": str, "en": str, "strength": str, "kind": str, "coverage": dict}
RULE_EXTRA = {"figures": dict, "rows": list, "words": dict, "from": date, "to": date, "grade": str}
COVERAGE = {"status": str}
COVERAGE_EXTRA = {"reason": str, "holder": str, "function": str, "test": str}


def faults_of_document(row: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with the content of a ``document.toml``."""
    yield from _fields(row, DOCUMENT, DOCUMENT_EXTRA)
    yield from _one_of(row, "grade", GRADES)
    yield from _window(row)


def faults_of_rule(row: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with one ``[[rule]]``."""
    faults = list(_fields(row, RULE, RULE_EXTRA))
    yield from faults
    if faults:
        return
    yield from _one_of(row, "strength", STRENGTHS)
    yield from _one_of(row, "grade", GRADES)
    yield from _one_of(row, "kind", tuple(KINDS))
    yield from _window(row)
    yield from _fields(row["coverage"], COVERAGE, COVERAGE_EXTRA)
    yield from _one_of(row["coverage"], "status", STATUSES)
    if row["kind"] in KINDS:
        yield from _parameters(row, KINDS[row["kind"]])


def _parameters(row: Mapping[str, Any], shape: Shape) -> Iterator[Fault]:
    figures, words = row.get("figures", {}), row.get("words", {})
    yield from (("figures", f"unknown figure {name}") for name in figures.keys() - shape.figures.split())
    yield from (("words", f"unknown words {name}") for name in words.keys() - shape.words.split())
    yield from (("kind", f"needs {name}") for name in shape.needs.split() if name not in figures | words)
    yield from (
        ("figures", f"{name} must be a number above zero")
        for name, value in figures.items()
        if not _is_number(value)
    )
    yield from (
        ("words", f"{name} must be a list of words")
        for name, value in words.items()
        if not _is_word_list(value)
    )
    yield from (
        ("words", f"unknown level {level}") for level in words.get("levels", ()) if level not in _ladder()
    )
    if shape.columns and not row.get("rows"):
        yield "rows", "needs rows"
    for cells in row.get("rows", ()):
        yield from _row(cells, shape)


def _row(cells: Mapping[str, Any], shape: Shape) -> Iterator[Fault]:
    required, extra = set(shape.columns.split()), set(shape.extra.split())
    yield from (("rows", f"a row lacks {name}") for name in sorted(required - cells.keys()))
    yield from (("rows", f"unknown column {name}") for name in sorted(cells.keys() - required - extra))
    yield from (
        ("rows", f"unknown level {cells[name]}")
        for name in ("level", "next_level")
        if name in cells and cells[name] not in _ladder()
    )
    yield from (
        ("rows", f"{name} must be a whole number above zero")
        for name in ("amount", "years", "count", "percent", "rank", "year")
        if name in cells and (not isinstance(cells[name], int) or not _is_number(cells[name]))
    )
    if cells.get("unit", UNITS[0]) not in UNITS:
        yield "rows", f"unknown unit {cells['unit']}"


def _fields(
    row: Mapping[str, Any], required: Mapping[str, type], extra: Mapping[str, type]
) -> Iterator[Fault]:
    yield from ((name, f"{name} is missing") for name in required if name not in row)
    known = {**required, **extra}
    for name, value in row.items():
        if name not in known:
            yield name, f"{name} is unknown"
        elif not isinstance(value, known[name]) or value == "":
            yield name, f"{name} must be a {known[name].__name__}, not empty"


def _one_of(row: Mapping[str, Any], name: str, choices: tuple[str, ...]) -> Iterator[Fault]:
    if name in row and row[name] not in choices:
        yield name, f"{name} must be one of {', '.join(choices)}"


def _window(row: Mapping[str, Any]) -> Iterator[Fault]:
    if isinstance(row.get("from"), date) and isinstance(row.get("to"), date) and row["to"] <= row["from"]:
        yield "to", "to must come after from (it is the first day without the rule)"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def _is_word_list(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(word, str) for word in value)


def _ladder() -> frozenset[str]:
    return frozenset(level.id for level in levels())
