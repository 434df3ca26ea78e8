"""Sums paid once: construction grants, contest and honour awards, the penalty for leaving early."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Literal

from registry.policy.answers import Finding
from registry.policy.model import Policies, Rule, Text

_NO_RULE = Text("没有找到适用的规定。", "No rule was found.")
_NO_FIGURE = Text(
    "规定给予奖励，但数额未在文件中公布。", "An award is due; the document publishes no amount."
)


def construction_grant(
    policies: Policies,
    *,
    what: Literal["base", "studio"],
    tier: Literal["national", "region"],
    region: str,
    on: date,
) -> Finding:
    """The grant to a training base or a master's studio by tier (HH-24), in whole yuan."""
    rule = policies.nearest("grant", region=region, on=on)
    row = rule.row(when=what, tier=tier) if rule else None
    if row is None:
        return Finding(rule, "no_rule", passed=False, text=_NO_RULE)
    amount = int(row["amount"])
    return Finding(rule, "amount", passed=True, text=_yuan(amount), amount=amount)


def contest_award(
    policies: Policies,
    *,
    contest: str,
    rank: int | None,
    region: str,
    on: date,
    national_amount: int | None = None,
) -> Finding:
    """The city's award: first three of a national class-one contest (HH-08), WorldSkills matched (HH-09).

    ``contest``: ``national_class_1`` or ``worldskills``; ``national_amount``: the State's award, in yuan.
    """
    rule = _award(policies, "contest", contest, region=region, on=on)
    if rule is None:
        return Finding(None, "no_rule", passed=False, text=_NO_RULE)
    if "rank" in rule.figures and (rank is None or rank > rule.figure("rank")):
        return Finding(
            rule,
            "not_met",
            passed=False,
            missing=("rank",),
            text=Text("名次不在奖励范围内。", "The rank is not among those rewarded."),
        )
    if "equal_to_national" in rule.words.get("amount", ()) and national_amount is not None:
        return Finding(rule, "amount", passed=True, text=_yuan(national_amount), amount=national_amount)
    return Finding(rule, "no_figure", passed=True, text=_NO_FIGURE)


def honour_award(policies: Policies, *, honour: str, paid: Collection[str], region: str, on: date) -> Finding:
    """Whether a single award is due for ``honour`` (NM-14); ``paid``: this person's honours already paid."""
    rule = _award(policies, "honours", honour, region=region, on=on)
    if rule is None:
        return Finding(None, "no_rule", passed=False, text=_NO_RULE)
    if honour in paid:
        return Finding(
            rule,
            "not_met",
            passed=False,
            missing=("once",),
            text=Text("该荣誉的一次性奖励已发放。", "The single award for this honour was paid."),
        )
    return Finding(rule, "no_figure", passed=True, text=_NO_FIGURE)


def service_penalty(policies: Policies, *, training_cost: int, region: str, on: date) -> Finding:
    """What a worker who leaves too early owes the employer: the actual training cost (ZJ-08), in yuan.

    For the record only; the registry collects nothing.
    """
    rule: Rule | None = policies.nearest("penalty", region=region, on=on)
    if rule is None:
        return Finding(None, "no_rule", passed=False, text=_NO_RULE)
    return Finding(rule, "amount", passed=True, text=_yuan(training_cost), amount=training_cost)


def _award(policies: Policies, word: str, name: str, *, region: str, on: date) -> Rule | None:
    awards = policies.speaking("award", region=region, on=on)
    return next((rule for rule in awards if name in rule.words.get(word, ())), None)


def _yuan(amount: int) -> Text:
    return Text(f"{amount} 元。", f"{amount} yuan.")
