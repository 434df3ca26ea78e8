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
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pymongo
from pymongo.change_stream import ChangeStream
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import OperationFailure, PyMongoError

from registry.statistics.counting import Event, count, events_of_insert, events_of_update
from registry.statistics.rebuilding import PROJECTION, Overtaken, counter_updates, rebuild
from registry.statistics.upload_rows import UploadRow, row_of_insert, rows_of_update, write_rows

log = logging.getLogger(__name__)

BATCH = 500  # events a transaction: 7 counters each at most, a few hundred writes, far below a second
BATCH_SECONDS = 1.0  # a slow but steady flow is counted after this long, not only when 500 have come
AWAIT_MILLISECONDS = 500  # how long the server holds an empty answer; also how late a stop is noticed
OPEN_SECONDS = 30.0  # a stream that starts far back in the oplog takes longer than a page may
# A reader killed within its transaction holds the counters until the server gives it up: 60 s unless set otherwise.
APPLY_SECONDS = 90.0
KEEP_SECONDS = 10.0  # an idle stream's token is stored this often, so that the oplog never outruns it
RETRY_SECONDS = 2.0
HISTORY_LOST = (286, 280)  # ChangeStreamHistoryLost, ChangeStreamFatalError

COUNTED = ("kind", "level", "occupation", "assessor", "region", "issued_on", "number", "changes", "replaces")
PIPELINE: list[Mapping[str, Any]] = [
    {"$match": {"operationType": {"$in": ["insert", "update"]}}},
    {
        "$project": {
            "operationType": 1,
            "documentKey": 1,
            "clusterTime": 1,
            "updateDescription.updatedFields": 1,
            **{f"fullDocument.{name}": 1 for name in COUNTED},
        }
    },
]


class Projector:
    """Follows the record of one database and keeps its counters."""

    def __init__(self, database: Database[dict[str, Any]], clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._stop = threading.Event()

    def run(self) -> None:
        """Follow until stopped, through every absence of the database."""
        while not self._stop.is_set():
            try:
                self._follow()
            except Overtaken:
                log.info("another projector is counting; standing by")
                self._stop.wait(RETRY_SECONDS)
            except OperationFailure as error:
                if error.code in HISTORY_LOST:
                    log.warning("the oplog no longer reaches back to the last counted event; counting anew")
                    self._rebuild()
                else:
                    log.warning("statistics stand still: %s (code %s)", type(error).__name__, error.code)
                    self._stop.wait(RETRY_SECONDS)
            except PyMongoError as error:
                log.warning("statistics stand still: %s", type(error).__name__)
                self._stop.wait(RETRY_SECONDS)

    def stop(self) -> None:
        """End `run` at its next chance."""
        self._stop.set()

    def catch_up(self) -> None:
        """Count everything recorded before this call, then return."""
        with self._database.client.start_session() as session:
            self._database.client.admin.command("ping", session=session)
            until = session.operation_time
        pointer = self._pointer()
        with self._open(pointer) as stream:
            while True:
                batch, pointer = self._advance(stream, pointer)
                reached = batch[-1]["clusterTime"] if batch else None
                if not batch or (until is not None and reached > until):
                    return

    def _follow(self) -> None:
        pointer = self._pointer()
        with self._open(pointer) as stream:
            kept = time.monotonic()
            while not self._stop.is_set():
                batch, pointer = self._advance(stream, pointer, keep=time.monotonic() - kept > KEEP_SECONDS)
                if batch or time.monotonic() - kept > KEEP_SECONDS:
                    kept = time.monotonic()

    def _advance(
        self, stream: ChangeStream[dict[str, Any]], pointer: dict[str, Any], *, keep: bool = False
    ) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """Take the next batch and count it; the batch and the pointer after it."""
        batch = list(_take(stream))
        token = stream.resume_token
        if not batch and not (keep and token != pointer["token"]):
            return batch, pointer
        return batch, self._apply(pointer, batch, token)

    def _apply(
        self, pointer: dict[str, Any], batch: list[dict[str, Any]], token: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        increments = count(event for change in batch for event in _events(change))
        rows = [row for change in batch for row in _upload_rows(change)]
        after = pointer | {"token": token, "as_of": self._clock()}

        def write(session: ClientSession) -> None:
            claimed = self._database["projections"].update_one(
                {"_id": PROJECTION, "token": pointer["token"], "generation": pointer["generation"]},
                {"$set": {"token": token, "as_of": after["as_of"]}},
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

    def _open(self, pointer: Mapping[str, Any]) -> ChangeStream[dict[str, Any]]:
        start: dict[str, Any] = (
            {"resume_after": pointer["token"]}
            if pointer["token"]
            else {"start_at_operation_time": pointer["start"]}
        )
        with pymongo.timeout(OPEN_SECONDS):
            return self._database["certificates"].watch(
                PIPELINE,
                full_document="updateLookup",
                max_await_time_ms=AWAIT_MILLISECONDS,
                batch_size=BATCH,
                **start,
            )

    def _pointer(self) -> dict[str, Any]:
        return self._database["projections"].find_one({"_id": PROJECTION}) or self._rebuild()

    def _rebuild(self) -> dict[str, Any]:
        return rebuild(self._database, at=self._clock())


@contextmanager
def projecting(database: Database[dict[str, Any]], clock: Callable[[], datetime]) -> Iterator[Projector]:
    """Keep the counters of ``database`` in a thread while the block runs."""
    projector = Projector(database, clock)
    thread = threading.Thread(target=projector.run, name="statistics", daemon=True)
    thread.start()
    try:
        yield projector
    finally:
        projector.stop()
        thread.join(timeout=RETRY_SECONDS)


def _take(stream: ChangeStream[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    until = time.monotonic() + BATCH_SECONDS
    for _ in range(BATCH):
        change = stream.try_next()
        if change is None:
            return
        yield change
        if time.monotonic() > until:
            return


def _events(change: Mapping[str, Any]) -> Iterator[Event]:
    document = change.get("fullDocument")
    if document is None:  # deleted since, which the service never does
        return iter(())
    if change["operationType"] == "insert":
        # as it was then: an insert carries its own document, which later changes have not touched
        return events_of_insert(document)
    return events_of_update(document, change["updateDescription"]["updatedFields"])


def _upload_rows(change: Mapping[str, Any]) -> Iterator[UploadRow]:
    document = change.get("fullDocument")
    if document is None:
        return iter(())
    code = change["documentKey"]["_id"]
    if change["operationType"] == "insert":
        return row_of_insert(code, document)
    return rows_of_update(code, document, change["updateDescription"]["updatedFields"])
