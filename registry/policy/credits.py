"""The credit bank: credits earned from results, converted to course exemptions, none spent twice.

No document gives a rate or a threshold (DG-04, DG-07, JL-03): both are tables of the school or
the region, with dates. The balance is always the sum of the entries (HH-03, ZJ-12, JL-02).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from keys.errors import Refused
from registry.places import lineage
from registry.policy.model import Policies, Rule, Window

Ledger = tuple["CreditEntry", ...]


@dataclass(frozen=True)
class Result:
    """A learning result: a certificate or a completed training, by its number in the record."""

    number: str
    kind: str
    occupation: str
    level: str | None
    earned_on: date


@dataclass(frozen=True)
class CreditEntry:
    """One line of a learner's account. ``credits`` above zero are earned, below zero spent."""

    result: str
    rule: str
    credits: int
    entered_on: date
    course: str | None = None
    """The course of which a conversion exempts its holder."""


@dataclass(frozen=True)
class ConversionRule:
    """A school's row: which result counts how much toward which course of which programme."""

    id: str
    school: str
    programme: str
    course: str
    kind: str
    occupation: str
    level: str | None
    credits: int
    window: Window
    reference: str


@dataclass(frozen=True)
class Tier:
    """A region's reward from so many credits on."""

    region: str
    name: str
    at_least: int
    window: Window


def balance(ledger: Iterable[CreditEntry]) -> int:
    """The sum of all entries."""
    return sum(entry.credits for entry in ledger)


def enter(ledger: Ledger, entry: CreditEntry) -> Ledger:
    """``ledger`` with ``entry``; Refused ``credit.spent`` or ``credit.balance`` (below zero).

    An earned result is entered once for a rule, a conversion uses its result once for ever.
    """
    used = any(
        each.result == entry.result and (each.rule == entry.rule or (each.course and entry.course))
        for each in ledger
    )
    if used:
        raise Refused("credit.spent", field="result")
    if balance(ledger) + entry.credits < 0:
        raise Refused("credit.balance", field="credits", balance=balance(ledger))
    return (*ledger, entry)


def convert(
    ledger: Ledger,
    result: Result,
    *,
    school: str,
    programme: str,
    course: str,
    on: date,
    rules: Sequence[ConversionRule],
) -> CreditEntry:
    """The entry that exempts from ``course``; Refused ``credit.no_rule`` or ``credit.spent``.

    The result must fit a row of that school and programme in force ``on`` that day.
    """
    wanted = (school, programme, course, result.kind, result.occupation, result.level)
    row = next((rule for rule in rules if rule.window.covers(on) and wanted == _key(rule)), None)
    if row is None:
        raise Refused("credit.no_rule", field="course")
    entry = CreditEntry(result.number, row.id, row.credits, on, course)
    enter(ledger, entry)
    return entry


@dataclass(frozen=True)
class Reward:
    """The tier reached (None: none, or no threshold is published) and the rule that promises rewards."""

    tier: Tier | None
    published: bool
    rule: Rule | None


def reward_tier(
    policies: Policies, ledger: Ledger, *, tiers: Sequence[Tier], region: str, on: date
) -> Reward:
    """The highest tier the balance reaches there on that day (DG-04); the document names no threshold."""
    rule = policies.nearest("credit", region=region, on=on)
    places = lineage(region)
    offered = [tier for tier in tiers if tier.region in places and tier.window.covers(on)]
    reached = [tier for tier in offered if tier.at_least <= balance(ledger)]
    return Reward(max(reached, key=lambda tier: tier.at_least, default=None), bool(offered), rule)


def _key(rule: ConversionRule) -> tuple[str, str, str, str, str, str | None]:
    return rule.school, rule.programme, rule.course, rule.kind, rule.occupation, rule.level
