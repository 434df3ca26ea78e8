"""Counting the whole record anew: a snapshot of one moment, into counters of their own, shown by turning one pointer.

The one place that scans. It runs at the first start, when the oplog was lost, and by ``skills-registry statistics
rebuild``. Events after the snapshot's moment are left to the change stream, which begins right there.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from time import sleep
from typing import Any

import pymongo
from bson import Timestamp
from pymongo import UpdateOne
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError, OperationFailure

from registry.following import Overtaken, latest_moment
from registry.state import State
from registry.statistics.counting import (
    ISSUED,
    REISSUED,
    Event,
    Increments,
    count,
    measures_of,
    read_subject,
)
from registry.statistics.upload_rows import rebuild_rows

PROJECTION = "certificates"  # the pointer in `projections`
# The pointer's mark of counters that count by the day of recording too; older ones do not.
BY_RECORDING = "by_recording"
SNAPSHOT_UNAVAILABLE = 246  # MongoDB: "please retry the operation"
SNAPSHOT_TRIES = 50
SNAPSHOT_WAIT = 0.1  # seconds
REBUILD_SECONDS = 600.0  # a million certificates take well under a minute
SNAPSHOT_SECONDS = 300  # how far back MongoDB keeps snapshots; grouping ends before
WRITES = 1_000  # counters a bulk write

_COUNTED = {
    "kind": "$kind",
    "level": "$level",
    "occupation": {"code": "$occupation.code", "edition": "$occupation.edition"},
    "region": "$region",
    "assessor": "$assessor",
}
DAY = "%Y-%m-%d"
ISSUES: list[dict[str, Any]] = [
    {
        "$group": {
            "_id": {
                **_COUNTED,
                "on": "$issued_on",
                "again": {"$gt": ["$replaces", None]},
                "recorded": {"$dateToString": {"date": "$recorded_at", "format": DAY, "timezone": "+08:00"}},
            },
            "times": {"$sum": 1},
        }
    },
]
CHANGED: list[dict[str, Any]] = [
    {"$match": {"changes.0": {"$exists": True}}},
    {"$set": {"states": "$changes.state"}},
    {"$unwind": {"path": "$changes", "includeArrayIndex": "place"}},
    {
        "$group": {
            "_id": {
                **_COUNTED,
                "state": "$changes.state",
                "before": {  # the element before the first would be the last
                    "$cond": ["$place", {"$arrayElemAt": ["$states", {"$subtract": ["$place", 1]}]}, None]
                },
                "on": {"$dateToString": {"date": "$changes.at", "format": DAY, "timezone": "+08:00"}},
            },
            "times": {"$sum": 1},
        }
    },
]


def rebuild(database: Database[dict[str, Any]], *, at: datetime) -> dict[str, Any]:
    """Count the record anew and turn the pointer; the pointer. Raises `Overtaken` when somebody else just did."""
    before = database["projections"].find_one({"_id": PROJECTION})
    generation = secrets.token_hex(4)
    with pymongo.timeout(REBUILD_SECONDS):
        moment, counted = _count_at_one_moment(database)
        _write(database, generation, counted)
        rebuild_rows(database)
        pointer = {
            "_id": PROJECTION,
            "generation": generation,
            "token": None,
            "start": Timestamp(moment.time, moment.inc + 1),
            "as_of": at,
            BY_RECORDING: True,
        }
        if not _turn(database, before, pointer):
            _drop(database, generation)
            raise Overtaken
        if before:
            _drop(database, before["generation"])
    return pointer


def counter_updates(generation: str, increments: Increments) -> list[UpdateOne]:
    """The writes that add ``increments`` to the counters of a generation."""
    by_counter: dict[str, dict[str, int]] = {}
    for (name, measure), amount in increments.items():
        by_counter.setdefault(f"{generation}|{name}", {})[measure] = amount
    return [UpdateOne({"_id": name}, {"$inc": added}, upsert=True) for name, added in by_counter.items()]


def _count_at_one_moment(database: Database[dict[str, Any]]) -> tuple[Timestamp, Increments]:
    """A moment and the counts at it; a moment that MongoDB cannot show yet (a new index) is left for a later one."""
    for _ in range(SNAPSHOT_TRIES):
        moment = latest_moment(database)
        try:
            return moment, _count_all(database, moment)
        except OperationFailure as error:
            if error.code != SNAPSHOT_UNAVAILABLE:
                raise
            sleep(SNAPSHOT_WAIT)
    raise Overtaken


def _count_all(database: Database[dict[str, Any]], moment: Timestamp) -> Increments:
    counted: Increments = count(())
    for pipeline in (ISSUES, CHANGED):
        for row in _aggregate(database, pipeline, moment):
            counted.update(count(_events(row["_id"]), times=row["times"]))
    return counted


def _aggregate(
    database: Database[dict[str, Any]], pipeline: list[dict[str, Any]], moment: Timestamp
) -> Iterator[Mapping[str, Any]]:
    command = {
        "aggregate": "certificates",
        "pipeline": pipeline,
        "cursor": {},
        "allowDiskUse": True,
        "readConcern": {"level": "snapshot", "atClusterTime": moment},
    }
    yield from database.cursor_command(command)


def _events(group: Mapping[str, Any]) -> Iterator[Event]:
    recorded = date.fromisoformat(group["recorded"]) if "recorded" in group else None
    for measure in _measures(group):
        yield Event(read_subject(group), measure, date.fromisoformat(group["on"]), recorded)


def _measures(group: Mapping[str, Any]) -> tuple[str, ...]:
    if "state" in group:
        return measures_of(State(group["state"]), State(group["before"]) if group["before"] else None)
    return (REISSUED if group["again"] else ISSUED,)


def _write(database: Database[dict[str, Any]], generation: str, counted: Increments) -> None:
    updates = counter_updates(generation, counted)
    for chunk in _chunks(updates):
        database["statistics"].bulk_write(chunk, ordered=False)


def _chunks(updates: list[UpdateOne]) -> Iterable[list[UpdateOne]]:
    return (updates[start : start + WRITES] for start in range(0, len(updates), WRITES))


def _turn(
    database: Database[dict[str, Any]], before: Mapping[str, Any] | None, pointer: dict[str, Any]
) -> bool:
    if before:
        wanted = {"_id": PROJECTION, "generation": before["generation"]}
        return bool(database["projections"].replace_one(wanted, pointer).matched_count)
    try:
        database["projections"].insert_one(pointer)
    except DuplicateKeyError:
        return False
    return True


def _drop(database: Database[dict[str, Any]], generation: str) -> None:
    database["statistics"].delete_many({"_id": {"$regex": f"^{generation}\\|"}})
