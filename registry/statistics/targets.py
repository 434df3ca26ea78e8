"""How far the targets of the documents are reached (HH-25, DG-18, ZJ-22, ZJ-23, NM-22, JL-13).

What the record counts is shown beside what the document aims at. A target that no record of this registry
measures (stations built, courses offered) is listed as not measured, never as zero.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from registry.levels import levels
from registry.places import contains
from registry.policy.model import Cell, Policies, Rule
from registry.registers.directory_store import Directories
from registry.statistics.figures import Figures
from registry.statistics.sessions import Sessions, sectors
from registry.statistics.suppression import is_safe

SKILLED = ("5", "4", "3")  # 初、中、高级技能劳动者
TECHNICIANS = ("2", "1")  # 技师、高级技师
HIGH_SKILL_RANK = 4  # 高级工 (level 3) and above: how S2 and S3 use 高技能人才
YEARS = 50  # of totals looked back over


@dataclass(frozen=True)
class Progress:
    """One target. ``reached`` None with ``measured``: withheld; without: this registry does not measure it."""

    rule: Rule
    name: str
    target: int
    unit: str
    year: int | None
    reached: int | None
    measured: bool

    @property
    def percent(self) -> int | None:
        """Whole percent of the target, rounded down, at most 100; None where nothing is shown."""
        if self.reached is None or self.target <= 0:
            return None
        return min(100, 100 * self.reached // self.target)


@dataclass(frozen=True)
class Counts:
    """Where the figures come from. ``public``: small ones are withheld."""

    figures: Figures
    sessions: Sessions
    directories: Directories
    public: bool


def progress(policies: Policies, counts: Counts, *, on: date) -> list[Progress]:
    """Every target of every document, in their order."""
    return [
        _measure(rule, row, counts, on)
        for rule in policies.rules
        if rule.kind == "target"
        for row in rule.rows
    ]


def progress_document(found: Progress) -> dict[str, Any]:
    """One target as JSON."""
    return {
        "rule": found.rule.id,
        "region": found.rule.place,
        "name": found.name,
        "target": found.target,
        "unit": found.unit,
        "year": found.year,
        "reached": found.reached,
        "percent": found.percent,
        "measured": found.measured,
    }


def _measure(rule: Rule, row: dict[str, Cell] | Any, counts: Counts, on: date) -> Progress:
    name, unit = str(row["name"]), "percent" if "percent" in row else "count"
    found = _reached(rule, name, counts, on)
    year = int(row["year"]) if "year" in row else None
    return Progress(rule, name, int(row[unit]), unit, year, found[0] if found else None, found is not None)


def _reached(rule: Rule, name: str, counts: Counts, on: date) -> tuple[int | None] | None:
    """The count, within a pair: None when nothing measures it, ``(None,)`` when it is withheld."""
    if name in _HOLDERS:
        return (_holders(rule, _HOLDERS[name], counts),)
    if name == "technician_share":
        return (_share(rule, counts),)
    if name == "standards":
        return (len(counts.directories.version("standards", on=on).entries),)
    total = next((sums[measure] for sums, measure in _trainings(rule, name, counts, on)), None)
    if total is None:
        return None
    return (total if not counts.public or is_safe(total) else None,)


def _trainings(rule: Rule, name: str, counts: Counts, on: date) -> Iterator[tuple[Counter[str], str]]:
    years = range(on.year - YEARS, on.year + 1)
    if name == "all":
        yield counts.sessions.totals("region", rule.place, years), "enrolled"
    elif name in sectors():
        yield counts.sessions.totals("sector", f"{rule.place}:{name}", years), "enrolled"
    elif name == "subsidised_trainees":
        yield counts.sessions.totals("region", rule.place, years), "subsidised"
    elif name == "trainings_a_year":
        yield counts.sessions.totals("region", rule.place, [on.year]), "enrolled"


def _holders(rule: Rule, wanted: tuple[str, ...], counts: Counts) -> int | None:
    standing = _standing(rule, counts)
    part = sum(standing[level] for level in wanted)
    return part if not counts.public or is_safe(part, standing.total() - part) else None


def _share(rule: Rule, counts: Counts) -> int | None:
    standing = _standing(rule, counts)
    part, whole = sum(standing[level] for level in TECHNICIANS), standing.total()
    if not whole:
        return 0
    return 100 * part // whole if not counts.public or is_safe(part, whole - part) else None


def _standing(rule: Rule, counts: Counts) -> Counter[str]:
    return counts.figures.standing(lambda region: contains(rule.place, region))


_HOLDERS = {
    "high_skill_holders": tuple(level.id for level in levels() if level.rank >= HIGH_SKILL_RANK),
    "new_technicians": TECHNICIANS,
    "skilled_workers": SKILLED,
}
