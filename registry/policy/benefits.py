"""What a level brings in a place on a day: allowance, title, education, subsidies, each with its rule.

A title is "may apply from DATE under DOCUMENT"; education is treatment for named purposes, on
conditions. Nothing here knows a clock, a database or a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from registry.kinds import find_kind
from registry.levels import find_level
from registry.policy import wording
from registry.policy.answers import Answer, Benefits, Note, Step, Topic
from registry.policy.dates import add_years
from registry.policy.model import Cell, Policies, Rule, Text
from registry.policy.settings import DEFAULT_SETTINGS, PolicySettings, describe_setting

_TOPICS: Mapping[Topic, Text] = {
    "allowances": Text("技能津贴", "a skills allowance"),
    "titles": Text("职称比照", "professional titles"),
    "education": Text("学历待遇", "treatment by education"),
    "subsidies": Text("培训补贴", "training subsidies"),
}
_PAYER_OPEN = Text(
    "受聘于两个单位时由哪个单位发放，文件没有规定；登记系统只回答等级对应的标准。",
    "Which of two employers would pay is not stated; the registry answers for the level only.",
)


@dataclass(frozen=True)
class Schooling:
    """A technical-school diploma and what follows it; facts that a level certificate does not carry."""

    completed: Literal["intermediate_class", "senior_class", "preparatory_technician_class"]
    school: Literal["technical_school", "senior_technical_school", "technician_college"]
    full_time: bool
    employed: bool


def benefits(  # noqa: PLR0913 - one keyword for each fact of the question
    policies: Policies,
    *,
    kind: str,
    level: str | None,
    occupation: str | None,
    region: str,
    on: date,
    held_since: date | None = None,
    schooling: Schooling | None = None,
    settings: PolicySettings = DEFAULT_SETTINGS,
) -> Benefits:
    """Every answer for one certificate; Refused ``level.unknown``, ``kind.unknown``, ``place.unknown``.

    A level of the education line (1+X) answers no rule of the labour line.
    """
    labour = find_kind(kind).line == "hrss"
    known = find_level(level).id if labour and level is not None else None
    paid = allowance(policies, level=known, region=region, on=on) if known else None
    found: dict[Topic, tuple[Answer, ...]] = {
        "allowances": (paid,) if paid and paid.outcome != "not_stated" else (),
        "titles": titles(policies, level=known, held_since=held_since, region=region, on=on) if known else (),
        "education": education(
            policies, kind=kind, level=known, region=region, on=on, schooling=schooling, settings=settings
        )
        if labour
        else (),
        "subsidies": subsidies(policies, kind=kind, level=known, region=region, on=on) if labour else (),
    }
    notes = _silences(found, paid, region) if labour else (_other_line(kind),)
    return Benefits(
        as_of=on, region=region, kind=kind, level=level, occupation=occupation, notes=notes, **found
    )


def allowance(policies: Policies, *, level: str, region: str, on: date) -> Answer | None:
    """The monthly allowance of the nearest rule (ZJ-01, NM-10); None: no rule speaks, which is not zero.

    A rule without a row for ``level`` answers ``not_stated``, a row without a sum ``no_figure``.
    """
    rules = policies.speaking("allowance", region=region, on=on)
    for rule in rules:
        row = rule.row(level=level)
        if row is not None:
            return _allowance(rule, row, region)
    if not rules:
        return None
    return Answer(rules[0], "not_stated", wording.say_not_stated(rules[0], level), _steps(rules[0], region))


def titles(
    policies: Policies, *, level: str, held_since: date | None, region: str, on: date
) -> tuple[Answer, ...]:
    """Titles the holder may apply for, from which day, and what other documents say of titles."""
    dated = next(
        (
            (rule, row)
            for rule in policies.speaking("title", region=region, on=on)
            if (row := rule.row(level=level))
        ),
        None,
    )
    first = (_title(*dated, region, held_since),) if dated else ()
    said = tuple(
        _statement(rule, region)
        for rule in policies.speaking("title_statement", region=region, on=on)
        if rule.about("levels", level)
    )
    return first + said


def education(
    policies: Policies,
    *,
    kind: str,
    level: str | None,
    region: str,
    on: date,
    schooling: Schooling | None = None,
    settings: PolicySettings = DEFAULT_SETTINGS,
) -> tuple[Answer, ...]:
    """As what the holder is treated, and for what; without ``schooling`` only on which conditions.

    HH-12 asks for a class diploma; NM-11 for its three tests: level 3 or above, graduate of a
    senior technical school or technician college, employed. With ``schooling`` known, a rule
    whose tests fail is left out.
    """
    rules = policies.speaking("education", region=region, on=on)
    if schooling is None:
        return tuple(
            Answer(
                rule,
                "conditional",
                wording.say_conditional_education(rule),
                _steps(rule, region),
                conditions=tuple(str(row["when"]) for row in rule.rows),
            )
            for rule in rules
            if level is None or rule.about("levels", level)
        )
    met = ((rule, _row_met(rule, kind, level, schooling, settings)) for rule in rules)
    return tuple(_treated(rule, row, region, settings) for rule, row in met if row is not None)


def subsidies(
    policies: Policies, *, kind: str, level: str | None, region: str, on: date
) -> tuple[Answer, ...]:
    """The subsidies that may be claimed for such a certificate; the ledger decides on a claim."""
    return tuple(
        Answer(
            rule,
            "claimable",
            wording.say_subsidy(rule),
            _steps(rule, region),
            amount=rule.figure("amount") if "amount" in rule.figures else None,
            unit="once",
            conditions=wording.conditions_of(rule),
            payee=rule.words["payee"][0],
        )
        for rule in policies.speaking("subsidy", region=region, on=on)
        if kind in rule.words["certificates"]
        and ("levels" not in rule.words or level in rule.words["levels"])
    )


def _allowance(rule: Rule, row: Mapping[str, Cell], region: str) -> Answer:
    if "amount" not in row:
        text = wording.say_no_figure(rule, _TOPICS["allowances"])
        return Answer(rule, "no_figure", text, _steps(rule, region), conditions=rule.words.get("status", ()))
    amount = int(row["amount"])
    step = Step(
        "figure",
        Text(
            f"{wording.name_level(str(row['level'])).zh}：{amount} 元/月。",
            f"{wording.name_level(str(row['level'])).en}: {amount} yuan a month.",
        ),
    )
    return Answer(
        rule,
        "amount",
        wording.say_allowance(rule, amount),
        (*_steps(rule, region), step, Step("payer_open", _PAYER_OPEN)),
        amount=amount,
        unit="month",
    )


def _title(rule: Rule, row: Mapping[str, Cell], region: str, held_since: date | None) -> Answer:
    years = int(row["years"]) if "years" in row else None
    steps, apply_from = _steps(rule, region), None
    if years is not None and held_since is not None:
        reached = add_years(held_since, years)
        apply_from = max(reached, rule.window.since)
        arithmetic = wording.say_arithmetic(held_since, years, reached, rule.window.since)
        steps += (Step("arithmetic", arithmetic),)
    return Answer(
        rule,
        "years_unknown" if years is None else "may_apply",
        wording.say_title(rule, row, apply_from),
        steps,
        title=str(row["title"]),
        years=years,
        apply_from=apply_from,
        conditions=rule.words.get("when", ()),
    )


def _statement(rule: Rule, region: str) -> Answer:
    quoted = wording.cite(rule.document)
    return Answer(
        rule,
        "statement",
        Text(f"{quoted.zh}：“{rule.quote}”。", f"{quoted.en}: {rule.en}."),
        _steps(rule, region),
    )


def _row_met(
    rule: Rule, kind: str, level: str | None, schooling: Schooling, settings: PolicySettings
) -> Mapping[str, Cell] | None:
    if "schools" not in rule.words:
        ready = schooling.full_time or "full_time" not in rule.words.get("needs", ())
        return rule.row(when=schooling.completed) if ready else None
    accepted = kind in rule.words["certificates"] or (settings.same_effect and kind == "skill_level")
    tests = (
        accepted and level in rule.words["levels"],
        schooling.school in rule.words["schools"],
        schooling.employed,
    )
    return rule.row(when="employed_graduate") if all(tests) else None


def _treated(rule: Rule, row: Mapping[str, Cell], region: str, settings: PolicySettings) -> Answer:
    purposes, treated_as = rule.words["purpose"], str(row["treated_as"])
    text = wording.say_education(treated_as, purposes, discretionary=rule.strength == "may")
    used = (Step(*describe_setting(settings, "same_effect")),) if "schools" in rule.words else ()
    return Answer(
        rule,
        "treated_as",
        text,
        _steps(rule, region) + used,
        treated_as=treated_as,
        purposes=purposes,
        conditions=(str(row["when"]),),
    )


def _steps(rule: Rule, region: str) -> tuple[Step, ...]:
    return Step("look_up", wording.say_look_up(region, rule)), Step("rule", wording.say_rule(rule))


def _silences(
    found: Mapping[Topic, tuple[Answer, ...]], paid: Answer | None, region: str
) -> tuple[Note, ...]:
    notes = []
    for topic, answers in found.items():
        if topic == "allowances" and paid is not None and paid.outcome == "not_stated":
            notes.append(Note(topic, "not_stated", paid.text, paid.rule))
        elif not answers:
            notes.append(Note(topic, "no_rule", wording.say_no_rule(region, _TOPICS[topic])))
    return tuple(notes)


def _other_line(kind: str) -> Note:
    found = find_kind(kind)
    return Note(
        "allowances",
        "other_line",
        Text(
            f"{found.zh}属于教育系统，不适用人社系统按技能等级给予的待遇。",
            f"{found.en} belongs to the education line: rules for skill levels do not apply.",
        ),
    )
