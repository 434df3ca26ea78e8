"""Reading the counters: by dimension and period, a bounded number of documents, no certificate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from pymongo.database import Database

from keys.errors import Refused
from registry.credential import china_date
from registry.statistics.counting import CLOSED, DIMENSIONS, ISSUED, MEASURES, RECORDED, REISSUED
from registry.statistics.rebuilding import BY_RECORDING, PROJECTION
from registry.statistics.suppression import Table, add_up, publish

VIEWS = (*DIMENSIONS, "month")
FIRST_YEAR, LAST_YEAR = 1994, 2200  # qualification certificates began under the labour law of 1994
MOST_YEARS = 50  # years in one answer
ATTEMPTS = 5  # readings while the counters are rebuilt; a rebuild is rare

# A projector that counts has counted everything of the day before yesterday: it works off 500 events a transaction.
BEHIND = timedelta(days=1)

Found = TypeVar("Found")


@dataclass(frozen=True)
class Years:
    """Whole calendar years, ``first`` up to and without ``end``."""

    first: int
    end: int

    def __post_init__(self) -> None:
        if not FIRST_YEAR <= self.first < self.end <= min(LAST_YEAR, self.first + MOST_YEARS):
            raise Refused("statistics.period", field="from")

    def each(self) -> Iterator[int]:
        """Every year."""
        yield from range(self.first, self.end)


@dataclass(frozen=True)
class Answer:
    """One public question answered. ``whole``: no year's total was withheld."""

    view: str
    measure: str
    years: Years
    table: Table
    whole: bool
    as_of: datetime | None


@dataclass(frozen=True)
class Settled:
    """So many certificates were recorded before the beginning of a day in China."""

    count: int
    before: date


class Figures:
    """The counters of one database."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._database = database

    def as_of(self) -> datetime | None:
        """Up to when events are counted; None before the first."""
        pointer = self._database["projections"].find_one({"_id": PROJECTION})
        return pointer["as_of"] if pointer else None

    def public(self, view: str, years: Years, *, measure: str = "issued") -> Answer:
        """A view of whole years, small cells withheld. Refused ``statistics.view``, ``statistics.measure``."""
        check(view, measure)
        exact = self._read(lambda generation: [self._year(generation, view, year) for year in years.each()])
        tables = [publish({value: count[measure] for value, count in one.items()}) for one in exact]
        table, whole = add_up(tables)
        return Answer(view, measure, years, table, whole, self.as_of())

    def exact(self, view: str, start: str, end: str) -> dict[str, Counter[str]]:
        """Every measure by value for months ``start`` up to and without ``end`` (YYYY-MM): for registrars."""
        check(view, "issued")
        dimension = "level" if view == "month" else view
        return self._read(
            lambda generation: self._sum(generation, dimension, start, end, by_month=view == "month")
        )

    def of_assessor(self, assessor: str, *, until: date) -> Counter[str]:
        """Every measure of one assessor in all, up to the month of ``until``: a few hundred look-ups, however many
        certificates it has.
        """

        def read(generation: str) -> Counter[str]:
            found: Counter[str] = Counter()
            for _, count in self._named(generation, _months_of(assessor, until)):
                found.update(count)
            return found

        return self._read(read)

    def settled(self, assessor: str, *, until: date) -> Settled | None:
        """What is known for certain of how many certificates an assessor was given, up to the month of ``until``.

        However far the projector is behind, it has counted whatever was recorded two days before it counted last. So
        what was counted of later days is left out, for the reader to count: together that is exact. None where there
        are no counters, or only some of before the day of recording was counted.
        """
        pointer = self._database["projections"].find_one({"_id": PROJECTION})
        if pointer is None or not pointer.get(BY_RECORDING):
            return None
        day = china_date(pointer["as_of"]) - BEHIND
        later = [day + timedelta(days=n) for n in range((until - day).days + 1)]
        recent = {f"{RECORDED}|{one}|{assessor}" for one in later}

        def read(generation: str) -> int:
            counted = self._named(generation, [*_months_of(assessor, until), *recent])
            return sum(
                (count[ISSUED] + count[REISSUED]) * (-1 if name in recent else 1) for name, count in counted
            )

        return Settled(self._read(read), day)

    def standing(self, regions: Callable[[str], bool]) -> Counter[str]:
        """Certificates in force now by level, in the places that ``regions`` says yes to."""

        def read(generation: str) -> Counter[str]:
            found: Counter[str] = Counter()
            for _, value, count in self._counters(generation, "region_level", "", "~"):
                region, _, level = value.partition(":")
                if regions(region):
                    gone = ("revoked", "superseded", "suspended")
                    come = ("issued", "reissued", "lifted", CLOSED)
                    found[level] += sum(count[one] for one in come) - sum(count[one] for one in gone)
            return found

        return self._read(read)

    def _named(self, generation: str, names: Iterable[str]) -> Iterator[tuple[str, Counter[str]]]:
        wanted = [f"{generation}|{name}" for name in names]
        for one in self._database["statistics"].find({"_id": {"$in": wanted}}):
            yield one.pop("_id").partition("|")[2], Counter(one)

    def _year(self, generation: str, view: str, year: int) -> dict[str, Counter[str]]:
        dimension = "level" if view == "month" else view
        return self._sum(generation, dimension, f"{year}", f"{year + 1}", by_month=view == "month")

    def _sum(
        self, generation: str, dimension: str, start: str, end: str, *, by_month: bool
    ) -> dict[str, Counter[str]]:
        found: dict[str, Counter[str]] = {}
        for month, value, count in self._counters(generation, dimension, start, end):
            found.setdefault(month if by_month else value, Counter()).update(count)
        return found

    def _counters(
        self, generation: str, dimension: str, start: str, end: str
    ) -> Iterator[tuple[str, str, Counter[str]]]:
        head = f"{generation}|{dimension}|"
        for one in self._database["statistics"].find({"_id": {"$gte": head + start, "$lt": head + end}}):
            _, _, period, value = one.pop("_id").split("|")
            yield period, value, Counter(one)

    def _read(self, read: Callable[[str], Found]) -> Found:
        # A rebuild turns the pointer and then drops the old counters: what was read across that is read again.
        for _ in range(ATTEMPTS):
            generation = self._generation()
            found = read(generation)
            if generation == self._generation():
                return found
        raise Refused("statistics.rebuilding")

    def _generation(self) -> str:
        pointer: Mapping[str, Any] | None = self._database["projections"].find_one({"_id": PROJECTION})
        return pointer["generation"] if pointer else "none"


def _months_of(assessor: str, until: date) -> Iterator[str]:
    for year in range(FIRST_YEAR, until.year + 1):
        yield from (f"assessor|{year}-{month:02}|{assessor}" for month in range(1, 13))


def check(view: str, measure: str) -> None:
    """Refused ``statistics.view``, ``statistics.measure``."""
    if view not in VIEWS:
        raise Refused("statistics.view", field="by", known=", ".join(VIEWS))
    if measure not in MEASURES:
        raise Refused("statistics.measure", field="measure", known=", ".join(MEASURES))
