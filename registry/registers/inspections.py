"""Random inspection draws that anybody can compute again (DG-15 定期与不定期抽查), pure.

Two steps, so that nobody can choose whom to visit. First the draw is announced: the list of subjects, how many
will be visited, the SHA-256 of a secret seed that the service made, and which public number of a later day will be
mixed in (a lottery result, say), which nobody knows yet. On that day the seed and the public number are published
and every subject gets the rank SHA-256(seed || 0x1F || public number || 0x1F || subject); the lowest are visited.
Without the public number, who makes the seed could try many in secret; without the seed, who makes the public
number could.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from keys.errors import Refused
from registry.registers.rows import Row, digest_of

SEED_BYTES = 32
SEPARATOR = b"\x1f"  # stands in no id and no number, so that no two triples run together
MOST_SUBJECTS = 20_000  # bodies and sessions of a province; the announcement is one document of at most 16 MB
MAX_TEXT = 300
DRAW_ID = re.compile(r"[0-9A-Za-z-]{1,40}")
SUBJECT = re.compile(r"[!-~]{1,64}")  # ids are printable ASCII


class Outcome(StrEnum):
    """What an inspector found."""

    PASSED = "passed"
    FINDINGS = "findings"
    NOT_ADMITTED = "not_admitted"


@dataclass(frozen=True)
class Result:
    """One visit. ``inspector`` is an account's name; ``means`` is a code of the integrity files."""

    subject: str
    inspector: str
    visited_on: date
    outcome: Outcome
    means: str | None = None
    note: str = ""


@dataclass(frozen=True)
class Draw:
    """A draw as it stands: announced, then revealed (``seed`` and ``beacon`` are set), then with results."""

    id: str
    subjects: tuple[str, ...]
    size: int
    commitment: str
    beacon_source: str
    draws_on: date
    seed: bytes | None
    beacon: str | None
    results: tuple[Result, ...]

    @property
    def drawn(self) -> tuple[str, ...]:
        """Whom the seed chose, in order of rank; empty before it is revealed."""
        if self.seed is None or self.beacon is None:
            return ()
        return draw(self.seed, self.beacon, self.subjects, self.size)

    @property
    def frame_digest(self) -> str:
        """SHA-256 (hex) of the list drawn from."""
        return digest_of(list(self.subjects))


def commit(seed: bytes) -> str:
    """What is published before the seed: its SHA-256 as hex."""
    return hashlib.sha256(seed).hexdigest()


def draw(seed: bytes, beacon: str, subjects: Collection[str], size: int) -> tuple[str, ...]:
    """The ``size`` subjects of lowest rank, lowest first, whatever order they came in; each once."""
    head = seed + SEPARATOR + beacon.encode() + SEPARATOR
    ranked = sorted(set(subjects), key=lambda subject: hashlib.sha256(head + subject.encode()).digest())
    return tuple(ranked[:size])


def announce(
    rows: Sequence[Row],
    *,
    subjects: Collection[str],
    size: int,
    commitment: str,
    beacon_source: str,
    draws_on: date,
    today: date,
) -> dict[str, Any]:
    """The content of a draw's first row. Refused ``inspection.*``, naming the field."""
    if rows:
        raise Refused("inspection.exists", field="draw")
    frame = sorted(set(subjects))
    if not 0 < len(frame) <= MOST_SUBJECTS or not all(SUBJECT.fullmatch(one) for one in frame):
        raise Refused("inspection.subjects", field="subjects", limit=MOST_SUBJECTS)
    if not 0 < size <= len(frame):
        raise Refused("inspection.size", field="size")
    if draws_on <= today:  # the public number must be unknown when the frame is fixed
        raise Refused("inspection.day", field="draws_on")
    if not 0 < len(beacon_source) <= MAX_TEXT or not beacon_source.isprintable():
        raise Refused("field.length", field="beacon_source")
    return {
        "act": "announced",
        "subjects": frame,
        "size": size,
        "commitment": commitment,
        "beacon_source": beacon_source,
        "draws_on": draws_on.isoformat(),
    }


def reveal(rows: Sequence[Row], *, seed: bytes, beacon: str, today: date) -> dict[str, Any]:
    """The content of the row that reveals. Refused ``inspection.*``."""
    found = read_draw(rows)
    if found.seed is not None:
        raise Refused("inspection.revealed", field="draw")
    if today < found.draws_on:
        raise Refused("inspection.too_early", field="draw")
    if commit(seed) != found.commitment:
        raise Refused("inspection.seed", field="seed")
    if not 0 < len(beacon) <= MAX_TEXT or not beacon.isprintable():
        raise Refused("field.length", field="beacon")
    return {"act": "revealed", "seed": seed.hex(), "beacon": beacon}


def report(rows: Sequence[Row], result: Result, *, today: date) -> dict[str, Any]:
    """The content of the row that records a visit. Refused ``inspection.*``."""
    found = read_draw(rows)
    if result.subject not in found.drawn:
        raise Refused("inspection.not_drawn", field="subject")
    if any(other.subject == result.subject for other in found.results):
        raise Refused("inspection.reported", field="subject")
    if not found.draws_on <= result.visited_on <= today:
        raise Refused("inspection.visit_day", field="visited_on")
    if (result.means is not None) != (result.outcome is Outcome.FINDINGS):
        raise Refused("inspection.means", field="means")
    if len(result.note) > MAX_TEXT or not result.note.isprintable():
        raise Refused("field.length", field="note")
    return {
        "act": "visited",
        "visited": result.subject,
        "inspector": result.inspector,
        "visited_on": result.visited_on.isoformat(),
        "outcome": result.outcome.value,
        "means": result.means,
        "note": result.note,
    }


def read_draw(rows: Sequence[Row]) -> Draw:
    """The draw that its rows tell. Refused ``inspection.unknown`` without any."""
    if not rows:
        raise Refused("inspection.unknown", field="draw")
    first = rows[0].content
    revealed = next((row.content for row in rows if row.content["act"] == "revealed"), None)
    return Draw(
        id=rows[0].stream.partition(":")[2],
        subjects=tuple(first["subjects"]),
        size=first["size"],
        commitment=first["commitment"],
        beacon_source=first["beacon_source"],
        draws_on=date.fromisoformat(first["draws_on"]),
        seed=bytes.fromhex(revealed["seed"]) if revealed else None,
        beacon=revealed["beacon"] if revealed else None,
        results=tuple(_result(row) for row in rows if row.content["act"] == "visited"),
    )


def draw_document(found: Draw) -> dict[str, Any]:
    """A draw as JSON, with everything needed to compute it again. Notes are for the inspectors' own file."""
    return {
        "draw": found.id,
        "subjects": list(found.subjects),
        "frame_digest": found.frame_digest,
        "size": found.size,
        "commitment": found.commitment,
        "beacon_source": found.beacon_source,
        "draws_on": found.draws_on.isoformat(),
        "seed": found.seed.hex() if found.seed else None,
        "beacon": found.beacon,
        "drawn": list(found.drawn),
        "results": [
            {"subject": one.subject, "visited_on": one.visited_on.isoformat(), "outcome": one.outcome.value}
            for one in found.results
        ],
    }


def _result(row: Row) -> Result:
    content = row.content
    return Result(
        content["visited"],
        content["inspector"],
        date.fromisoformat(content["visited_on"]),
        Outcome(content["outcome"]),
        content["means"],
        content["note"],
    )
