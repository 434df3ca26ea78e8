"""Keeps the counters: follows the record's change stream and counts each event exactly once.

The stream is read in batches. One transaction adds a batch to the counters and stores the stream's resume token
with it, on the condition that the token there is the one this reader began from. So a crash at any moment leaves
counters and token together before the batch or together after it, and of two readers one is refused. Issuing
waits for none of it: the stream is read from the oplog, and only the counted fields of a certificate travel.

Counters belong to a generation. A rebuild counts a snapshot of the record into the next generation and then turns
one pointer; readers see the old figures until then. It is needed at the first start, and when the oplog no longer
reaches back to the stored token.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

import pymongo
from pymongo.client_session import ClientSession
from pymongo.database import Database

from registry.following import (
    PAST_MILLISECONDS,
    RETRY_SECONDS,
    Batch,
    Overtaken,
    insertions_and_updates,
    keep_following,
    latest_moment,
    open_changes,
    read_change,
)
from registry.statistics.counting import Event, count, events_of_insert, events_of_update
from registry.statistics.rebuilding import PROJECTION, counter_updates, rebuild
from registry.statistics.upload_rows import UploadRow, row_of_insert, rows_of_update, write_rows
from registry.threads import in_threads

log = logging.getLogger(__name__)

BATCH = 500  # events a transaction: 7 counters each at most, a few hundred writes, far below a second
# A reader killed within its transaction holds the counters until the server gives it up: 60 s unless set otherwise.
APPLY_SECONDS = 90.0

COUNTED = (
    "kind", "level", "occupation", "assessor", "region", "issued_on", "number", "changes", "replaces", "recorded_at"
)  # fmt: skip
PIPELINE = insertions_and_updates(COUNTED)


class Projector:
    """Follows the record of one database and keeps its counters."""

    def __init__(self, database: Database[dict[str, Any]], clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def run(self, stop: threading.Event) -> None:
        """Follow until stopped, through every absence of the database."""
        keep_following(lambda: self._follow(stop), self._rebuild, stop, log)

    def catch_up(self) -> None:
        """Count everything recorded before this call, then return."""
        until = latest_moment(self._database)
        pointer = self._pointer()
        with open_changes(
            self._database, PIPELINE, pointer, most=BATCH, await_milliseconds=PAST_MILLISECONDS
        ) as changes:
            for batch in changes.up_to(until):
                pointer = self._apply(pointer, batch)

    def _follow(self, stop: threading.Event) -> None:
        pointer = self._pointer()
        with open_changes(self._database, PIPELINE, pointer, most=BATCH) as changes:
            while not stop.is_set():
                batch = changes.take()
                if batch.is_due:
                    pointer = self._apply(pointer, batch)

    def _apply(self, pointer: dict[str, Any], batch: Batch) -> dict[str, Any]:
        """Count the batch; the pointer after it."""
        increments = count(event for change in batch.changes for event in _events(change))
        rows = [row for change in batch.changes for row in _upload_rows(change)]
        after = pointer | {"token": batch.token, "as_of": self._clock()}

        def write(session: ClientSession) -> None:
            claimed = self._database["projections"].update_one(
                {"_id": PROJECTION, "token": pointer["token"], "generation": pointer["generation"]},
                {"$set": {"token": batch.token, "as_of": after["as_of"]}},
                session=session,
            )
            if not claimed.matched_count:
                raise Overtaken
            updates = counter_updates(pointer["generation"], increments)
            if updates:
                self._database["statistics"].bulk_write(updates, ordered=False, session=session)
            write_rows(self._database, rows, session)

        with pymongo.timeout(APPLY_SECONDS), self._database.client.start_session() as session:
            session.with_transaction(write)
        return after

    def _pointer(self) -> dict[str, Any]:
        return self._database["projections"].find_one({"_id": PROJECTION}) or self._rebuild()

    def _rebuild(self) -> dict[str, Any]:
        return rebuild(self._database, at=self._clock())


def projecting(
    database: Database[dict[str, Any]], clock: Callable[[], datetime]
) -> AbstractContextManager[None]:
    """Keep the counters of ``database`` in a thread while the block runs."""
    return in_threads(Projector(database, clock).run, name="statistics", grace_seconds=RETRY_SECONDS)


def _events(change: Mapping[str, Any]) -> Iterator[Event]:
    # as it was then: an insert carries its own document, which later changes have not touched
    return read_change(change, events_of_insert, events_of_update)


def _upload_rows(change: Mapping[str, Any]) -> Iterator[UploadRow]:
    return read_change(
        change,
        lambda document: row_of_insert(document["_id"], document),
        lambda document, updated: rows_of_update(document["_id"], document, updated),
    )
