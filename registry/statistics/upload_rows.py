"""What the national system still has to be told (ZJ-09), kept as certificates are issued and changed.

One row an event: a certificate issued is a new row, one revoked or replaced a correction. Rows have fixed names,
so writing one twice changes nothing. Only level certificates of levels five to one have a national form
(domain notes 5.3: 职业技能等级 1–5); no code is published for the other levels and kinds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pymongo import UpdateOne
from pymongo.client_session import ClientSession
from pymongo.database import Database

KIND = "skill_level"
LEVELS = ("5", "4", "3", "2", "1")
CORRECTED = ("revoked", "superseded")  # states after which the national entry is no longer right


@dataclass(frozen=True)
class UploadRow:
    """One thing to tell: ``type`` is new or correction."""

    id: str
    code: str
    type: str


def row_of_insert(code: str, document: Mapping[str, Any]) -> Iterator[UploadRow]:
    """The rows for a certificate newly recorded."""
    if _reportable(document):
        yield UploadRow(f"{code}#0", code, "new")
        for place, change in enumerate(document.get("changes", ())):
            if change["state"] in CORRECTED:
                yield _correction(code, place)


def rows_of_update(code: str, document: Mapping[str, Any], updated: Mapping[str, Any]) -> Iterator[UploadRow]:
    """The rows for one update of a certificate; ``updated`` are the fields it set, by dotted names."""
    if not _reportable(document) or updated.get("state") not in CORRECTED:
        return
    for place, change in enumerate(document["changes"]):
        if change["state"] in CORRECTED:
            yield _correction(code, place)


def write_rows(
    database: Database[dict[str, Any]], rows: Iterable[UploadRow], session: ClientSession | None = None
) -> None:
    """Put the rows among those that wait; one that is there already stays as it is."""
    updates = [
        UpdateOne(
            {"_id": row.id},
            {"$setOnInsert": {"code": row.code, "type": row.type, "state": "waiting"}},
            upsert=True,
        )
        for row in rows
    ]
    if updates:
        database["uploads"].bulk_write(updates, ordered=False, session=session)


def rebuild_rows(database: Database[dict[str, Any]]) -> None:
    """Write the rows that are missing, from the record."""
    reportable = {"$match": {"kind": KIND, "level": {"$in": list(LEVELS)}}}
    into = {"$merge": {"into": "uploads", "on": "_id", "whenMatched": "keepExisting"}}
    database["certificates"].aggregate([reportable, _project("0", "new"), into])
    changed = {"$match": {"changes.state": {"$in": list(CORRECTED)}}}
    unwound = {"$unwind": {"path": "$changes", "includeArrayIndex": "place"}}
    place = {"$toString": {"$add": [{"$toInt": "$place"}, 1]}}
    database["certificates"].aggregate(
        [reportable, changed, unwound, changed, _project(place, "correction"), into]
    )


def _project(place: object, row_type: str) -> dict[str, Any]:
    return {
        "$project": {
            "_id": {"$concat": ["$_id", "#", place]},
            "code": "$_id",
            "type": {"$literal": row_type},
            "state": {"$literal": "waiting"},
        }
    }


def _correction(code: str, place: int) -> UploadRow:
    return UploadRow(f"{code}#{place + 1}", code, "correction")


def _reportable(document: Mapping[str, Any]) -> bool:
    return document["kind"] == KIND and document["level"] in LEVELS
