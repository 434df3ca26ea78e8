"""Inspection draws in MongoDB: one stream of rows a draw; the seed stays sealed until it is revealed."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from pymongo.client_session import ClientSession
from pymongo.database import Database

from keys.errors import Refused
from keys.vault import Vault
from registry.credential import china_date
from registry.registers.inspections import (
    DRAW_ID,
    SEED_BYTES,
    Draw,
    Outcome,
    Result,
    announce,
    commit,
    read_draw,
    report,
    reveal,
)
from registry.registers.integrity import Appeal, Case
from registry.registers.integrity_store import IntegrityFiles
from registry.registers.rows import RowLog

REGISTER = "inspection"
FINDING_DAYS = (
    3 * 365
)  # how long a finding without a decision stays in the file: the life of an accreditation


class Inspections:
    """The draws and what the inspectors found."""

    def __init__(self, database: Database[dict[str, Any]], vault: Vault) -> None:
        self._database = database
        self._log = RowLog(database)
        self._seeds = database["inspection_seeds"]
        self._vault = vault

    def announce(
        self,
        draw_id: str,
        *,
        subjects: Collection[str],
        size: int,
        beacon_source: str,
        draws_on: date,
        at: datetime,
        by: str,
    ) -> Draw:
        """Announce a draw; the seed is made here and nobody sees it before its day. Refused ``inspection.*``."""
        if not DRAW_ID.fullmatch(draw_id):
            raise Refused("inspection.id", field="draw")
        seed = self._seed(draw_id)
        self._log.append(
            _stream(draw_id),
            lambda rows: announce(
                rows,
                subjects=subjects,
                size=size,
                commitment=commit(seed),
                beacon_source=beacon_source,
                draws_on=draws_on,
                today=china_date(at),
            ),
            at=at,
            by=by,
        )
        return self.find(draw_id)

    def reveal(self, draw_id: str, *, beacon: str, at: datetime, by: str) -> Draw:
        """Publish the seed with the day's public number. Refused ``inspection.*``."""
        self.find(draw_id)
        seed = self._seed(draw_id)
        self._log.append(
            _stream(draw_id),
            lambda rows: reveal(rows, seed=seed, beacon=beacon, today=china_date(at)),
            at=at,
            by=by,
        )
        return self.find(draw_id)

    def report(self, draw_id: str, result: Result, *, at: datetime, by: str, name: str) -> Draw:
        """Record a visit and, where it has findings about a body, put them into its integrity file (HH-17, NM-17).

        Both rows or neither. ``name`` is the body's.
        """

        def both(session: ClientSession) -> None:
            self._log.append(
                _stream(draw_id),
                lambda rows: report(rows, result, today=china_date(at)),
                at=at,
                by=by,
                session=session,
            )
            if result.outcome is Outcome.FINDINGS:
                finding = _finding(draw_id, result, name)
                IntegrityFiles(self._database).record(finding, at=at, by=by, session=session)

        with self._database.client.start_session() as session:
            session.with_transaction(both)
        return self.find(draw_id)

    def find(self, draw_id: str) -> Draw:
        """By id. Refused ``inspection.unknown``."""
        return read_draw(self._log.read(_stream(draw_id)))

    def all(self) -> list[Draw]:
        """Every draw, the latest first."""
        rows = self._log.read_register(REGISTER)
        found = [read_draw(list(one)) for _, one in groupby(rows, key=lambda row: row.stream)]
        return sorted(found, key=lambda draw: (draw.draws_on, draw.id), reverse=True)

    def _seed(self, draw_id: str) -> bytes:
        # Made once for an id, whoever asks first: trying again cannot give another seed.
        fresh = self._vault.seal(secrets.token_bytes(SEED_BYTES), context=_stream(draw_id))
        kept: dict[str, Any] | None = self._seeds.find_one_and_update(
            {"_id": draw_id}, {"$setOnInsert": {"sealed": fresh}}, upsert=True, return_document=True
        )
        assert kept is not None  # noqa: S101 - upserted
        return self._vault.open(kept["sealed"], context=_stream(draw_id))


def _finding(draw_id: str, result: Result, name: str) -> Case:
    return Case(
        id=f"{draw_id}-{result.subject}"[:40],
        subject=f"assessor:{result.subject}",
        name=name,
        means=result.means or "",
        decision=None,
        decided_on=result.visited_on,
        ends=result.visited_on + timedelta(days=FINDING_DAYS),
        blocks_from=None,
        blocks_to=None,
        appeal=Appeal.NONE,
        summary=result.note[:200],
    )


def _stream(draw_id: str) -> str:
    return f"{REGISTER}:{draw_id}"
