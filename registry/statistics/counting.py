"""What one event adds to which counters, pure.

An event is a certificate issued or a change of its state. It is counted under the month of its day in China (the
day of issue; the day of the change) in every dimension, and once under its day. A counter is named
``DIMENSION|PERIOD|VALUE``: ``level|2026-11|3``, ``day|2026-11-22|``. The parts of a certificate that are counted
never change, so a later event of the same certificate finds the same values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from registry.credential import china_date
from registry.state import State

DIMENSIONS = ("level", "occupation", "region", "assessor", "kind")
NO_LEVEL = "none"  # the value of a certificate of a kind without levels

# What a change of state is counted as. Back to valid: a suspension was lifted.
MEASURE_OF: Mapping[State, str] = {
    State.REVOKED: "revoked",
    State.SUSPENDED: "suspended",
    State.SUPERSEDED: "superseded",
    State.VALID: "lifted",
}
ISSUED, REISSUED = (
    "issued",
    "reissued",
)  # a certificate that replaces another adds no person to those certified
MEASURES = (ISSUED, *MEASURE_OF.values(), REISSUED)
# A suspension that ended otherwise than by lifting: counted beside that change and published nowhere, so that
# a certificate suspended and then revoked leaves those in force once, not twice.
CLOSED = "closed"
RECORDED = "recorded"  # counters by the day of recording; published nowhere either

Increments = Counter[tuple[str, str]]
"""How much to add, by counter's name and measure."""


@dataclass(frozen=True)
class Subject:
    """What is counted of a certificate."""

    level: str | None
    occupation: str
    edition: str
    region: str
    assessor: str
    kind: str


@dataclass(frozen=True)
class Event:
    """Something that happened to a certificate on a day."""

    subject: Subject
    measure: str
    on: date
    recorded: date | None = None
    """The day in China on which it was recorded, where it is the issue; it may be a later day than ``on``."""


def count(events: Iterable[Event], *, times: int = 1) -> Increments:
    """What the events add together, each happening ``times`` times."""
    added: Increments = Counter()
    for event in events:
        for name in counter_names(event):
            added[name, event.measure] += times
    return added


def counter_names(event: Event) -> Iterator[str]:
    """Every counter that the event is counted in."""
    month, subject = f"{event.on:%Y-%m}", event.subject
    level = subject.level or NO_LEVEL
    yield f"day|{event.on}|"
    yield f"level|{month}|{level}"
    yield f"occupation|{month}|{subject.occupation}:{subject.edition}"
    yield f"region|{month}|{subject.region}"
    yield f"assessor|{month}|{subject.assessor}"
    yield f"kind|{month}|{subject.kind}"
    # for targets, which ask for levels within a place; never published as a table
    yield f"region_level|{month}|{subject.region}:{level}"
    if event.recorded:  # to tell how much of the latest days is counted (figures.py, `Figures.settled`)
        yield f"{RECORDED}|{event.recorded}|{subject.assessor}"


def events_of_insert(document: Mapping[str, Any]) -> Iterator[Event]:
    """A certificate newly recorded, with the changes that it came with."""
    subject = read_subject(document)
    measure = REISSUED if document.get("replaces") else ISSUED
    recorded = china_date(document["recorded_at"])
    yield Event(subject, measure, date.fromisoformat(document["issued_on"]), recorded)
    changes = document.get("changes", ())
    for place in range(len(changes)):
        yield from _events_of_change(subject, changes, place)


def events_of_update(document: Mapping[str, Any], updated: Mapping[str, Any]) -> Iterator[Event]:
    """The changes of state among ``updated``: the fields that one update set, by their dotted names.

    MongoDB names a pushed element ``changes.0``; a list replaced whole stands under ``changes``. An update that
    touches anything else counts nothing. ``document`` may be as it is later: changes are only ever added.
    """
    subject = read_subject(document)
    for name, value in updated.items():
        outer, _, place = name.partition(".")
        if outer == "changes" and place.isdecimal():
            before = document.get("changes", ())[: int(place)]
            yield from _events_of_change(subject, [*before, value], len(before))
        elif name == "changes" and len(value) == 1:
            yield from _events_of_change(subject, value, 0)


def read_subject(document: Mapping[str, Any]) -> Subject:
    """What is counted of a certificate's document."""
    occupation = document["occupation"]
    return Subject(
        level=document["level"],
        occupation=occupation["code"],
        edition=occupation["edition"],
        region=document["region"],
        assessor=document["assessor"],
        kind=document["kind"],
    )


def measures_of(state: State, before: State | None) -> tuple[str, ...]:
    """What a change to ``state`` is counted as; ``before`` is the state of the change before it."""
    if before is State.SUSPENDED and state is not State.VALID:
        return MEASURE_OF[state], CLOSED
    return (MEASURE_OF[state],)


def _events_of_change(subject: Subject, changes: Sequence[Mapping[str, Any]], place: int) -> Iterator[Event]:
    before = State(changes[place - 1]["state"]) if place else None
    for measure in measures_of(State(changes[place]["state"]), before):
        yield Event(subject, measure, china_date(changes[place]["at"]))
