"""A college's annual report under the six headings of JL-10, published by the end of its year.

The text is the college's; certificates and sessions are counted by the registry; the shares that ZJ-13 and JL-15
ask for are computed from numbers the college gives. A correction is a new row; the first one's day decides
whether the report came in time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pymongo.database import Database

from keys.errors import Refused
from registry.credential import china_date
from registry.policy.answers import Finding
from registry.policy.model import Policies, Rule
from registry.policy.ratios import check_ratio
from registry.registers.rows import Row, RowLog, digest_of

RULE = "JL-10"
RATIOS = ("ZJ-13", "JL-15")
AMOUNTS = ("public_trainings", "enrolled_students", "dual_post_teachers", "specialist_teachers")
MAX_HEADING = 20_000  # characters under one heading: a dozen pages
MOST_HEADS = 10_000_000
HEADING_NAMES = {
    "总体情况": "Overall situation",
    "机构设置": "Organisation",
    "培训项目实施": "Training carried out",
    "资源开发": "Resources developed",
    "培训成效": "Results of training",
    "社会影响": "Effect on society",
}


@dataclass(frozen=True)
class AnnualReport:
    """A report as it stands. ``texts`` in the order of the headings; ``amounts`` are heads."""

    college: str
    year: int
    texts: tuple[str, ...]
    amounts: Mapping[str, int]
    published_on: date
    corrected_on: date | None
    digest: str

    @property
    def in_time(self) -> bool:
        """Whether it was published by 31 December of its year."""
        return self.published_on <= deadline(self.year)


class Reports:
    """Every college's reports."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._log = RowLog(database)

    def publish(
        self,
        college: str,
        year: int,
        texts: Sequence[str],
        amounts: Mapping[str, int],
        *,
        at: datetime,
        by: str,
    ) -> AnnualReport:
        """Publish the report of a year, or its correction. Refused ``report.*``, naming the field."""
        content = _check(year, texts, amounts, today=china_date(at))
        self._log.append(_stream(college, year), lambda _: content, at=at, by=by)
        return self.find(college, year)

    def find(self, college: str, year: int) -> AnnualReport:
        """One report. Refused ``report.unknown``."""
        rows = self._log.read(_stream(college, year))
        if not rows:
            raise Refused("report.unknown", field="year")
        return _read(rows)

    def all(self) -> list[AnnualReport]:
        """Every report, the newest year first."""
        streams: dict[str, list[Row]] = {}
        for row in self._log.read_register("report"):
            streams.setdefault(row.stream, []).append(row)
        found = [_read(rows) for rows in streams.values()]
        return sorted(found, key=lambda one: (-one.year, one.college))


def deadline(year: int) -> date:
    """The last day to publish the report of a year (JL-10 每年年底前)."""
    return date(year, 12, 31)


def headings(policies: Policies) -> tuple[str, ...]:
    """The six headings, from the rule itself."""
    rule = policies.find(RULE)
    assert rule is not None  # noqa: S101 - a rule set of this registry
    return rule.words["headings"]


def ratios(policies: Policies, report: AnnualReport) -> list[Finding]:
    """The shares that the college's numbers give (ZJ-13, JL-15); none where it gave no numbers."""
    rules = [rule for rule in map(policies.find, RATIOS) if rule is not None]
    return [check_ratio(rule, report.amounts) for rule in rules if _needs(rule) <= report.amounts.keys()]


def _needs(rule: Rule) -> set[str]:
    return {rule.words["part"][0], rule.words["whole"][0]}


def _check(year: int, texts: Sequence[str], amounts: Mapping[str, int], *, today: date) -> dict[str, Any]:
    if not today.year - 1 <= year <= today.year:
        raise Refused("report.year", field="year")
    if len(texts) != len(HEADING_NAMES):
        raise Refused("report.headings", field="texts")
    for place, text in enumerate(texts, start=1):
        if not text.strip():
            raise Refused("field.missing", field=f"texts.{place}")
        if len(text) > MAX_HEADING:
            raise Refused("report.length", field=f"texts.{place}", limit=MAX_HEADING)
    for name, amount in amounts.items():
        if name not in AMOUNTS or not 0 <= amount <= MOST_HEADS:
            raise Refused("report.amount", field=name if name in AMOUNTS else "amounts")
    return {"texts": [text.strip() for text in texts], "amounts": dict(amounts), "year": year}


def _read(rows: Sequence[Row]) -> AnnualReport:
    first, last = rows[0], rows[-1]
    _, college, year = last.stream.split(":")
    return AnnualReport(
        college=college,
        year=int(year),
        texts=tuple(last.content["texts"]),
        amounts=last.content["amounts"],
        published_on=china_date(first.recorded_at),
        corrected_on=china_date(last.recorded_at) if last is not first else None,
        digest=digest_of(dict(last.content)),
    )


def _stream(college: str, year: int) -> str:
    return f"report:{college}:{year}"
