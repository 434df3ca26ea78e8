"""The career line: levels held over time, what each brought, and the ways to the next one, each with its source. Pure.

Only levels of the labour line (hrss) count; a 1+X grade is no step of the ladder (domain notes, section 1.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from registry.archive.entries import ArchiveEntry
from registry.archive.holdings import Holding
from registry.levels import Level, find_level, levels
from registry.places import lineage
from registry.policy.model import Policies, Window
from registry.policy.progression import (
    ContestResult,
    Eligibility,
    Post,
    Promotion,
    SkipLevel,
    contest_promotion,
    preparatory_technician,
    skip_level,
)
from registry.policy.schedule import ChiefTerm, Held, Period, allowance_schedule, chief_months


@dataclass(frozen=True)
class Career:
    """Where somebody stands in one region on one day.

    ``skip`` is asked without evidence or approver: which limits could be waived, and what is missing.
    """

    region: str
    on: date
    level: Level | None
    next_level: Level | None
    periods: tuple[Period, ...]
    chief: ChiefTerm | None
    preparatory: Eligibility | None
    skip: SkipLevel | None
    promotions: tuple[tuple[ArchiveEntry, Promotion], ...]


def career(
    policies: Policies, holdings: Sequence[Holding], entries: Sequence[ArchiveEntry], *, region: str, on: date
) -> Career:
    """The career line for the rules of ``region`` up to and with ``on``. Refused ``place.unknown``."""
    lineage(region)
    held = [one for one in holdings if _counts(one, on)]
    top = max((find_level(one.level) for one in held if one.level), key=lambda one: one.rank, default=None)
    following = next((one for one in levels() if top and one.rank == top.rank + 1), None)
    return Career(
        region=region,
        on=on,
        level=top,
        next_level=following,
        periods=_periods(policies, held, region, on),
        chief=_chief(policies, entries, region, on),
        preparatory=_preparatory(policies, held, entries, region, on),
        skip=_skip(policies, following, region, on),
        promotions=_promotions(policies, held, entries),
    )


def _counts(one: Holding, on: date) -> bool:
    return one.line == "hrss" and one.standing and one.issued_on <= on


def _periods(policies: Policies, held: Sequence[Holding], region: str, on: date) -> tuple[Period, ...]:
    """Every day from the first level to ``on``: a post's level ends with the post, others do not."""
    windows = [
        Held(one.level, region, Window(one.issued_on, one.ends_on))
        for one in held
        if one.level and (one.ends_on is None or one.issued_on < one.ends_on)
    ]
    if not windows:
        return ()
    since = min(each.window.since for each in windows)
    until = date.fromordinal(on.toordinal() + 1)
    return allowance_schedule(policies, windows, since=since, until=until)


def _chief(policies: Policies, entries: Sequence[ArchiveEntry], region: str, on: date) -> ChiefTerm | None:
    posts = [
        entry
        for entry in entries
        if entry.kind == "post" and entry.facts["post"] == "chief" and entry.on <= on
    ]
    if not posts:
        return None
    latest = max(posts, key=lambda entry: entry.on)
    return chief_months(policies, appointed_on=latest.on, ended_on=_until(latest), region=region, on=on)


def _preparatory(
    policies: Policies, held: Sequence[Holding], entries: Sequence[ArchiveEntry], region: str, on: date
) -> Eligibility | None:
    """When the holder of a preparatory technician certificate may apply for technician (NM-01)."""
    certificate = next((one for one in held if one.kind == "preparatory_technician"), None)
    if certificate is None:
        return None
    posts = [entry for entry in entries if entry.kind == "post"]
    return preparatory_technician(
        policies,
        occupation=certificate.occupation,
        certificate_on=certificate.issued_on,
        posts=[Post(str(entry.facts["occupation"]), Window(entry.on, _until(entry))) for entry in posts],
        approved=any(entry.facts.get("employer_approves") for entry in posts),
        region=region,
        on=on,
    )


def _skip(policies: Policies, following: Level | None, region: str, on: date) -> SkipLevel | None:
    if following is None:
        return None
    found = skip_level(policies, target=following.id, region=region, on=on, evidence=False, approver=None)
    return found if found.rules else None


def _promotions(
    policies: Policies, held: Sequence[Holding], entries: Sequence[ArchiveEntry]
) -> tuple[tuple[ArchiveEntry, Promotion], ...]:
    """What each contest result brings, in the order they were won (NM-09)."""
    told: list[tuple[ArchiveEntry, Promotion]] = []
    for entry in sorted((e for e in entries if e.kind == "contest"), key=lambda e: e.on):
        promoted_on = [earlier.on for earlier, what in told if what.outcome == "promoted"]
        told.append((entry, _promotion(policies, held, entry, promoted_on)))
    return tuple(told)


def _promotion(
    policies: Policies, held: Sequence[Holding], entry: ArchiveEntry, promoted_on: Sequence[date]
) -> Promotion:
    facts = entry.facts
    before = [
        find_level(one.level)
        for one in held
        if one.level and one.occupation == facts["occupation"] and one.issued_on <= entry.on
    ]
    level = max(before, key=lambda one: one.rank, default=None)
    return contest_promotion(
        policies,
        ContestResult(
            contest=str(facts["contest_class"]),
            rank=int(facts["rank"]),
            contestants=int(facts["contestants"]),
            who="student" if facts["who"] == "student" else "worker",
            won_on=entry.on,
        ),
        level=level.id if level else None,
        region=str(facts["region"]),
        promoted_on=promoted_on,
    )


def _until(entry: ArchiveEntry) -> date | None:
    return date.fromisoformat(str(entry.facts["to"])) if "to" in entry.facts else None
