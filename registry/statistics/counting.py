"""What one event adds to which counters, pure.

An event is a certificate issued or a change of its state. It is counted under the month of its day in China (the
day of issue; the day of the change) in every dimension, and once under its day. A counter is named
``DIMENSION|PERIOD|VALUE``: ``level|2026-11|3``, ``day|2026-11-22|``. The parts of a certificate that are counted
never change, so a later event of the same certificate finds the same values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
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


def events_of_insert(document: Mapping[str, Any]) -> Iterator[Event]:
    """A certificate newly recorded, with the changes that it came with."""
    subject = read_subject(document)
    measure = REISSUED if document.get("replaces") else ISSUED
    yield Event(subject, measure, date.fromisoformat(document["issued_on"]))
    for change in document.get("changes", ()):
        yield _event_of_change(subject, change)


def events_of_update(document: Mapping[str, Any], updated: Mapping[str, Any]) -> Iterator[Event]:
    """The changes of state among ``updated``: the fields that one update set, by their dotted names.

    MongoDB names a pushed element ``changes.0``; a list replaced whole stands under ``changes``. An update that
    touches anything else counts nothing.
    """
    subject = read_subject(document)
    for name, value in updated.items():
        outer, _, place = name.partition(".")
        if outer == "changes" and place.isdecimal():
            yield _event_of_change(subject, value)
        elif name == "changes" and len(value) == 1:
            yield _event_of_change(subject, value[0])


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


def _event_of_change(subject: Subject, change: Mapping[str, Any]) -> Event:
    return Event(subject, MEASURE_OF[State(change["state"])], china_date(change["at"]))
