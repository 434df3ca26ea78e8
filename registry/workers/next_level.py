"""The next level: from which day it may usually be sat, and what is missing until then. Pure.

Years in a level are a rule of thumb of the national standards (a data file, grade C): each occupation's own standard
decides, and pages say so. Levels above senior technician are posts, given by an employer, with no day to wait for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from registry.archive.holdings import Holding
from registry.levels import Level, find_level
from registry.policy.dates import add_years
from registry.tables import read_table


@dataclass(frozen=True)
class NextLevel:
    """``earliest`` None: no day is known, because the level is a post. ``days_left`` 0: it has come."""

    occupation: str
    occupation_printed: str | None
    held: Level
    since: date
    target: Level
    years: int | None
    earliest: date | None
    days_left: int | None
    also_zh: str = ""
    also_en: str = ""

    @property
    def may(self) -> bool:
        """Whether the years are complete."""
        return self.days_left == 0


def next_levels(holdings: Sequence[Holding], following: Level | None, on: date) -> tuple[NextLevel, ...]:
    """The next step of each occupation in which the highest level is held; ``following`` is that next level."""
    if following is None:
        return ()
    steps = [
        _step(one, following, on)
        for one in sorted(holdings, key=lambda held: held.issued_on)
        if one.standing and one.level and one.line == "hrss" and one.issued_on <= on
        if find_level(one.level).rank == following.rank - 1
    ]
    earliest = {step.occupation: step for step in reversed(steps)}  # the first certificate of each counts
    return tuple(earliest.values())


def _step(held: Holding, target: Level, on: date) -> NextLevel:
    row = _row(held.occupation, target.id)
    level, printed = find_level(held.level or ""), held.occupation_printed
    if row is None:
        return NextLevel(held.occupation, printed, level, held.issued_on, target, None, None, None)
    earliest = add_years(held.issued_on, row["years"])
    left = max(0, (earliest - on).days)
    return NextLevel(
        held.occupation,
        printed,
        level,
        held.issued_on,
        target,
        row["years"],
        earliest,
        left,
        row["zh"],
        row["en"],
    )


def _row(occupation: str, target: str) -> dict[str, Any] | None:
    fitting = [
        row for row in _rows() if row["to"] == target and row.get("occupation", occupation) == occupation
    ]
    return max(fitting, key=lambda row: "occupation" in row, default=None)


@cache
def _rows() -> tuple[dict[str, Any], ...]:
    return tuple(read_table("next_levels")["step"])


def source() -> tuple[str, str]:
    """Where the years come from, and the grade of that source."""
    table = read_table("next_levels")
    return table["source"], table["grade"]
