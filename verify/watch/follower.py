"""Follows the record's change stream and has every change of what is watched noticed.

Noticing twice leaves one document, so no transaction is needed: a batch is noticed, then the place in the stream is
kept. Killed between the two, the batch is noticed again. Where the oplog no longer reaches back, the record is swept.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pymongo
from pymongo.change_stream import ChangeStream
from pymongo.errors import OperationFailure, PyMongoError

from registry.mongo import DATABASE_AWAY
from verify.watch.desk import WatchDesk

log = logging.getLogger("verify.watch")

PLACE = "watches"  # in the collection projections, beside the counters'
BATCH = 500  # changes noticed together
AWAIT_MILLISECONDS = 500  # how long the server holds an empty answer; also how late a stop is noticed
OPEN_SECONDS = 30.0  # a stream that starts far back in the oplog takes longer than a page may
KEEP_SECONDS = 10.0  # an idle stream's place is kept this often, so that the oplog never outruns it
EXPIRE_SECONDS = 30.0  # between two looks for certificates whose time is over
RETRY_SECONDS = 2.0
IDLE_SECONDS = 0.5  # between two looks for deliveries that are due
SENDERS = 4  # threads: a receiver that lets us wait holds one of them for ten seconds
HISTORY_LOST = (286, 280)  # ChangeStreamHistoryLost, ChangeStreamFatalError
PIPELINE: list[Mapping[str, Any]] = [
    {"$match": {"operationType": "update"}},
    {"$project": {"documentKey": 1}},
]


class Follower:
    """Notices the changes of one database and delivers them, until stopped."""

    def __init__(self, desk: WatchDesk) -> None:
        self._desk = desk
        self._places = desk.registry.database["projections"]
        self._stop = threading.Event()

    def follow(self) -> None:
        """Notice changes, through every absence of the database."""
        while not self._stop.is_set():
            try:
                self._follow()
            except OperationFailure as error:
                if error.code in HISTORY_LOST:
                    log.warning("the oplog no longer reaches back; sweeping the record")
                    self._places.delete_one({"_id": PLACE})
                else:
                    log.warning("watching stands still: %s (code %s)", type(error).__name__, error.code)
                    self._stop.wait(RETRY_SECONDS)
            except PyMongoError as error:
                log.warning("watching stands still: %s", type(error).__name__)
                self._stop.wait(RETRY_SECONDS)

    def deliver(self) -> None:
        """Deliver what is due. An outage of the database or a defect in one delivery ends nothing."""
        while not self._stop.is_set():
            try:
                if not self._desk.deliver_once():
                    self._stop.wait(IDLE_SECONDS)
            except DATABASE_AWAY as error:
                log.warning("database away: %s", type(error).__name__)
                self._stop.wait(RETRY_SECONDS)
            except Exception as error:  # noqa: BLE001 - it comes again when its lease ends
                log.error("defect in a delivery: %s", type(error).__name__)
                self._stop.wait(RETRY_SECONDS)

    def stop(self) -> None:
        """End `follow` and `deliver` at their next chance."""
        self._stop.set()

    def _follow(self) -> None:
        with self._open() as stream:
            kept = expired = float("-inf")
            while not self._stop.is_set():
                codes = list(_take(stream))
                if codes:
                    self._desk.notice(set(codes))
                if codes or time.monotonic() - kept > KEEP_SECONDS:
                    self._keep(stream.resume_token)
                    kept = time.monotonic()
                if time.monotonic() - expired > EXPIRE_SECONDS:
                    self._desk.expire()
                    expired = time.monotonic()

    def _open(self) -> ChangeStream[dict[str, Any]]:
        place = self._places.find_one({"_id": PLACE})
        start: dict[str, Any] = (
            {"resume_after": place["token"]} if place else {"start_at_operation_time": self._now()}
        )
        if not place:
            self._desk.sweep()  # after the moment the stream starts from: nothing falls between
        with pymongo.timeout(OPEN_SECONDS):
            return self._desk.registry.database["certificates"].watch(
                PIPELINE, max_await_time_ms=AWAIT_MILLISECONDS, batch_size=BATCH, **start
            )

    def _now(self) -> Any:
        client = self._desk.registry.database.client
        with client.start_session() as session:
            client.admin.command("ping", session=session)
            return session.operation_time

    def _keep(self, token: Any) -> None:
        if token:
            self._places.update_one({"_id": PLACE}, {"$set": {"token": token}}, upsert=True)


@contextmanager
def watching(desk: WatchDesk) -> Iterator[Follower]:
    """Notice and deliver in threads while the block runs."""
    follower = Follower(desk)
    work = [follower.follow, *[follower.deliver] * SENDERS]
    threads = [threading.Thread(target=one, name="watches", daemon=True) for one in work]
    for thread in threads:
        thread.start()
    try:
        yield follower
    finally:
        follower.stop()
        for thread in threads:
            thread.join(timeout=RETRY_SECONDS)


def _take(stream: ChangeStream[dict[str, Any]]) -> Iterator[str]:
    for _ in range(BATCH):
        change = stream.try_next()
        if change is None:
            return
        yield change["documentKey"]["_id"]
