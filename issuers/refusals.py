"""Why issuing was refused: how often each reason, a day and an assessor; one small document each, kept for a month.

Counted is what was refused, in one write without waiting for the disk; what is issued costs nothing. The reasons are
codes of the problem catalogue, so a document cannot grow beyond it, and nothing of a person or a list is in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from pymongo import ASCENDING, IndexModel, WriteConcern
from pymongo.database import Database
from pymongo.read_concern import ReadConcern

from keys.errors import Refused
from registry.credential import china_date
from registry.mongo import DATABASE_AWAY
from registry.problems import Problem, find_problem

SHOWN = timedelta(days=30)
KEEP = timedelta(days=40)  # a little longer than shown: MongoDB deletes when it comes round to it
DOT = ":"  # in a field's name, where a dot would lead into another field


@dataclass(frozen=True)
class Reason:
    """One reason: its row of the catalogue, how often in the time shown, and when last."""

    problem: Problem
    count: int
    last: date


class Refusals:
    """The issue_refusals collection."""

    def __init__(self, database: Database[dict[str, Any]], clock: Callable[[], datetime]) -> None:
        quick = WriteConcern(
            w=1, j=False
        )  # a figure, no fact: a primary that dies may take the last ones along
        self._refusals = database["issue_refusals"].with_options(
            write_concern=quick, read_concern=ReadConcern("local")
        )
        self._clock = clock

    def prepare(self) -> None:
        """Make the indexes; does nothing where they are."""
        self._refusals.create_indexes(
            [
                IndexModel([("assessor", ASCENDING), ("day", ASCENDING)], unique=True),
                IndexModel("keep_until", expireAfterSeconds=0),
            ]
        )

    @contextmanager
    def counting(self, assessor: str) -> Iterator[None]:
        """Count what the block refuses, and let it go on its way."""
        try:
            yield
        except Refused as refused:
            self.add(assessor, {refused.code: 1})
            raise

    def add(self, assessor: str, codes: Mapping[str, int]) -> None:
        """Count refusals of today by code. Where the database is away they are not counted: nobody waits for that."""
        if not codes:
            return
        now = self._clock()
        day = {"assessor": assessor, "day": china_date(now).isoformat()}
        added = {f"codes.{code.replace('.', DOT)}": count for code, count in codes.items()}
        update = {"$inc": added, "$setOnInsert": {"keep_until": now + KEEP}}
        with suppress(*DATABASE_AWAY):
            self._refusals.update_one(day, update, upsert=True)

    def latest(self, assessor: str) -> list[Reason]:
        """Why the assessor's requests were refused within `SHOWN`, the most frequent reason first."""
        first = (china_date(self._clock()) - SHOWN).isoformat()
        found = self._refusals.find({"assessor": assessor, "day": {"$gt": first}}).sort("day", ASCENDING)
        return add_up({one["day"]: one["codes"] for one in found})


def add_up(days: Mapping[str, Mapping[str, int]]) -> list[Reason]:
    """The reasons of some days (YYYY-MM-DD, in order), the most frequent first; codes no longer known left out."""
    counts: Counter[str] = Counter()
    last: dict[str, str] = {}
    for day, codes in days.items():
        for name, count in codes.items():
            code = name.replace(DOT, ".")
            counts[code] += count
            last[code] = day
    return [
        Reason(problem, count, date.fromisoformat(last[code]))
        for code, count in counts.most_common()
        if (problem := _known(code))
    ]


def _known(code: str) -> Problem | None:
    try:
        return find_problem(code)
    except KeyError:  # of an older version
        return None
