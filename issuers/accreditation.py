"""Who may certify what: accreditation by scope, pure.

An accreditation names a kind of certificate, occupations, levels, a region, a time and the decision it rests on
(DG-02: 职业技能等级认定委员会 accredits enterprises, associations and colleges; HH-13: directory of assessors).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from keys.errors import Refused
from registry.places import contains


@dataclass(frozen=True)
class Scope:
    """What one certificate asks of an accreditation."""

    kind: str
    occupation: tuple[str, str]
    level: str | None
    region: str
    on: date


@dataclass(frozen=True)
class Accreditation:
    """One accreditation; ``occupations`` are (code, edition). It holds until the day before ``valid_until``."""

    id: str
    kind: str
    occupations: frozenset[tuple[str, str]]
    levels: frozenset[str]
    region: str
    valid_from: date
    valid_until: date | None
    decision: str

    def in_force(self, on: date) -> bool:
        """Whether it holds on that day; the last day is the one before ``valid_until``."""
        return self.valid_from <= on and (self.valid_until is None or on < self.valid_until)


def covering(accreditations: Iterable[Accreditation], scope: Scope) -> Accreditation:
    """The accreditation that covers ``scope``.

    Refused with the first limb that no accreditation satisfies together with the limbs before it:
    ``scope.kind``, ``scope.occupation``, ``scope.level``, ``scope.region``, ``scope.date``.
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
    ("scope.date", "issued_on", lambda held, asked: held.in_force(asked.on)),
)
