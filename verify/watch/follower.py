"""Follows the record's change stream and has every change of what is watched noticed.

Noticing twice leaves one document, so no transaction is needed: a batch is noticed, then the place in the stream is
kept. Killed between the two, the batch is noticed again. Where the oplog no longer reaches back, the record is swept.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import AbstractContextManager
from threading import Event
from typing import Any

from registry.following import RETRY_SECONDS, keep_following, latest_moment, open_changes
from registry.threads import every, in_threads, keep_at
from verify.watch.desk import WatchDesk

log = logging.getLogger("verify.watch")

PLACE = "watches"  # in the collection projections, beside the counters'
BATCH = 500  # changes noticed together
EXPIRE_SECONDS = 30.0  # between two looks for certificates whose time is over
IDLE_SECONDS = 0.5  # between two looks for deliveries that are due
SENDERS = 4  # threads: a receiver that lets us wait holds one of them for ten seconds
PIPELINE: list[Mapping[str, Any]] = [
    {"$match": {"operationType": "update"}},
    {"$project": {"documentKey": 1}},
]


class Follower:
    """Notices the changes of one database and delivers them, until stopped."""

    def __init__(self, desk: WatchDesk) -> None:
        self._desk = desk
        self._database = desk.registry.database
        self._places = self._database["projections"]

    def follow(self, stop: Event) -> None:
        """Notice changes, through every absence of the database."""
        keep_following(lambda: self._follow(stop), lambda: self._places.delete_one({"_id": PLACE}), stop, log)

    def deliver(self, stop: Event) -> None:
        """Deliver what is due."""
        keep_at(self._desk.deliver_once, stop, idle_seconds=IDLE_SECONDS, away_seconds=RETRY_SECONDS, log=log)

    def _follow(self, stop: Event) -> None:
        expire = every(EXPIRE_SECONDS, self._desk.expire)
        with open_changes(self._database, PIPELINE, self._place(), most=BATCH, full_document=None) as changes:
            while not stop.is_set():
                batch = changes.take()
                if batch.changes:
                    self._desk.notice({one["documentKey"]["_id"] for one in batch.changes})
                if batch.is_due:
                    self._places.update_one({"_id": PLACE}, {"$set": {"token": batch.token}}, upsert=True)
                expire()

    def _place(self) -> Mapping[str, Any]:
        if place := self._places.find_one({"_id": PLACE}):
            return place
        moment = latest_moment(self._database)
        self._desk.sweep()  # after the moment the stream starts from: nothing falls between
        return {"start": moment}


def watching(desk: WatchDesk) -> AbstractContextManager[None]:
    """Notice and deliver in threads while the block runs."""
    follower = Follower(desk)
    work = (follower.follow, *[follower.deliver] * SENDERS)
    return in_threads(*work, name="watches", grace_seconds=RETRY_SECONDS)
