"""Integrity files in MongoDB: one stream of rows a case, the last row is how it stands."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from pymongo.client_session import ClientSession
from pymongo.database import Database

from registry.registers.integrity import (
    Appeal,
    Case,
    blocking,
    check_subject,
    decide_appeal,
    decide_case,
    latest,
    read_case,
)
from registry.registers.rows import Row, RowLog, digest_of
from registry.spreadsheet import safe_cell

REGISTER = "integrity"
EXPORT_COLUMNS = (
    "case", "subject", "name", "means", "decision", "decided_on", "appeal", "ends", "blocks_from", "blocks_to",
)  # fmt: skip


class IntegrityFiles:
    """The cases of every subject."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._log = RowLog(database)

    def record(self, case: Case, *, at: datetime, by: str, session: ClientSession | None = None) -> Case:
        """Open a case. Refused as `decide_case`."""
        row = self._log.append(
            _stream(case.id), lambda rows: decide_case(rows, case), at=at, by=by, session=session
        )
        return read_case(row)

    def appeal(self, case_id: str, state: Appeal, *, at: datetime, by: str) -> Case:
        """Record how far the appeal has come. Refused as `decide_appeal`."""
        row = self._log.append(_stream(case_id), lambda rows: decide_appeal(rows, state), at=at, by=by)
        return read_case(row)

    def cases(self, subject: str | None = None) -> list[Case]:
        """Every case, or those of one subject, as they stand. Refused ``integrity.subject``."""
        if subject is None:
            return latest(self._log.read_register(REGISTER))
        return latest(self._log.read_register(REGISTER, **{"content.subject": check_subject(subject)}))

    def history(self, case_id: str) -> list[Row]:
        """The rows of a case, oldest first."""
        return self._log.read(_stream(case_id))

    def blocked(self, subject: str, on: date) -> list[Case]:
        """The cases that bar new subsidies of ``subject`` on that day; none: it is not barred."""
        return blocking(self.cases(subject), on)

    def published(self, on: date) -> list[Case]:
        """What the public list has on that day."""
        return [case for case in self.cases() if case.shown(on)]


def export_document(cases: Iterable[Case], *, on: date) -> dict[str, Any]:
    """Decided cases for the public credit platform (ZJ-19), with the digest of its rows.

    Persons stand in it under their keyed hash: the platform asks the registry who it is, on its own legal basis.
    """
    rows = [_row(case) for case in cases if case.decision is not None and case.decided_on <= on]
    return {"on": on.isoformat(), "digest": digest_of(rows), "cases": rows}


def export_lines(document: dict[str, Any]) -> list[list[str]]:
    """The export as lines of CSV, the heading first; no cell can start a formula."""
    lines = [[safe_cell(str(row[name] or "")) for name in EXPORT_COLUMNS] for row in document["cases"]]
    return [list(EXPORT_COLUMNS), *lines]


def _row(case: Case) -> dict[str, Any]:
    days = {name: getattr(case, name) for name in ("decided_on", "ends", "blocks_from", "blocks_to")}
    return {
        "case": case.id,
        "subject": case.subject,
        "name": case.name,
        "means": case.means,
        "decision": case.decision,
        "appeal": case.appeal.value,
        **{name: day.isoformat() if day else None for name, day in days.items()},
    }


def _stream(case_id: str) -> str:
    return f"{REGISTER}:{case_id}"
