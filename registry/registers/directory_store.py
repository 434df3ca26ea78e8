"""The public directories in MongoDB: rows added, entries ended, versions by day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from pymongo.database import Database

from keys.errors import Refused
from registry.registers.directories import (
    Directory,
    Entry,
    Version,
    decide_end,
    decide_entry,
    find_directory,
    standing,
    version,
)
from registry.registers.rows import Row, RowLog

Derivation = Callable[[], Iterable[Entry]]
"""The entries of a directory that has no rows of its own."""


class Directories:
    """Every public directory. ``derived`` gives, by id, the entries of those without rows of their own."""

    def __init__(self, database: Database[dict[str, Any]], derived: Mapping[str, Derivation]) -> None:
        self._log = RowLog(database)
        self._derived = derived

    def version(self, directory_id: str, *, on: date, known_at: datetime | None = None) -> Version:
        """The directory on a day, by what was recorded up to ``known_at`` (default: all).

        Refused ``directory.unknown``, ``directory.derived`` (``known_at`` of one that keeps no rows).
        """
        directory = find_directory(directory_id)
        return version(directory, self.entries(directory, known_at=known_at), on=on)

    def entries(self, directory: Directory, *, known_at: datetime | None = None) -> list[Entry]:
        """Every entry, past and future ones too, corrections applied."""
        if not directory.derived:
            return standing(self._log.read(_stream(directory)), known_at=known_at)
        if known_at is not None:
            raise Refused("directory.derived", field="known_at")
        return list(self._derived[directory.id]())

    def rows(self, directory_id: str) -> list[Row]:
        """All rows as recorded, replaced ones too."""
        return self._log.read(_stream(find_directory(directory_id)))

    def add(
        self,
        directory_id: str,
        cells: Mapping[str, Any],
        *,
        start: date,
        end: date | None,
        replaces: int | None = None,
        at: datetime,
        by: str,
    ) -> Row:
        """Add an entry, or replace the wrong one with the number ``replaces``. Refused as `decide_entry`."""
        directory = find_directory(directory_id)
        return self._log.append(
            _stream(directory),
            lambda rows: decide_entry(directory, rows, cells, start=start, end=end, replaces=replaces),
            at=at,
            by=by,
        )

    def end(self, directory_id: str, number: int, *, end: date, at: datetime, by: str) -> Row:
        """End an entry before ``end``. Refused as `decide_end`."""
        directory = find_directory(directory_id)
        return self._log.append(
            _stream(directory), lambda rows: decide_end(directory, rows, number, end=end), at=at, by=by
        )


def _stream(directory: Directory) -> str:
    return f"directory:{directory.id}"
