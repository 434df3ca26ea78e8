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
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from itertools import chain
from threading import Event
from typing import Any

import pymongo
from pymongo import ASCENDING
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError, PyMongoError

from registry.audit.checking import CHECK_SECONDS, Checks
from registry.audit.entries import happening_of_act, happenings_of_insert, happenings_of_update
from registry.audit.trail import End, Trail
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
from registry.threads import every, in_threads

log = logging.getLogger(__name__)

BATCH = 1_000  # happenings a transaction: one insert_many of half a megabyte
SCAN_SECONDS = 60.0
LEASE = timedelta(seconds=15)  # a writer that was killed delays the trail by this much

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
PIPELINE = insertions_and_updates(TAKEN)


class TrailWriter:
    """Follows the acts and the certificates of one database into its trail."""

    def __init__(self, database: Database[dict[str, Any]], clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._trail = Trail(database)
        self._checks = Checks(database)
        self._name = f"{socket.gethostname()} {os.getpid()} {secrets.token_hex(4)}"
        self._held_until = datetime.min.replace(tzinfo=UTC)

    def run(self, stop: Event) -> None:
        """Write until stopped, through every absence of the database."""
        keep_following(lambda: self._follow(stop), lambda: self._begin_anew(self._trail.end()), stop, log)
        self._release_lease()

    def catch_up(self) -> End:
        """Write everything that was noted and recorded before this call; where the trail ends then."""
        until = latest_moment(self._database)
        end = self._take_acts(self._scan(self._trail.end()))
        with open_changes(
            self._database, PIPELINE, end.state, most=BATCH, await_milliseconds=PAST_MILLISECONDS
        ) as changes:
            for batch in changes.up_to(until):
                end = self._append(batch, end)
        return end

    def _follow(self, stop: Event) -> None:
        if not self._hold_lease():
            raise Overtaken
        check = every(CHECK_SECONDS, lambda: self._checks.run(at=self._clock(), stop=stop.is_set))
        end = self._scan(self._trail.end())
        with open_changes(self._database, PIPELINE, end.state, most=BATCH) as changes:
            while not stop.is_set() and self._hold_lease():
                end = self._take_acts(end)
                batch = changes.take()
                if batch.is_due:
                    end = self._append(batch, end)
                check()

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

    def _append(self, batch: Batch, end: End) -> End:
        read = (read_change(one, happenings_of_insert, happenings_of_update) for one in batch.changes)
        happenings = list(chain.from_iterable(read))
        return self._trail.append(end, happenings, at=self._clock(), state={"token": batch.token})

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
        moment = latest_moment(self._database)
        return self._trail.append(end, [], at=self._clock(), state={"start": moment})

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


def writing(
    database: Database[dict[str, Any]], clock: Callable[[], datetime]
) -> AbstractContextManager[None]:
    """Write the trail of ``database`` in a thread while the block runs."""
    return in_threads(TrailWriter(database, clock).run, name="trail", grace_seconds=RETRY_SECONDS)
