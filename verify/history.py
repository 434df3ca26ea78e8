"""What was true on a day gone by, beside what is true now. Pure.

Of what a verdict rests on only the record has a history to be undone: whether the certificate was recorded yet, and
its state. Keys and accreditations carry their windows with them and are held against the moment of signing and the
day of issue, whatever day is asked for; so a key retired since, or stolen since, and an accreditation ended since,
change nothing about a day before. A window that was set with effect from an earlier day counts from that day on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from keys.errors import Refused
from registry.credential import CHINA, Face, china_date
from registry.state import state_at
from verify.checks import Evidence, RecordEvidence
from verify.verdict import Verdict

Judge = Callable[[Evidence, datetime], Verdict]
FIRST_DAY = date(2000, 1, 1)  # as of the numbers: nothing here can be older


def judge_at(judge: Judge, evidence: Evidence, *, at: datetime, day: date | None) -> Verdict:
    """The verdict at ``at``, and beside it, where a day is given, the one at the end of that day in China.

    Refused ``at.future``, ``at.too_early``.
    """
    if day is None:
        return judge(evidence, at)
    moment = end_of_day(day, now=at)
    return replace(judge(evidence, at), past=judge(evidence_at(evidence, moment), moment))


def end_of_day(day: date, *, now: datetime) -> datetime:
    """The last moment of a day in China; of today, ``now``. Refused ``at.future``, ``at.too_early``."""
    today = china_date(now)
    if day > today:
        raise Refused("at.future", field="at", today=today.isoformat())
    if day < FIRST_DAY:
        raise Refused("at.too_early", field="at", first=FIRST_DAY.isoformat())
    if day == today:
        return now
    following = datetime.combine(day + timedelta(days=1), time(), CHINA)
    return following.astimezone(now.tzinfo) - timedelta(microseconds=1)


def evidence_at(evidence: Evidence, moment: datetime) -> Evidence:
    """The evidence as it stood at ``moment``. Signed status lists tell today's state only, so they tell nothing."""

    def record(face: Face) -> RecordEvidence | None:
        found = evidence.record(face) if evidence.record else None
        return as_it_was(found, moment) if found else None

    return replace(evidence, record=record if evidence.record else None, state=lambda _: None)


def as_it_was(recorded: RecordEvidence, moment: datetime) -> RecordEvidence:
    """What the record said at ``moment``. Refused ``record.not_yet`` before it said anything."""
    if recorded.recorded_at > moment:
        raise Refused("record.not_yet")
    state, cause = state_at(recorded.changes, moment)
    return replace(recorded, state=state, cause=cause)
