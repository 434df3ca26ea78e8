"""Who may certify what: accreditation by scope, pure.

An accreditation names a kind of certificate, occupations, levels, a region, a time and the decision it rests on
(DG-02: 职业技能等级认定委员会 accredits enterprises, associations and colleges; HH-13: directory of assessors).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property

from keys.errors import Refused
from registry.credential import AccreditationReference
from registry.places import contains

Window = tuple[date, date | None]


@dataclass(frozen=True)
class Scope:
    """What one certificate asks of an accreditation."""

    kind: str
    occupation: tuple[str, str]
    level: str | None
    region: str
    on: date
    issuing: date | None = None
    """The day on which somebody wants to issue it; None where one that was issued is looked at."""


class Standing(StrEnum):
    """How an accreditation stands on a day."""

    CURRENT = "current"
    FUTURE = "future"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"
    PAST = "past"


class Ending(StrEnum):
    """Why an accreditation ended before its own time, or will."""

    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"


@dataclass(frozen=True)
class Suspension:
    """A time in which an accreditation does not hold: from ``start`` to the day before ``until`` (None: until lifted).

    Nothing is issued from ``stops_on`` on. That is a day before ``start`` where the decision works at once: what was
    issued earlier on the day of the decision was issued by an accredited body, and stays so.
    """

    stops_on: date
    start: date
    until: date | None = None

    def stops(self, on: date) -> bool:
        """Whether nothing may be issued on that day."""
        return self.stops_on <= on and (self.until is None or on < self.until)

    def holds_back(self, on: date) -> bool:
        """Whether the accreditation does not hold on that day because of this."""
        return self.start <= on and (self.until is None or on < self.until)


@dataclass(frozen=True)
class Accreditation:
    """One accreditation; ``occupations`` are (code, edition). It holds until the day before ``valid_until``.

    ``suspensions`` are in the order of time and do not overlap; what is left of its time are its `windows`.
    """

    id: str
    kind: str
    occupations: frozenset[tuple[str, str]]
    levels: frozenset[str]
    region: str
    valid_from: date
    valid_until: date | None
    decision: str
    suspensions: tuple[Suspension, ...] = ()
    ending: Ending | None = None

    @cached_property
    def reference(self) -> AccreditationReference:
        """The accreditation as its certificates name it: one object, which those of a chunk share."""
        return AccreditationReference(self.id, self.decision)

    @property
    def windows(self) -> tuple[Window, ...]:
        """The times in which it holds, each from its first day to the day before its second (None: no end)."""
        starts = [self.valid_from, *(gap.until for gap in self.suspensions)]
        ends = [*(gap.start for gap in self.suspensions), self.valid_until]
        cut = [self._within(start, end) for start, end in zip(starts, ends, strict=True) if start]
        return tuple(window for window in cut if window)

    def in_force(self, on: date) -> bool:
        """Whether it holds on that day."""
        return any(start <= on and (until is None or on < until) for start, until in self.windows)

    def standing(self, on: date) -> tuple[Standing, date | None]:
        """How it stands on that day, and since when where it does not hold any more."""
        if on < self.valid_from:
            return Standing.FUTURE, None
        if self.in_force(on):
            return Standing.CURRENT, None
        if self.spans(on):
            return Standing.SUSPENDED, next(gap.start for gap in self.suspensions if gap.holds_back(on))
        return Standing(self.ending.value) if self.ending else Standing.PAST, self.valid_until

    def spans(self, on: date) -> bool:
        """Whether the day lies within its time, suspended or not."""
        return self.valid_from <= on and (self.valid_until is None or on < self.valid_until)

    def _within(self, start: date, end: date | None) -> Window | None:
        start = max(start, self.valid_from)
        if self.valid_until is not None:
            end = min(end, self.valid_until) if end else self.valid_until
        return (start, end) if end is None or start < end else None


def covering(accreditations: Iterable[Accreditation], scope: Scope) -> Accreditation:
    """The accreditation that covers ``scope``.

    Refused with the first limb that no accreditation satisfies together with the limbs before it:
    ``scope.kind``, ``scope.occupation``, ``scope.level``, ``scope.region``, ``scope.date``, ``scope.suspended``,
    and for who wants to issue ``scope.withdrawn``.
    """
    left = list(accreditations)
    for code, field, fits in _LIMBS:
        left = [accreditation for accreditation in left if fits(accreditation, scope)]
        if not left:
            raise Refused(code, field=field)
    return left[0]


_LIMBS: tuple[tuple[str, str, Callable[[Accreditation, Scope], bool]], ...] = (
    ("scope.kind", "kind", lambda held, asked: held.kind == asked.kind),
    ("scope.occupation", "occupation.code", lambda held, asked: asked.occupation in held.occupations),
    ("scope.level", "level", lambda held, asked: asked.level is None or asked.level in held.levels),
    ("scope.region", "region", lambda held, asked: contains(held.region, asked.region)),
    ("scope.date", "issued_on", lambda held, asked: held.spans(asked.on)),
    (
        "scope.suspended",
        "issued_on",
        lambda held, asked: (
            held.in_force(asked.on) and not (asked.issuing and _is_stopped(held, asked.issuing))
        ),
    ),
    (
        "scope.withdrawn",
        "issued_on",
        lambda held, asked: not (asked.issuing and _is_withdrawn(held, asked.issuing)),
    ),
)


def _is_stopped(held: Accreditation, on: date) -> bool:
    return any(gap.stops(on) for gap in held.suspensions)


def _is_withdrawn(held: Accreditation, on: date) -> bool:
    # one that ran out may still record what was assessed in its time; one that was taken away may not
    return held.ending is Ending.WITHDRAWN and held.valid_until is not None and held.valid_until <= on
