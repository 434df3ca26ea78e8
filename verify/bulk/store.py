"""Jobs, their chunks and the day's counts in MongoDB.

A job is received, then waits until all its chunks are done, then is finished with its report. Whoever works takes the
next chunk under a lease; a chunk's results are written once, in one update, by whoever is first; so workers may be
many, and each may be killed at any moment. What an employer may ask at once, and in a day, is kept by unique indexes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from keys.errors import Refused
from verify.bulk.limits import EVIDENCE_LIFE, JOBS_A_DAY, OPEN_JOBS, RESULT_LIFE, ROWS_A_DAY

LEASE = timedelta(seconds=60)  # a chunk takes under a second; a worker that is gone delays its chunk so long
MAX_TRIES = 5  # a chunk that ends five workers would end the sixth
RECEIVING = timedelta(minutes=10)  # longer than any upload: then whoever received it is gone

Document = dict[str, Any]


@dataclass(frozen=True)
class Done:
    """A judged chunk: sealed rows of results, what is kept for years, its digest and counts."""

    results: bytes
    evidence: bytes
    digest: str
    outcomes: Mapping[str, int]
    levels: Mapping[str, int]
    checked_at: datetime


class Jobs:
    """The collections bulk_jobs, bulk_chunks and bulk_days."""

    def __init__(self, database: Database[Document]) -> None:
        self._jobs: Collection[Document] = database["bulk_jobs"]
        self._chunks: Collection[Document] = database["bulk_chunks"]
        self._days: Collection[Document] = database["bulk_days"]

    def prepare(self) -> None:
        """Make the indexes; does nothing where they are."""
        self._jobs.create_indexes(
            [
                IndexModel(
                    [("employer", ASCENDING), ("slot", ASCENDING)],
                    unique=True,
                    partialFilterExpression={"slot": {"$exists": True}},
                ),
                IndexModel([("employer", ASCENDING), ("received_at", DESCENDING)]),
                IndexModel([("state", ASCENDING), ("received_at", ASCENDING)]),
                IndexModel("keep_until", expireAfterSeconds=0),
            ]
        )
        self._chunks.create_indexes(
            [
                IndexModel([("job", ASCENDING), ("n", ASCENDING)], unique=True),
                IndexModel([("done", ASCENDING), ("n", ASCENDING)], partialFilterExpression={"done": False}),
                IndexModel("delete_at", partialFilterExpression={"results": {"$exists": True}}),
                IndexModel("keep_until", expireAfterSeconds=0),
            ]
        )
        self._days.create_indexes([IndexModel("keep_until", expireAfterSeconds=0)])

    # --- receiving ---

    def open(self, job_id: str, employer: str, *, by: str, at: datetime, day: date | None = None) -> None:
        """Begin a job in one of the employer's places. Refused ``bulk.busy`` when all are taken."""
        job = {
            "_id": job_id,
            "employer": employer,
            "by": by,
            "state": "receiving",
            "received_at": at,
            "delete_at": at + RESULT_LIFE,
            "keep_until": at + EVIDENCE_LIFE,
        }
        if day is not None:
            job["day"] = day.isoformat()  # the day gone by that it asks about
        for slot in range(OPEN_JOBS):
            try:
                self._jobs.insert_one(job | {"slot": slot})
            except DuplicateKeyError:
                continue
            return
        raise Refused("bulk.busy", limit=OPEN_JOBS)

    def add_chunk(self, job_id: str, n: int, rows: int, sealed: bytes, *, at: datetime) -> None:
        """Keep the rows of a chunk, sealed. Nobody works on it before the job is accepted."""
        self._chunks.insert_one(
            {
                "job": job_id,
                "n": n,
                "rows": rows,
                "input": sealed,
                "tries": 0,
                "lease_until": at,
                "delete_at": at + RESULT_LIFE,
                "keep_until": at + EVIDENCE_LIFE,
            }
        )

    def accept(self, job_id: str, employer: str, *, rows: int, day: date, facts: Mapping[str, Any]) -> None:
        """Count the job against the employer's day and let the work begin. Refused ``bulk.day_used``."""
        self._count(f"{employer} {day.isoformat()}", rows, day)
        update = {"state": "waiting", "rows": rows, "facts": facts}
        self._jobs.update_one({"_id": job_id}, {"$set": update})
        self._release(job_id)

    def day_of(self, job_id: str) -> date | None:
        """The day gone by that a job asks about; None where it asks about now."""
        found = self._jobs.find_one({"_id": job_id}, {"day": 1})
        return date.fromisoformat(found["day"]) if found and "day" in found else None

    def drop(self, job_id: str) -> None:
        """Forget a job that was not accepted."""
        self._chunks.delete_many({"job": job_id})
        self._jobs.delete_one({"_id": job_id, "state": "receiving"})

    def is_day_used(self, employer: str, day: date) -> bool:
        """Whether not one more job fits into the employer's day; asked before an upload is read."""
        found = self._days.find_one({"_id": f"{employer} {day.isoformat()}"})
        return found is not None and (found["jobs"] >= JOBS_A_DAY or found["rows"] >= ROWS_A_DAY)

    def _count(self, key: str, rows: int, day: date) -> None:
        fits = {"_id": key, "jobs": {"$lt": JOBS_A_DAY}, "rows": {"$lte": ROWS_A_DAY - rows}}
        keep_until = datetime.fromisoformat(f"{day}T00:00:00+00:00") + timedelta(days=2)
        update = {"$inc": {"jobs": 1, "rows": rows}, "$setOnInsert": {"keep_until": keep_until}}
        for _ in range(
            2
        ):  # two first jobs of a day at once: the loser's insert collides, its next update fits
            try:
                self._days.update_one(fits, update, upsert=True)
            except DuplicateKeyError:
                continue
            return
        raise Refused("bulk.day_used", jobs=JOBS_A_DAY, rows=ROWS_A_DAY)

    # --- working ---

    def take_chunk(self, worker: str, *, at: datetime) -> Document | None:
        """The next chunk under a lease, first chunks first, so that a short list need not wait for a long one."""
        taken = self._chunks.find_one_and_update(
            {"done": False, "lease_until": {"$lte": at}},
            {"$set": {"lease_until": at + LEASE, "worker": worker}, "$inc": {"tries": 1}},
            sort=[("n", ASCENDING)],
            return_document=True,
        )
        if taken and taken["n"] == 0:
            self._jobs.update_one(
                {"_id": taken["job"], "started_at": {"$exists": False}}, {"$set": {"started_at": at}}
            )
        return taken

    def finish_chunk(self, chunk: Mapping[str, Any], done: Done) -> bool:
        """Keep a chunk's results and forget its rows. False where another worker was first: its results stand."""
        update = {
            "$set": {"done": True, **vars(done)},
            "$unset": {"input": "", "lease_until": "", "worker": ""},
        }
        return self._chunks.update_one({"_id": chunk["_id"], "done": False}, update).modified_count == 1

    def is_done(self, job_id: str) -> bool:
        """Whether every chunk of the job has its results."""
        return self._chunks.find_one({"job": job_id, "done": {"$ne": True}}, {"_id": 1}) is None

    def finish(self, job_id: str, report: bytes, outcomes: Mapping[str, int], *, at: datetime) -> None:
        """Keep the report and free the employer's place; the first one stands."""
        self._jobs.update_one(
            {"_id": job_id, "state": "waiting"},
            {
                "$set": {"state": "done", "report": report, "outcomes": outcomes, "finished_at": at},
                "$unset": {"slot": ""},
            },
        )

    def fail(self, job_id: str, *, at: datetime) -> None:
        """Give a job up: its rows are forgotten and the employer's place is free."""
        self._chunks.delete_many({"job": job_id})
        self._jobs.update_one(
            {"_id": job_id, "state": {"$in": ["waiting", "receiving"]}},
            {"$set": {"state": "failed", "finished_at": at}, "$unset": {"slot": ""}},
        )

    def tidy(self, *, at: datetime) -> list[str]:
        """Put right what a killed process left, delete what is old; the jobs that only lack their report."""
        for job in self._jobs.find(
            {"state": "receiving", "received_at": {"$lt": at - RECEIVING}}, {"_id": 1}
        ):
            self.fail(job["_id"], at=at)
        waiting = [job["_id"] for job in self._jobs.find({"state": "waiting"}, {"_id": 1})]
        for job_id in waiting:
            self._release(job_id)
        self._chunks.update_many(
            {"delete_at": {"$lte": at}, "results": {"$exists": True}}, {"$unset": {"results": ""}}
        )
        return [job_id for job_id in waiting if self.is_done(job_id)]

    def _release(self, job_id: str) -> None:
        self._chunks.update_many({"job": job_id, "done": {"$exists": False}}, {"$set": {"done": False}})

    # --- reading ---

    def find(self, job_id: str, employer: str | None = None) -> Document:
        """A job, of that employer where one is named. Refused ``bulk.unknown``, for another's too."""
        found = self._jobs.find_one({"_id": job_id} | ({"employer": employer} if employer else {}))
        if found is None:
            raise Refused("bulk.unknown", field="id")
        return found

    def latest(self, employer: str, *, limit: int) -> list[Document]:
        """The employer's jobs, newest first, without their reports."""
        found = self._jobs.find({"employer": employer}, {"report": 0})
        return list(found.sort("received_at", DESCENDING).limit(limit))

    def chunks_waiting(self) -> int:
        """How many chunks of all lists are not done yet."""
        waiting = [job["_id"] for job in self._jobs.find({"state": "waiting"}, {"_id": 1})]
        return (
            self._chunks.count_documents({"job": {"$in": waiting}, "done": {"$ne": True}}) if waiting else 0
        )

    def rows_done(self, job_id: str) -> int:
        """How many rows of a job have their answer."""
        found = self._chunks.find({"job": job_id, "done": True}, {"_id": 0, "rows": 1})
        return sum(chunk["rows"] for chunk in found)

    def chunks(self, job_id: str, *, first: int = 0, only: tuple[str, ...] = ()) -> Iterator[Document]:
        """The done chunks of a job in order from ``first`` on, one at a time; ``only`` names the fields wanted."""
        wanted = {"job": job_id, "n": {"$gte": first}, "done": True}
        projection = dict.fromkeys(("n", "rows", *only), 1) if only else None
        # two at a time: a batch of MongoDB's own size would hold 16 MB
        yield from self._chunks.find(wanted, projection, batch_size=2).sort("n", ASCENDING)
