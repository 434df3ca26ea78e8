"""How a level may be reached out of the ordinary: preparatory technician, skip-level, contests.

Each answers a right to sit or a promotion with the rule it stands on; the assessment itself is
not decided here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal

from registry.levels import find_level
from registry.policy import wording
from registry.policy.answers import Step
from registry.policy.dates import add_years
from registry.policy.model import Cell, Policies, Rule, Text, Window
from registry.policy.settings import DEFAULT_SETTINGS, PolicySettings, describe_setting


@dataclass(frozen=True)
class Post:
    """Work in one occupation; ``window.until`` None: still there."""

    occupation: str
    window: Window


@dataclass(frozen=True)
class Eligibility:
    """Whether somebody may apply, from which day, and what is missing (codes)."""

    may: bool
    apply_from: date | None
    missing: tuple[str, ...]
    rule: Rule | None
    steps: tuple[Step, ...] = ()


def years_in_level(held_since: date, on: date) -> int:
    """Whole years from ``held_since`` to ``on``; 0 before."""
    years = on.year - held_since.year
    return max(0, years if add_years(held_since, years) <= on else years - 1)


def preparatory_technician(
    policies: Policies,
    *,
    occupation: str,
    certificate_on: date,
    posts: Sequence[Post],
    approved: bool,
    region: str,
    on: date,
    settings: PolicySettings = DEFAULT_SETTINGS,
) -> Eligibility:
    """When a preparatory technician may apply for technician (NM-01): two years in post and approval.

    Work counts from the certificate on, in the occupation's own small class (小类, the first
    three groups of its code); days in two posts at once count once.
    """
    rule = policies.nearest("progression", region=region, on=on)
    if rule is None:
        return Eligibility(may=False, apply_from=None, missing=("rule",), rule=None)
    worked = _merge(
        [
            _from(post.window, certificate_on)
            for post in posts
            if _small_class(post.occupation) == _small_class(occupation)
        ]
    )
    reached = _reach(worked, rule.figure("years"), settings)
    missing = tuple(
        code
        for code, met in (
            ("years_in_post", reached is not None and reached <= on),
            ("employer_approval", approved),
        )
        if not met
    )
    steps = (Step("rule", wording.say_rule(rule)), Step(*describe_setting(settings, "post_years")))
    return Eligibility(may=not missing, apply_from=reached, missing=missing, rule=rule, steps=steps)


@dataclass(frozen=True)
class SkipLevel:
    """A right to sit past named limits (破格 or 越级), to be written on the certificate."""

    may: bool
    waived: tuple[str, ...]
    missing: tuple[str, ...]
    rules: tuple[Rule, ...]


def skip_level(
    policies: Policies, *, target: str, region: str, on: date, evidence: bool, approver: str | None
) -> SkipLevel:
    """Whether somebody of outstanding contribution may sit ``target`` past which limits (HH-07, NM-03).

    Only toward technician and senior technician, with evidence and a named approver.
    """
    rules = tuple(
        rule
        for rule in policies.speaking("skip_level", region=region, on=on)
        if target in rule.words["levels"]
    )
    waived = tuple(dict.fromkeys(limit for rule in rules for limit in rule.words["waives"]))
    needs = (("rule", bool(rules)), ("evidence", evidence), ("approver", bool(approver)))
    missing = tuple(code for code, met in needs if not met)
    return SkipLevel(not missing, waived if not missing else (), missing, rules)


@dataclass(frozen=True)
class ContestResult:
    """One result: class of contest as in the region's table, rank from 1, number of contestants."""

    contest: str
    rank: int
    contestants: int
    who: Literal["worker", "student"]
    won_on: date


@dataclass(frozen=True)
class Promotion:
    """What a contest result brings. ``level`` is set only when ``outcome`` is ``promoted``."""

    outcome: Literal["promoted", "not_in_table", "already_this_year", "priority", "no_rule"]
    level: str | None
    rule: Rule | None
    text: Text


_SAYINGS = {
    "not_in_table": Text("该名次不在晋升表内。", "The table promotes no such result."),
    "already_this_year": Text("本年已因竞赛晋升。", "Already promoted by a contest this year."),
    "priority": Text(
        "可直接晋升或优先参加考评，但没有公布名次表，由当地决定。",
        "May be promoted or assessed with priority; no ranks are published, the region decides.",
    ),
    "no_rule": Text("没有竞赛晋升规定。", "No rule speaks of promotion by contest."),
}


def contest_promotion(
    policies: Policies,
    result: ContestResult,
    *,
    level: str | None,
    region: str,
    promoted_on: Sequence[date] = (),
) -> Promotion:
    """The level a contest promotes to (NM-09, by a regional table), as often a year as the region says.

    ``level``: held in this occupation, or None. ``promoted_on``: earlier promotions by contest.
    ``priority``: a rule speaks, but the region has published no table of ranks.
    """
    table = policies.nearest("promotion_table", region=region, on=result.won_on)
    if table is None:
        rule = policies.nearest("promotion", region=region, on=result.won_on)
        return _unpromoted("priority" if rule else "no_rule", rule)
    reached = promoted_level(table, result, level)
    this_year = sum(day.year == result.won_on.year for day in promoted_on)
    if reached is None:
        return _unpromoted("not_in_table", table)
    if "per_year" in table.figures and this_year >= table.figure("per_year"):
        return _unpromoted("already_this_year", table)
    name = wording.name_level(reached)
    return Promotion("promoted", reached, table, Text(f"可晋升{name.zh}。", f"May be promoted to {name.en}."))


def promoted_level(table: Rule, result: ContestResult, level: str | None) -> str | None:
    """The level the table gives, or the next one to who holds it already; None: none."""
    row = table.row(when=result.contest, who=result.who)
    if row is None or not _placed(row, result):
        return None
    first, following = str(row["level"]), row.get("next_level")
    if level is None or find_level(level).rank < find_level(first).rank:
        return first
    return str(following) if level == first and following else None


def _placed(row: Mapping[str, Cell], result: ContestResult) -> bool:
    if "percent" in row:
        return result.rank * 100 <= int(row["percent"]) * result.contestants
    return result.rank <= int(row["rank"])


def _unpromoted(
    outcome: Literal["not_in_table", "already_this_year", "priority", "no_rule"], rule: Rule | None
) -> Promotion:
    return Promotion(outcome, None, rule, _SAYINGS[outcome])


def _small_class(occupation: str) -> str:
    return "-".join(occupation.split("-")[:3])


def _from(window: Window, first: date) -> Window:
    return Window(max(window.since, first), window.until)


def _merge(windows: list[Window]) -> list[Window]:
    """Windows in order, overlapping or touching ones joined, empty ones left out."""
    merged: list[Window] = []
    for window in sorted((w for w in windows if w.until is None or w.since < w.until), key=lambda w: w.since):
        last = merged[-1] if merged else None
        if last and (last.until is None or window.since <= last.until):
            merged[-1] = Window(
                last.since, max(last.until, window.until) if last.until and window.until else None
            )
        else:
            merged.append(window)
    return merged


def _reach(worked: list[Window], years: int, settings: PolicySettings) -> date | None:
    """The day on which ``years`` are complete, or None while they are not and no post is open."""
    if settings.post_years == "continuous":
        ends = (_reach([window], years, PolicySettings()) for window in worked)
        return next((end for end in ends if end is not None), None)
    if not worked:
        return None
    target = add_years(worked[0].since, years)
    for before, after in pairwise(worked):
        if before.until is not None and before.until < target:
            target += after.since - before.until
    last = worked[-1].until
    return target if last is None or target <= last else None
