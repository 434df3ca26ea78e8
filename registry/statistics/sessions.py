"""Trainings and assessments held: enrolled, passed, employed; pass rates of bodies and counts by sector.

Sources: HH-16 (以培訓合格率、就業創業成功率爲重點), JL-11, JL-09, ZJ-22, ZJ-23, JL-13, JL-17, JL-06. A session is
recorded once; a correction is a new row, and the totals move by the difference, both in one transaction.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Literal

from pymongo.client_session import ClientSession
from pymongo.database import Database

from keys.errors import Refused
from registry.levels import find_level
from registry.places import find_place, lineage
from registry.registers.rows import Row, RowLog
from registry.statistics.suppression import THRESHOLD, is_safe
from registry.tables import read_table

MOST_PEOPLE = 100_000  # in one session: a slip of the keyboard beyond
FIRST_DAY = date(1994, 1, 1)  # certificates of skills began under the labour law of that year
SESSION_ID = re.compile(r"[0-9A-Za-z-]{1,40}")


@dataclass(frozen=True)
class Session:
    """One training or assessment. ``employed`` None: not asked yet. ``subsidised`` are heads."""

    id: str
    body: str
    kind: Literal["training", "assessment"]
    sector: str
    level: str | None
    region: str
    held_on: date
    enrolled: int
    passed: int
    employed: int | None = None
    subsidised: int = 0


@dataclass(frozen=True)
class Rate:
    """A share in whole percent, ``low`` to ``high``: equal where it is exact, apart where a small cell is hidden."""

    low: int
    high: int


class Sessions:
    """The sessions and their totals."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._database = database
        self._log = RowLog(database)
        self._totals = database["session_totals"]

    def record(self, session: Session, *, at: datetime, by: str, today: date) -> Session:
        """Record a session, or correct the body's own one of that id. Refused ``session.*``."""
        check_session(session, today=today)
        stream = f"session:{session.body}:{session.id}"

        def both(transaction: ClientSession) -> None:
            before = self._log.read(stream, session=transaction)
            self._log.append(stream, lambda _: _content(session), at=at, by=by, session=transaction)
            for name, change in _difference(before, session).items():
                self._totals.update_one({"_id": name}, {"$inc": change}, upsert=True, session=transaction)

        with self._database.client.start_session() as transaction:
            transaction.with_transaction(both)
        return session

    def of_body(self, body: str) -> list[Session]:
        """The sessions of a body as they stand, corrected ones once, latest first."""
        rows = self._log.read_register("session", stream={"$regex": f"^session:{re.escape(body)}:"})
        latest = {row.stream: _read(row) for row in rows}  # stream by stream, oldest row first
        return sorted(latest.values(), key=lambda one: (one.held_on, one.id), reverse=True)

    def totals(self, view: str, value: str, years: Sequence[int]) -> Counter[str]:
        """Sums of a ``body``, ``sector`` (``REGION:SECTOR``) or ``region`` over years."""
        names = [f"{view}|{year}|{value}" for year in years]
        found: Counter[str] = Counter()
        for one in self._totals.find({"_id": {"$in": names}}, {"_id": 0}):
            found.update(one)
        return found

    def bodies(self, year: int) -> dict[str, Counter[str]]:
        """Sums of every body in a year."""
        head = f"body|{year}|"
        found = self._totals.find({"_id": {"$gte": head, "$lt": head + "~"}})
        return {one.pop("_id").rpartition("|")[2]: Counter(one) for one in found}


@cache
def sectors() -> Mapping[str, Mapping[str, str]]:
    """Every sector: id to ``{zh, en}``."""
    found: Mapping[str, Mapping[str, str]] = read_table("sectors")["sector"]
    return found


def check_session(session: Session, *, today: date) -> None:
    """Refused ``session.*``, ``level.unknown``, ``place.unknown``, naming the field."""
    if not SESSION_ID.fullmatch(session.id):
        raise Refused("session.id", field="id")
    if session.kind not in ("training", "assessment"):
        raise Refused("session.kind", field="kind")
    if session.sector not in sectors():
        raise Refused("session.sector", field="sector", known=", ".join(sectors()))
    if session.level is not None:
        find_level(session.level)
    find_place(session.region)
    if not FIRST_DAY <= session.held_on <= today:
        raise Refused("session.day", field="held_on")
    _check_heads(session)


def _check_heads(session: Session) -> None:
    heads = {"passed": session.passed, "employed": session.employed or 0, "subsidised": session.subsidised}
    if not 0 < session.enrolled <= MOST_PEOPLE:
        raise Refused("session.heads", field="enrolled")
    for field, count in heads.items():
        if not 0 <= count <= session.enrolled:
            raise Refused("session.heads", field=field)


def rate(part: int, whole: int) -> Rate | None:
    """The share of ``part``, as it may be published; None: too few people.

    Where one of the two groups counts 1 to 4 the rate is given as the span of all it could be.
    """
    rest = whole - part
    if whole < THRESHOLD:
        return None
    if is_safe(part, rest):
        exact = round(100 * part / whole)
        return Rate(exact, exact)
    few = THRESHOLD - 1
    if whole < THRESHOLD + few:  # the span would tell that the other group is not small, and so pin this one
        return None
    low, high = (whole - few, whole - 1) if 0 < rest < THRESHOLD else (1, few)
    return Rate(100 * low // whole, -(-100 * high // whole))


def sums_of(session: Session) -> dict[str, dict[str, int]]:
    """What one session adds to which totals."""
    added = {
        "sessions": 1,
        "enrolled": session.enrolled,
        "passed": session.passed,
        "subsidised": session.subsidised,
    }
    if session.employed is not None:
        added |= {"employed": session.employed, "asked": session.enrolled}
    year, places = session.held_on.year, lineage(session.region)
    names = [f"body|{year}|{session.body}"]
    if session.kind == "training":
        names += [f"region|{year}|{place}" for place in places]
        names += [f"sector|{year}|{place}:{session.sector}" for place in places]
    return dict.fromkeys(names, added)


def _difference(before: Sequence[Row], session: Session) -> dict[str, dict[str, int]]:
    changes: dict[str, Counter[str]] = {name: Counter(added) for name, added in sums_of(session).items()}
    if before:
        for name, added in sums_of(_read(before[-1])).items():
            changes.setdefault(name, Counter()).subtract(added)
    return {
        name: {key: value for key, value in change.items() if value}
        for name, change in changes.items()
        if any(change.values())
    }


def _content(session: Session) -> dict[str, Any]:
    return vars(session) | {"held_on": session.held_on.isoformat()}


def _read(row: Row) -> Session:
    return Session(**{**row.content, "held_on": date.fromisoformat(row.content["held_on"])})
