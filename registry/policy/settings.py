"""Where the documents leave a question open: the deployer's reading, with the default and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from registry.policy.model import Text


@dataclass(frozen=True)
class PolicySettings:
    """One reading for each ambiguity. Every answer that used one names it."""

    year_basis: Literal["natural", "rolling"] = "natural"
    """ZJ-02 每年: the calendar year (as other cities write), or the twelve months to the claim."""
    completion_counts: bool = True
    """ZJ-04: whether a completion certificate paid to the enterprise counts toward the person's three."""
    same_occupation: Literal["occupation", "job"] = "occupation"
    """ZJ-02 同一職業: the occupation's code, or its job (工种) where one is named."""
    same_effect: bool = True
    """A qualification and a skill level of one occupation and level are one, not two."""
    graduation_year: Literal["calendar", "school"] = "calendar"
    """HH-01 畢業年度: 1 January to 31 December of that year, or the year from 1 September before it."""
    post_years: Literal["sum", "continuous"] = "sum"
    """NM-01: periods in post add up, no day twice, or only the longest unbroken one counts."""


DEFAULT_SETTINGS = PolicySettings()

_TEXTS = {
    "year_basis=natural": Text("“每年”按自然年计算。", "“A year” is the calendar year."),
    "year_basis=rolling": Text(
        "“每年”按申领日之前十二个月计算。", "“A year” is the twelve months up to the claim."
    ),
    "completion_counts=True": Text(
        "培训合格证书计入每人每年次数。", "A completion certificate counts toward the yearly number."
    ),
    "completion_counts=False": Text(
        "培训合格证书不计入每人每年次数。",
        "A completion certificate does not count toward the yearly number.",
    ),
    "same_occupation=occupation": Text(
        "“同一职业”按职业细类代码判断。", "“One occupation” is one occupation code."
    ),
    "same_occupation=job": Text("“同一职业”按工种判断。", "“One occupation” is one job within it."),
    "same_effect=True": Text(
        "同一职业同一等级的职业资格证书与技能等级证书视为一项。",
        "A qualification and a skill level of one occupation and level are one.",
    ),
    "same_effect=False": Text(
        "同一职业同一等级的职业资格证书与技能等级证书视为两项。",
        "A qualification and a skill level of one occupation and level are two.",
    ),
    "graduation_year=calendar": Text(
        "毕业年度为毕业当年1月1日至12月31日。", "The graduation year runs from 1 January to 31 December."
    ),
    "graduation_year=school": Text(
        "毕业年度为毕业前一年9月1日至毕业当年8月31日。",
        "The graduation year runs from 1 September to 31 August.",
    ),
    "post_years=sum": Text(
        "在岗时间累计计算，重叠不重复计。", "Periods in post are added up; no day counts twice."
    ),
    "post_years=continuous": Text("在岗时间须连续。", "Time in post must be unbroken."),
}


def describe_setting(settings: PolicySettings, name: str) -> tuple[str, Text]:
    """The setting ``name`` as ``name=value``, and in words."""
    key = f"{name}={getattr(settings, name)}"
    return key, _TEXTS[key]
