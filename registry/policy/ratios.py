"""Limits a document sets: shares, periods, adjustments, order of steps. Exact at the edge."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

from registry.levels import find_level
from registry.policy import wording
from registry.policy.answers import Finding, Step
from registry.policy.dates import add_years
from registry.policy.model import Policies, Rule, Text

_NO_RULE = Text("没有找到适用的规定。", "No rule was found.")
_NO_BASE = Text("基数为零，无法计算。", "The base is zero: nothing can be computed.")


def check_ratio(rule: Rule, amounts: Mapping[str, int]) -> Finding:
    """Whether the shares of ``rule`` are reached (HH-18, NM-20, ZJ-13, JL-15); KeyError: an amount lacks.

    ``amounts``: whole numbers (yuan or heads) named as the rule's ``part``, ``whole``, ``inner``.
    """
    part, whole = (amounts[rule.words[name][0]] for name in ("part", "whole"))
    if whole <= 0:
        return Finding(rule, "no_base", passed=False, text=_NO_BASE)
    shares = [(Fraction(part, whole), _minimum(rule))]
    if "inner" in rule.words:
        inner = Fraction(amounts[rule.words["inner"][0]], part) if part > 0 else Fraction(0)
        shares.append((inner, Fraction(rule.figure("minimum_inner_percent"), 100)))
    passed = all(share >= least for share, least in shares)
    told = "；".join(f"{float(share):.4g} ≥ {float(least):.4g}" for share, least in shares)
    text = Text(
        f"{'达到' if passed else '未达到'}要求：{told}。", f"{'Met' if passed else 'Not met'}: {told}."
    )
    return Finding(rule, "met" if passed else "not_met", passed=passed, text=text, steps=_cited(rule))


def check_period(
    rule: Rule, *, since: date | None = None, until: date | None = None, terms: int | None = None
) -> Finding:
    """Whether a course lasts as long as the rule says: HH-19 by its days, JL-05 by its terms.

    ``until`` is the first day after the course.
    """
    if terms is not None and "minimum_terms" in rule.figures:
        passed = rule.figure("minimum_terms") <= terms <= rule.figure("maximum_terms")
    elif since is not None and until is not None and "minimum_years" in rule.figures:
        least, most = (add_years(since, rule.figure(f"{edge}_years")) for edge in ("minimum", "maximum"))
        passed = least <= until <= most
    else:
        raise ValueError(f"{rule.id} counts in another unit")
    text = (
        Text("期限符合规定。", "The period is within the limits.")
        if passed
        else (Text("期限不符合规定。", "The period is outside the limits."))
    )
    return Finding(rule, "met" if passed else "not_met", passed=passed, text=text, steps=_cited(rule))


def check_adjustment(
    policies: Policies, *, pilot: bool, changed: int, items: int, region: str, on: date
) -> Finding:
    """Whether ``changed`` of ``items`` of the national bank may be replaced (NM-04): pilots, at most 30%."""
    rule = policies.nearest("adjustment", region=region, on=on)
    if rule is None or changed == 0:
        return Finding(
            rule,
            "no_rule" if rule is None else "met",
            passed=changed == 0,
            text=_NO_RULE if rule is None else Text("没有调整。", "Nothing is changed."),
        )
    percent = rule.figure("maximum_percent")
    missing = ("pilot_enterprise",) * (not pilot) + ("share",) * (changed * 100 > percent * items)
    text = Text(
        f"调整 {changed}/{items}，试点企业最高 {percent}%。",
        f"Changed {changed} of {items}; pilot enterprises may change {percent}%.",
    )
    return Finding(rule, "not_met" if missing else "met", passed=not missing, text=text, missing=missing)


def completion_allowed(
    policies: Policies, *, filed_on: date | None, filed_in: str | None, insured_in: str, on: date
) -> Finding:
    """Whether a project's completion certificates may be given (ZJ-07): filed where insurance is paid."""
    rule = policies.nearest("filing", region=insured_in, on=on)
    if rule is None:
        return Finding(None, "no_rule", passed=True, text=_NO_RULE)
    missing = ("filing",) * (filed_on is None or filed_on > on) + ("filing_region",) * (
        filed_in != insured_in
    )
    text = (
        Text("项目已在失业保险缴费地备案。", "The project is filed where unemployment insurance is paid.")
        if not missing
        else (
            Text("项目未在失业保险缴费地备案，不得核发。", "The project is not filed there: no certificates.")
        )
    )
    return Finding(rule, "not_met" if missing else "met", passed=not missing, text=text, missing=missing)


def dual_teacher(policies: Policies, *, kind: str, level: str | None, region: str, on: date) -> Finding:
    """Whether a teacher's certificate makes a dual teacher (NM-18): a qualification of level 3 or above."""
    rule = policies.nearest("dual_teacher", region=region, on=on)
    if rule is None:
        return Finding(None, "no_rule", passed=False, text=_NO_RULE)
    least = min(find_level(each).rank for each in rule.words["levels"])
    passed = kind in rule.words["certificates"] and level is not None and find_level(level).rank >= least
    text = Text(
        "具备双师型教师所需资格。" if passed else "不具备双师型教师所需资格。",
        "Has the qualification of a dual teacher."
        if passed
        else "Lacks the qualification of a dual teacher.",
    )
    return Finding(rule, "met" if passed else "not_met", passed=passed, text=text)


def _minimum(rule: Rule) -> Fraction:
    if "minimum_ratio" in rule.figures:
        return Fraction(rule.figures["minimum_ratio"])
    return Fraction(rule.figure("minimum_percent"), 100)


def _cited(rule: Rule) -> tuple[Step, ...]:
    return (Step("rule", wording.say_rule(rule)),)
