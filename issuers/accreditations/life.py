"""What may happen to an accreditation, and who must agree; pure.

Every act is a case: an application by an assessor, or a suspension, lifting or withdrawal that a registrar proposes.
A case is decided when two different registrars have voted the same, to the letter of its terms (DG-02: a committee,
职业技能等级认定委员会, decides). Nothing is changed in place: a wider scope is a new accreditation that ends the old.

No decision reaches back. What it takes away, it takes away from the day after at the earliest, so what was certified
until then was certified by an accredited body and stays so; issuing may stop at once (`Suspension.stops_on`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from issuers.accreditation import Accreditation, Ending, Suspension
from keys.errors import Refused

NEEDED = 2  # registrars who vote the same
DAY = timedelta(days=1)


class Act(StrEnum):
    """What a case asks for."""

    GRANT = "grant"
    SUSPEND = "suspend"
    LIFT = "lift"
    WITHDRAW = "withdraw"


class Voice(StrEnum):
    """What a registrar votes."""

    APPROVE = "approve"
    REFUSE = "refuse"


@dataclass(frozen=True)
class Asked:
    """The scope and time that an application asks for."""

    kind: str
    occupations: frozenset[tuple[str, str]]
    levels: frozenset[str]
    region: str
    start: date
    until: date | None


@dataclass(frozen=True)
class Terms:
    """What is decided, to the letter: the decision document, the day it takes effect, and the end of what is granted.

    ``effect`` None: at once.
    """

    document: str
    effect: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Vote:
    """One registrar's vote."""

    by: str
    voice: Voice
    terms: Terms
    reason: str
    at: datetime


@dataclass(frozen=True)
class Case:
    """One case. ``accreditation`` is the one concerned; of a grant the one that it replaces, None for none."""

    id: str
    act: Act
    assessor: str
    accreditation: str | None
    asked: Asked | None
    votes: tuple[Vote, ...] = ()

    @property
    def decision(self) -> Vote | None:
        """The vote that decided: the first that so many different registrars have cast alike; None while open."""
        for one in self.votes:
            alike = {other.by for other in self.votes if _is_alike(one, other)}
            if len(alike) >= NEEDED:
                return one
        return None


def cast(case: Case, vote: Vote) -> Case:
    """The case with a vote; a registrar who voted before has voted anew. Refused ``accreditation.decided``."""
    if case.decision:
        raise Refused("accreditation.decided")
    others = tuple(one for one in case.votes if one.by != vote.by)
    return replace(case, votes=(*others, vote))


def apply(held: Sequence[Accreditation], case: Case, *, today: date) -> tuple[Accreditation, ...]:
    """An assessor's accreditations after the decision of a case; unchanged by a refusal and by an open case.

    ``today`` is the day of the decision in China. Refused ``accreditation.unknown``, ``.ended``,
    ``.suspended_already``, ``.not_suspended``, ``.effect_past``, ``.dates``, ``.exists``.
    """
    decision = case.decision
    if decision is None or decision.voice is Voice.REFUSE:
        return tuple(held)
    if case.act is Act.GRANT:
        return _grant(held, case, decision.terms, today)
    concerned = _find(held, case.accreditation)
    at_once = today if decision.terms.effect is None else None
    changed = _CHANGES[case.act](concerned, effect_of(case, decision.terms, today), at_once)
    return tuple(changed if one.id == concerned.id else one for one in held)


def _is_alike(one: Vote, other: Vote) -> bool:
    return (one.voice, one.terms) == (other.voice, other.terms)


def _grant(held: Sequence[Accreditation], case: Case, terms: Terms, today: date) -> tuple[Accreditation, ...]:
    asked = case.asked
    assert asked is not None  # noqa: S101 - a grant has a scope: the store reads no other
    id_ = accreditation_id(case.id)
    if any(one.id == id_ for one in held):
        raise Refused("accreditation.exists", field="accreditation")
    start = effect_of(case, terms, today)
    if terms.until is not None and terms.until <= start:
        raise Refused("accreditation.dates", field="until")
    new = Accreditation(
        id_, asked.kind, asked.occupations, asked.levels, asked.region, start, terms.until, terms.document
    )
    if case.accreditation is None:
        return (*held, new)
    concerned = _find(held, case.accreditation)
    if concerned.ending is Ending.WITHDRAWN:  # a wider scope must not undo a withdrawal
        raise Refused("accreditation.ended", field="accreditation")
    old = _end(concerned, start, Ending.REPLACED)
    return (*(old if one.id == old.id else one for one in held), new)


def accreditation_id(case_id: str) -> str:
    """The id of the accreditation that a case grants: no certificate can name it before."""
    return f"A-{case_id}"


def effect_of(case: Case, terms: Terms, today: date) -> date:
    """The day a decision of today takes effect. Refused ``accreditation.effect_past``.

    What gives may begin today; what takes begins tomorrow at the earliest.
    """
    gives = case.act is Act.LIFT or (case.act is Act.GRANT and case.accreditation is None)
    earliest = today if gives else today + DAY
    if terms.effect is not None and terms.effect < earliest:
        raise Refused("accreditation.effect_past", field="effect", earliest=earliest.isoformat())
    return terms.effect or earliest


def _suspend(held: Accreditation, start: date, at_once: date | None) -> Accreditation:
    _check_living(held, start)
    if any(gap.until is None or gap.until > start for gap in held.suspensions):
        raise Refused("accreditation.suspended_already", field="accreditation")
    return replace(held, suspensions=(*held.suspensions, Suspension(at_once or start, start)))


def _lift(held: Accreditation, until: date, _: date | None) -> Accreditation:
    if not held.suspensions or held.suspensions[-1].until is not None:
        raise Refused("accreditation.not_suspended", field="accreditation")
    *before, last = held.suspensions
    kept = (
        () if until <= last.start else (replace(last, until=until),)
    )  # lifted before it began: nothing is left
    return replace(held, suspensions=(*before, *kept))


def _withdraw(held: Accreditation, on: date, _: date | None) -> Accreditation:
    return _end(held, on, Ending.WITHDRAWN)


_CHANGES = {Act.SUSPEND: _suspend, Act.LIFT: _lift, Act.WITHDRAW: _withdraw}


def _end(held: Accreditation, on: date, ending: Ending) -> Accreditation:
    _check_living(held, on)
    return replace(held, valid_until=max(on, held.valid_from), ending=ending)


def _check_living(held: Accreditation, on: date) -> None:
    """Refused ``accreditation.ended`` unless it would still last on that day."""
    if held.valid_until is not None and held.valid_until <= on:
        raise Refused("accreditation.ended", field="accreditation")


def _find(held: Sequence[Accreditation], accreditation: str | None) -> Accreditation:
    for one in held:
        if one.id == accreditation:
            return one
    raise Refused("accreditation.unknown", field="accreditation")
