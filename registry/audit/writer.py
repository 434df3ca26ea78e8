"""Writes the trail: takes noted acts, and follows the certificates' change stream; in the worker process.

One writer at a time, by a lease; were there two, the trail's own end lets one through (`Trail.append`). The acts
collection is an inbox: an act leaves it in the transaction that appends its entry, so nothing depends on an order or
on the oplog. Certificates are followed by the oplog, because issuing must not pay for the trail; should the oplog no
longer reach back, and at the first start, the whole record is walked once, and what is not in the trail yet enters it.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pymongo
from bson import Timestamp
from pymongo import ASCENDING
from pymongo.change_stream import ChangeStream
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError, OperationFailure, PyMongoError

from registry.audit.checking import CHECK_SECONDS, Checks
from registry.audit.entries import (
    Happening,
    happening_of_act,
    happenings_of_insert,
    happenings_of_update,
)
from registry.audit.trail import End, Overtaken, Trail

log = logging.getLogger(__name__)

BATCH = 1_000  # happenings a transaction: one insert_many of half a megabyte
BATCH_SECONDS = 1.0  # a slow but steady flow is written after this long
AWAIT_MILLISECONDS = (
    500  # how long the server holds an empty answer; also how late an act or a stop is noticed
)
OPEN_SECONDS = 30.0  # a stream that starts far back in the oplog takes longer than a page may
SCAN_SECONDS = 60.0
KEEP_SECONDS = 10.0  # an idle stream's token is stored this often, so that the oplog never outruns it
RETRY_SECONDS = 2.0
LEASE = timedelta(seconds=15)  # a writer that was killed delays the trail by this much
HISTORY_LOST = (286, 280)  # ChangeStreamHistoryLost, ChangeStreamFatalError

TAKEN = (
    "number",
    "kind",
    "level",
    "occupation",
    "assessor",
    "issued_on",
    "recorded_at",
    "changes",
    "issuance",
    "replaces",
)
PIPELINE: list[Mapping[str, Any]] = [
    {"$match": {"operationType": {"$in": ["insert", "update"]}}},
    {
        "$project": {
            "operationType": 1,
            "clusterTime": 1,
            "updateDescription.updatedFields": 1,
            **{f"fullDocument.{name}": 1 for name in ("_id", *TAKEN)},
        }
    },
]


class TrailWriter:
    """Follows the acts and the certificates of one database into its trail."""

    def __init__(self, database: Database[dict[str, Any]], clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._trail = Trail(database)
        self._checks = Checks(database)
        self._name = f"{socket.gethostname()} {os.getpid()} {secrets.token_hex(4)}"
        self._held_until = datetime.min.replace(tzinfo=UTC)
        self._stop = threading.Event()

    def run(self) -> None:
        """Write until stopped, through every absence of the database."""
        while not self._stop.is_set():
            try:
                if self._hold_lease():
                    self._follow()
                else:
                    self._stop.wait(RETRY_SECONDS)
            except Overtaken:
                log.info("another writer appends to the trail; standing by")
                self._stop.wait(RETRY_SECONDS)
            except OperationFailure as error:
                if error.code in HISTORY_LOST:
                    log.warning("the oplog no longer reaches back to the last entry; walking the record")
                    self._begin_anew(self._trail.end())
                else:
                    log.warning("the trail stands still: %s (code %s)", type(error).__name__, error.code)
                    self._stop.wait(RETRY_SECONDS)
            except PyMongoError as error:
                log.warning("the trail stands still: %s", type(error).__name__)
                self._stop.wait(RETRY_SECONDS)
        self._release_lease()

    def stop(self) -> None:
        """End `run` at its next chance."""
        self._stop.set()

    def catch_up(self) -> End:
        """Write everything that was noted and recorded before this call; where the trail ends then."""
        with self._database.client.start_session() as session:
            self._database.client.admin.command("ping", session=session)
            until = session.operation_time
        end = self._take_acts(self._scan(self._trail.end()))
        with self._open(end.state) as stream:
            while True:
                batch, end = self._advance(stream, end)
                if not batch or (until is not None and batch[-1]["clusterTime"] > until):
                    return end

    def _follow(self) -> None:
        end = self._scan(self._trail.end())
        with self._open(end.state) as stream:
            kept = checked = time.monotonic()
            while not self._stop.is_set() and self._hold_lease():
                end = self._take_acts(end)
                batch, end = self._advance(stream, end, keep=time.monotonic() - kept > KEEP_SECONDS)
                if batch or time.monotonic() - kept > KEEP_SECONDS:
                    kept = time.monotonic()
                if time.monotonic() - checked > CHECK_SECONDS:
                    self._checks.run(at=self._clock(), stop=self._stop.is_set)
                    checked = time.monotonic()

    def _take_acts(self, end: End) -> End:
        """Every noted act, oldest first, out of the inbox and into the trail."""
        acts = self._database["acts"]
        while found := list(acts.find().sort([("at", ASCENDING), ("_id", ASCENDING)]).limit(BATCH)):
            ids = [one["_id"] for one in found]

            def take(session: ClientSession, ids: list[Any] = ids) -> None:
                acts.delete_many({"_id": {"$in": ids}}, session=session)

            end = self._trail.append(
                end, [happening_of_act(one) for one in found], at=self._clock(), also=take
            )
        return end

    def _advance(
        self, stream: ChangeStream[dict[str, Any]], end: End, *, keep: bool = False
    ) -> tuple[list[dict[str, Any]], End]:
        """Take the next batch of the stream and append it; the batch and the end after it."""
        batch = list(_take(stream))
        token = stream.resume_token
        if not batch and not (keep and token != end.state.get("token")):
            return batch, end
        happenings = [happening for change in batch for happening in _happenings(change)]
        return batch, self._trail.append(end, happenings, at=self._clock(), state={"token": token})

    # --- the walk through the record ---

    def _scan(self, end: End) -> End:
        """Walk the whole record where that is due, in chunks that a kill does not undo."""
        if "token" in end.state:
            return end
        if "start" not in end.state:
            end = self._begin_anew(end)
        while not end.state.get("whole"):
            after = end.state.get("after")
            wanted = {"_id": {"$gt": after}} if after else {}
            with pymongo.timeout(SCAN_SECONDS):
                found = list(
                    self._database["certificates"]
                    .find(wanted, dict.fromkeys(TAKEN, 1))
                    .sort("_id", 1)
                    .limit(BATCH)
                )
            happenings = [happening for one in found for happening in happenings_of_insert(one)]
            state = {"start": end.state["start"]} | (
                {"after": found[-1]["_id"]} if found else {"whole": True}
            )
            end = self._trail.append(end, happenings, at=self._clock(), state=state)
        return end

    def _begin_anew(self, end: End) -> End:
        with self._database.client.start_session() as session:
            self._database.client.admin.command("ping", session=session)
            moment = session.operation_time or Timestamp(0, 1)
        return self._trail.append(end, [], at=self._clock(), state={"start": moment})

    def _open(self, state: Mapping[str, Any]) -> ChangeStream[dict[str, Any]]:
        start: dict[str, Any] = (
            {"resume_after": state["token"]}
            if "token" in state
            else {"start_at_operation_time": state["start"]}
        )
        with pymongo.timeout(OPEN_SECONDS):
            return self._database["certificates"].watch(
                PIPELINE,
                full_document="updateLookup",
                max_await_time_ms=AWAIT_MILLISECONDS,
                batch_size=BATCH,
                **start,
            )

    # --- the lease ---

    def _hold_lease(self) -> bool:
        now = self._clock()
        if self._held_until - now > LEASE / 2:
            return True
        try:
            held = self._database["trail_end"].update_one(
                {"_id": "lease", "$or": [{"writer": self._name}, {"until": {"$lte": now}}]},
                {"$set": {"writer": self._name, "until": now + LEASE}},
                upsert=True,
            )
        except DuplicateKeyError:  # another writer holds it
            return False
        if held.matched_count or held.upserted_id:
            self._held_until = now + LEASE
        return now < self._held_until

    def _release_lease(self) -> None:
        try:
            self._database["trail_end"].delete_one({"_id": "lease", "writer": self._name})
        except PyMongoError:
            return  # it ends by itself


@contextmanager
def writing(database: Database[dict[str, Any]], clock: Callable[[], datetime]) -> Iterator[TrailWriter]:
    """Write the trail of ``database`` in a thread while the block runs."""
    writer = TrailWriter(database, clock)
    thread = threading.Thread(target=writer.run, name="trail", daemon=True)
    thread.start()
    try:
        yield writer
    finally:
        writer.stop()
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


def _happenings(change: Mapping[str, Any]) -> Iterator[Happening]:
    document = change.get("fullDocument")
    if document is None:  # deleted since, which the service never does
        return iter(())
    if change["operationType"] == "insert":
        return happenings_of_insert(document)
    return happenings_of_update(document, change["updateDescription"]["updatedFields"])
