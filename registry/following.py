"""Following the certificates: MongoDB's change stream of the record, in batches, from a place that the reader keeps.

A place is ``{"token": …}``, or at first ``{"start": moment}`` in the record's own time. Reading changes nothing and
issuing waits for none of it: the stream comes from the oplog, and only the fields asked for travel. Where the oplog no
longer reaches back to a place, MongoDB says so, and the reader begins anew from the record itself.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event
from typing import Any, TypeVar

import pymongo
from bson import Timestamp
from pymongo.change_stream import ChangeStream
from pymongo.database import Database
from pymongo.errors import OperationFailure

from registry.threads import keep_at

BATCH_SECONDS = 1.0  # a slow but steady flow is worked off after this long, not only when a batch is full
AWAIT_MILLISECONDS = 500  # how long the server holds an empty answer; also how late a stop is noticed
# Who only reads up to a moment that has passed waits for nothing new: an empty answer tells that the end is reached.
PAST_MILLISECONDS = 20
OPEN_SECONDS = 30.0  # a stream that starts far back in the oplog takes longer than a page may
KEEP_SECONDS = 10.0  # an idle stream's place is kept this often, so that the oplog never outruns it
RETRY_SECONDS = 2.0
HISTORY_LOST = (286, 280)  # ChangeStreamHistoryLost, ChangeStreamFatalError

Document = Mapping[str, Any]
T = TypeVar("T")


class Overtaken(Exception):
    """Another reader moved the place, or what it belongs to, since this one read it."""


@dataclass(frozen=True)
class Batch:
    """Changes in their order and the place behind them, to be kept where ``is_due``: always, unless nothing came."""

    changes: list[Document]
    token: Document | None
    is_due: bool


class Changes:
    """An open stream."""

    def __init__(self, stream: ChangeStream[dict[str, Any]], token: Document | None, most: int) -> None:
        self._stream, self._most = stream, most
        self._kept = token
        self._kept_at = time.monotonic() if token else float("-inf")

    def take(self) -> Batch:
        """What came next, up to the stream's batch; nothing came where none is there in half a second."""
        changes, token = list(self._next()), self._stream.resume_token
        is_idle = time.monotonic() - self._kept_at > KEEP_SECONDS and token != self._kept
        if is_due := bool(changes) or is_idle:
            self._kept, self._kept_at = token, time.monotonic()
        return Batch(changes, token, is_due)

    def up_to(self, moment: Timestamp) -> Iterator[Batch]:
        """The batches until one has passed the moment or nothing is left."""
        while (batch := self.take()).changes:
            yield batch
            if batch.changes[-1]["clusterTime"] > moment:
                return

    def _next(self) -> Iterator[Document]:
        until = time.monotonic() + BATCH_SECONDS
        for _ in range(self._most):
            change = self._stream.try_next()
            if change is None:
                return
            yield change
            if time.monotonic() > until:
                return


@contextmanager
def open_changes(
    database: Database[dict[str, Any]],
    pipeline: Sequence[Document],
    place: Document,
    *,
    most: int,
    full_document: str | None = "updateLookup",
    await_milliseconds: int | None = None,
) -> Iterator[Changes]:
    """The stream from a place on, ``most`` changes a batch. By default an update comes with what it left.

    The server holds an empty answer for ``await_milliseconds``, by default ``AWAIT_MILLISECONDS``.
    """
    token = place.get("token")
    start = {"resume_after": token} if token else {"start_at_operation_time": place["start"]}
    with pymongo.timeout(OPEN_SECONDS):
        stream = database["certificates"].watch(
            pipeline,
            full_document=full_document,
            max_await_time_ms=AWAIT_MILLISECONDS if await_milliseconds is None else await_milliseconds,
            batch_size=most,
            **start,
        )
    with stream:
        yield Changes(stream, token, most)


def insertions_and_updates(fields: Sequence[str]) -> list[Document]:
    """The pipeline of who reads these fields of certificates, as they were recorded and as they changed."""
    taken = {f"fullDocument.{name}": 1 for name in ("_id", *fields)}
    named = {"operationType": 1, "clusterTime": 1, "updateDescription.updatedFields": 1}
    return [{"$match": {"operationType": {"$in": ["insert", "update"]}}}, {"$project": named | taken}]


def read_change(
    change: Document,
    of_insertion: Callable[[Document], Iterator[T]],
    of_update: Callable[[Document, Document], Iterator[T]],
) -> Iterator[T]:
    """What a change means: of the certificate as it was recorded, or as it is by now with the fields that were set."""
    document = change.get("fullDocument")
    if document is None:  # deleted since, which the service never does
        return iter(())
    if change["operationType"] == "insert":
        return of_insertion(document)
    return of_update(document, change["updateDescription"]["updatedFields"])


def latest_moment(database: Database[dict[str, Any]]) -> Timestamp:
    """The record's latest moment, in its own time."""
    with database.client.start_session() as session:
        database.client.admin.command("ping", session=session)
        moment = session.operation_time
    assert moment is not None  # noqa: S101 - a replica set always tells
    return moment


def keep_following(
    follow: Callable[[], object], begin_anew: Callable[[], object], stop: Event, log: logging.Logger
) -> None:
    """Follow until stopped, through every absence of the database; begin anew where the oplog has lost the place."""

    def attempt() -> bool:
        try:
            follow()
        except Overtaken:
            log.debug("another one follows; standing by")
            return False
        except OperationFailure as error:
            if error.code not in HISTORY_LOST:
                raise
            log.warning("the oplog no longer reaches back; beginning anew")
            begin_anew()
        return True

    keep_at(attempt, stop, idle_seconds=RETRY_SECONDS, away_seconds=RETRY_SECONDS, log=log)
