"""Allowances over time: a career with level changes, and the chief technician's months."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from registry.levels import find_level
from registry.policy.answers import Answer
from registry.policy.benefits import allowance
from registry.policy.dates import add_months, add_years
from registry.policy.model import Policies, Rule, Window


@dataclass(frozen=True)
class Held:
    """A level held in a place; ``window`` ends with the post for special and chief technicians."""

    level: str
    region: str
    window: Window


@dataclass(frozen=True)
class Period:
    """Days with one answer. ``answer`` None: no rule speaks, which is not zero."""

    window: Window
    level: str
    answer: Answer | None

    @property
    def months(self) -> int:
        """Whole months; a part of a month is not counted, since no document says how. Needs an end."""
        assert self.window.until is not None  # noqa: S101 - a schedule always ends
        return whole_months(self.window.since, self.window.until)

    @property
    def total(self) -> int | None:
        """Whole months times the monthly amount, in yuan; None without a published amount."""
        paid = self.answer is not None and self.answer.amount is not None
        return self.months * (self.answer.amount or 0) if paid and self.answer else None


def allowance_schedule(
    policies: Policies, career: Sequence[Held], *, since: date, until: date
) -> tuple[Period, ...]:
    """The allowance answer for every day from ``since`` up to and without ``until``.

    Of levels held at one time the highest rank answers. Days on which no level is held are left
    out. Windows follow each other without overlap.
    """
    edges = sorted({since, until, *_edges(policies, career)})
    inside = [day for day in edges if since <= day <= until]
    periods = (_period(policies, career, Window(first, last)) for first, last in pairwise(inside))
    return tuple(_merge([period for period in periods if period]))


@dataclass(frozen=True)
class ChiefTerm:
    """The months for which a chief technician is subsidised (DG-09), from the appointment on."""

    rule: Rule
    window: Window
    months: int
    paid: int
    """Months begun by the day asked, that day included."""
    monthly: int | None
    """The city's monthly rate in yuan; the document does not give it."""

    @property
    def remaining(self) -> int:
        """Months still to come."""
        return self.months - self.paid

    @property
    def total(self) -> int | None:
        """All months times the rate, or None without a rate."""
        return None if self.monthly is None else self.months * self.monthly


def chief_months(
    policies: Policies,
    *,
    appointed_on: date,
    ended_on: date | None,
    region: str,
    on: date,
    monthly: int | None = None,
) -> ChiefTerm | None:
    """The term of a chief technician appointed that day; it ends early with the post. None: no rule.

    Month n begins n months after the appointment; a month cut short by the end of the post counts
    no more.
    """
    rule = policies.nearest("term", region=region, on=appointed_on)
    if rule is None:
        return None
    until = add_years(appointed_on, rule.figure("years"))
    if ended_on is not None:
        until = max(appointed_on, min(until, ended_on))
    months = whole_months(appointed_on, until)
    begun = sum(add_months(appointed_on, number) <= on for number in range(months))
    return ChiefTerm(rule, Window(appointed_on, until), months, begun, monthly)


def whole_months(since: date, until: date) -> int:
    """How many months fit between two days."""
    months = (until.year - since.year) * 12 + until.month - since.month
    return max(0, months if add_months(since, months) <= until else months - 1)


def _edges(policies: Policies, career: Sequence[Held]) -> list[date]:
    windows = [held.window for held in career]
    windows += [rule.window for rule in policies.rules if rule.kind == "allowance"]
    return [day for window in windows for day in (window.since, window.until) if day is not None]


def _period(policies: Policies, career: Sequence[Held], window: Window) -> Period | None:
    held = [each for each in career if each.window.covers(window.since)]
    if not held:
        return None
    top = max(held, key=lambda each: find_level(each.level).rank)
    answer = allowance(policies, level=top.level, region=top.region, on=window.since)
    return Period(window, top.level, answer)


def _merge(periods: Sequence[Period]) -> list[Period]:
    """Join neighbours that say the same."""
    merged: list[Period] = []
    for period in periods:
        last = merged[-1] if merged else None
        if (
            last
            and last.window.until == period.window.since
            and (last.level, last.answer)
            == (
                period.level,
                period.answer,
            )
        ):
            merged[-1] = Period(Window(last.window.since, period.window.until), last.level, last.answer)
        else:
            merged.append(period)
    return merged
