"""Every mistake of every row: which cell, what stands there, why it will not do. Pure; one rule path for a dry run,
for what is prepared, and once more when it is issued.

What a row shares with many others (kind, occupation, level, place, date) is judged once; what is the person's own, for
each. A row is judged to its end: one mistake does not hide another.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from issuers.accreditation import Accreditation, Scope, covering
from issuers.assessor import Assessor
from issuers.batches.cells import (
    ROUNDED,
    check_mark,
    find_by_name,
    is_name_of,
    parse_date,
    parse_id_type,
    parse_kind,
    parse_level,
)
from issuers.batches.findings import Finding, describe
from issuers.batches.reading import MAX_CELL, Row
from issuers.request import Draft, check_date, check_job, check_kind, check_level, check_post
from keys.errors import Refused
from registry.credential import Appointment, OccupationName
from registry.folding import fold
from registry.identity import Identity, IdType, parse_identity
from registry.kinds import Kind, find_kind
from registry.levels import Level
from registry.names import parse_name
from registry.occupations import Occupation, editions, find_occupation
from registry.places import find_place

SHARED = (
    "kind",
    "level",
    "occupation",
    "edition",
    "occupation_name",
    "job",
    "region",
    "issued_on",
    "number",
    "assessor",
    "issuing_body",
    "employer",
    "appointed_from",
    "appointed_until",
)
DEFAULT_KIND = "skill_level"
DEFAULT_ID_TYPE = "resident_id"

Found = TypeVar("Found")


@dataclass(frozen=True)
class _Shared:
    """What the rows of a class share, as far as it could be read."""

    kind: Kind | None = None
    level: Level | None = None
    occupation: OccupationName | None = None
    region: str | None = None
    issued_on: date | None = None
    accreditation: Accreditation | None = None
    appointment: Appointment | None = None
    problems: tuple[tuple[str, Refused], ...] = ()


class _Problems:
    """Collects refusals, each at its field, and goes on."""

    def __init__(self) -> None:
        self.found: list[tuple[str, Refused]] = []

    def attempt(self, name: str, act: Callable[[], Found]) -> Found | None:
        """What ``act`` gives; None, and one more problem, where it refuses."""
        try:
            return act()
        except Refused as refused:
            self.found.append((name, refused))
            return None

    def add(self, name: str, refused: Refused) -> None:
        """One more problem."""
        self.found.append((name, refused))


class Checker:
    """Judges the rows of one list for one assessor on one day."""

    def __init__(self, assessor: Assessor, today: date) -> None:
        self._assessor, self._today = assessor, today
        self._accredited = {pair for held in assessor.accreditations for pair in held.occupations}
        self._classes: dict[tuple[str | None, ...], _Shared] = {}

    def check(self, row: Row) -> tuple[Draft | None, list[Finding]]:
        """The draft of a row, or every mistake in it."""
        values = row.values
        shared = self._share(values)
        problems = _Problems()
        name = problems.attempt("name", lambda: parse_name(_needed(values, "name")))
        identity = self._identify(values, shared, problems)
        aside = _set_aside(values, problems)
        if max(map(len, values.values()), default=0) > MAX_CELL:
            long = next(name for name, text in values.items() if len(text) > MAX_CELL)
            problems.add(long, Refused("batch.cell_too_long", limit=MAX_CELL))
        found = [*shared.problems, *problems.found]
        if found or name is None or identity is None:
            return None, [describe(row, where, refused) for where, refused in found]
        return _draft(shared, name, identity, aside), []

    def check_again(self, row: Row) -> tuple[Draft | None, list[Finding]]:
        """The draft of a row that was found good before and `settled`: judged anew is what time can change."""
        values = row.values
        shared = self._share(values)
        if shared.problems:
            return None, [describe(row, where, refused) for where, refused in shared.problems]
        identity = Identity(IdType(values["id_type"]), values["id_number"])
        return _draft(shared, values["name"], identity, _aside(values)), []

    def _share(self, values: Mapping[str, str]) -> _Shared:
        key = tuple(map(values.get, SHARED))
        shared = self._classes.get(key)
        if shared is None:
            shared = self._classes[key] = self._judge(values)
        return shared

    def _judge(self, values: Mapping[str, str]) -> _Shared:
        problems = _Problems()
        kind = problems.attempt("kind", lambda: check_kind(find_kind(_kind_id(values))))
        issued_on = problems.attempt("issued_on", lambda: self._find_date(values))
        level = problems.attempt("level", lambda: _find_level(kind, values)) if kind else None
        occupation = problems.attempt(_occupation_field(values), lambda: self._find_occupation(values))
        region = problems.attempt("region", lambda: find_place(values.get("region", self._assessor.region)))
        job = problems.attempt("job", lambda: check_job(values.get("job")))
        appointment = problems.attempt("employer", lambda: _find_post(values, level, self._assessor))
        self._check_bodies(values, problems)
        accreditation = None
        if kind and issued_on and occupation and region and (level or not kind.has_level):
            pair, id_ = (occupation.code, occupation.edition), level.id if level else None
            scope = Scope(kind.id, pair, id_, region.code, issued_on)
            accreditation = self._cover(scope, values, problems)
        return _Shared(
            kind,
            level,
            _name(occupation, job) if occupation else None,
            region.code if region else None,
            issued_on,
            accreditation,
            appointment,
            tuple(problems.found),
        )

    def _cover(self, scope: Scope, values: Mapping[str, str], problems: _Problems) -> Accreditation | None:
        try:
            return covering(self._assessor.accreditations, scope)
        except Refused as refused:
            where = refused.field or "occupation"
            problems.found.append(
                (_occupation_field(values) if where == "occupation.code" else where, refused)
            )
            return None

    def _find_date(self, values: Mapping[str, str]) -> date:
        issued_on = parse_date(_needed(values, "issued_on"))
        check_date(issued_on, self._today)
        return issued_on

    def _find_occupation(self, values: Mapping[str, str]) -> Occupation:
        code, name = values.get("occupation"), values.get("occupation_name")
        if code is None:
            return find_by_name(name or _needed(values, "occupation_name"), self._accredited)
        found = find_occupation(code, values.get("edition", editions()[0]))
        if name and not is_name_of(name, found):
            raise Refused("batch.occupation_differs", occupation=found.name_zh)
        return found

    def _check_bodies(self, values: Mapping[str, str], problems: _Problems) -> None:
        if values.get("number", "--") not in {"--", "-"}:
            problems.add("number", Refused("batch.number_given"))
        for name in ("assessor", "issuing_body"):
            if fold(values.get(name, self._assessor.name)) != fold(self._assessor.name):
                problems.add(name, Refused("batch.other_assessor", body=self._assessor.name))

    def _identify(self, values: Mapping[str, str], shared: _Shared, problems: _Problems) -> Identity | None:
        id_type = problems.attempt("id_type", lambda: parse_id_type(values.get("id_type", DEFAULT_ID_TYPE)))
        number = problems.attempt("id_number", lambda: _needed(values, "id_number"))
        if id_type is None or number is None:
            return None
        if ROUNDED.fullmatch(number):
            problems.add("id_number", Refused("batch.rounded"))
            return None
        on = shared.issued_on or self._today
        return problems.attempt("id_number", lambda: parse_identity(id_type, number, on=on))


def settled(row: Row, draft: Draft) -> Row:
    """A good row with name and document in the form in which they are kept."""
    person = {"name": draft.holder_name, "id_type": str(draft.identity.id_type)}
    return Row(row.position, {**row.values, **person, "id_number": draft.identity.number})


def _draft(shared: _Shared, name: str, identity: Identity, aside: Mapping[str, str]) -> Draft:
    if not (
        shared.occupation and shared.kind and shared.region and shared.issued_on and shared.accreditation
    ):
        raise AssertionError("a class without problems is whole")  # pragma: no cover - the types need it
    return Draft(
        kind=shared.kind,
        level=shared.level,
        holder_name=name,
        identity=identity,
        occupation=shared.occupation,
        region=shared.region,
        issued_on=shared.issued_on,
        accreditation=shared.accreditation,
        appointment=shared.appointment,
        aside=aside,
    )


def _name(occupation: Occupation, job: str | None) -> OccupationName:
    return OccupationName(occupation.code, occupation.edition, occupation.name_zh, occupation.name_en, job)


def _needed(values: Mapping[str, str], name: str) -> str:
    if name not in values:
        raise Refused("batch.cell_missing")
    return values[name]


def _kind_id(values: Mapping[str, str]) -> str:
    return parse_kind(values["kind"]) if "kind" in values else DEFAULT_KIND


def _find_level(kind: Kind, values: Mapping[str, str]) -> Level | None:
    text = values.get("level")
    return check_level(kind, parse_level(text) if text and text != "--" else None)


def _occupation_field(values: Mapping[str, str]) -> str:
    return "occupation" if "occupation" in values else "occupation_name"


def _find_post(values: Mapping[str, str], level: Level | None, assessor: Assessor) -> Appointment | None:
    names: Collection[str] = ("employer", "appointed_from", "appointed_until")
    appointment = None
    if any(name in values for name in names):
        until = values.get("appointed_until")
        appointment = Appointment(
            _needed(values, "employer"),
            parse_date(_needed(values, "appointed_from")),
            parse_date(until) if until else None,
        )
    check_post(level, appointment, assessor)
    return appointment


def _set_aside(values: Mapping[str, str], problems: _Problems) -> dict[str, str]:
    for name in ("theory", "practice"):
        if name in values:
            text = values[name]
            problems.attempt(name, lambda text=text: check_mark(text))  # type: ignore[misc]
    return _aside(values)


def _aside(values: Mapping[str, str]) -> dict[str, str]:
    return {name: values[name] for name in ("work_unit", "theory", "practice") if name in values}
