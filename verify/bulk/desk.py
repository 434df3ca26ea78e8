"""The bulk desk: takes an employer's list in, has it judged, and gives results and report out."""

from __future__ import annotations

import json
import logging
import secrets
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import IO, Any, cast

from flask import current_app

from issuers.employers import Employer
from issuers.services import Issuers
from keys.errors import Refused
from keys.jcs import canonicalize
from keys.proof import sign
from keys.vault import Vault
from registry.credential import CHINA, china_date
from registry.keyrings import REGISTRY
from registry.people import open_holder
from registry.services import Registry
from registry.sheets import digest_of
from registry.view import Json, describe_instant
from verify.bulk.answers import Judge, levels_of
from verify.bulk.limits import CHUNK_ROWS, JOBS_A_DAY, ROWS_A_DAY
from verify.bulk.reading import find_format, read_rows
from verify.bulk.report import ChunkDigest, build_report
from verify.bulk.results import Cells, cells_of, digest, evidence_of, read_chunk, write_chunk
from verify.bulk.rows import Row, pack, unpack
from verify.bulk.store import MAX_TRIES, Document, Done, Jobs
from verify.checks import Trust
from verify.history import end_of_day
from verify.services import Verifier

EXTENSION = "skills-bulk"

log = logging.getLogger("verify.bulk")


@dataclass(frozen=True)
class BulkDesk:
    """Bulk checks on the record. One object serves pages, API and workers."""

    registry: Registry
    issuers: Issuers
    jobs: Jobs
    judge: Judge

    def receive(self, file: IO[bytes], employer: Employer, *, by: str, day: date | None = None) -> str:
        """Take an upload in; the id of the job, whose rows now wait. It asks about today, or about a ``day`` gone by.

        Refused ``bulk.busy``, ``bulk.day_used``, ``at.*`` and what `read_rows` refuses; then nothing is kept.
        """
        now = self.registry.clock()
        if day is not None:
            end_of_day(day, now=now)
        job_id = secrets.token_urlsafe(16)
        if self.jobs.is_day_used(employer.id, china_date(now)):
            raise Refused("bulk.day_used", jobs=JOBS_A_DAY, rows=ROWS_A_DAY)
        self.jobs.open(job_id, employer.id, by=by, at=now, day=day)
        try:
            facts = {"format": find_format(file), "sha256": digest_of(file)}
            rows = self._keep(job_id, read_rows(file), now)
            self.jobs.accept(job_id, employer.id, rows=rows, day=china_date(now), facts=facts)
        except BaseException:
            self.jobs.drop(job_id)
            raise
        return job_id

    def progress(self, job: Mapping[str, Any]) -> Json:
        """How far a job is: rows done, rows a second, seconds left (None while nobody can know)."""
        rows = job.get("rows", 0)
        is_done = job["state"] == "done"
        done = rows if is_done else self.jobs.rows_done(job["_id"])
        started = job.get("started_at")
        until = job.get("finished_at") or self.registry.clock()
        seconds = max((until - started).total_seconds(), 0.001) if started else 0.0
        rate = done / seconds if seconds else 0.0
        return {
            "id": job["_id"],
            "at": job.get("day"),
            "state": {"done": "done", "failed": "failed"}.get(job["state"], "running" if done else "waiting"),
            "rows": rows,
            "done": done,
            "rows_per_second": round(rate, 1),
            "seconds_left": 0 if is_done else round((rows - done) / rate) if rate else None,
            "received_at": describe_instant(job["received_at"]),
            "finished_at": describe_instant(job["finished_at"]) if job.get("finished_at") else None,
            "results_until": describe_instant(job["delete_at"]),
            "outcomes": job.get("outcomes"),
        }

    def results(self, job: Mapping[str, Any], *, first: int = 0) -> Iterator[list[Cells]]:
        """The results of a finished job, a chunk at a time. Refused ``bulk.unfinished``, ``bulk.deleted``."""
        check_readable(job, self.registry.clock())
        for chunk in self.jobs.chunks(job["_id"], first=first, only=("job", "results")):
            if "results" not in chunk:
                raise Refused("bulk.deleted")
            yield read_chunk(_open(self.registry.vault, chunk, "results"))

    def evidence(self, job: Mapping[str, Any]) -> Iterator[list[list[str | int]]]:
        """What is kept for years: row, certificate code, outcome, reason; a chunk at a time."""
        for chunk in self.jobs.chunks(job["_id"], only=("evidence",)):
            yield json.loads(zlib.decompress(chunk["evidence"]))

    def work_once(self, worker: str) -> bool:
        """Judge one chunk; False when none waits. What the database raises goes through."""
        chunk = self.jobs.take_chunk(worker, at=self.registry.clock())
        if chunk is None:
            return False
        if chunk["tries"] > MAX_TRIES:
            log.error("bulk job %s given up: chunk %d ended %d workers", chunk["job"], chunk["n"], MAX_TRIES)
            self.jobs.fail(chunk["job"], at=self.registry.clock())
            return True
        self.jobs.finish_chunk(chunk, self._judge(chunk))
        if self.jobs.is_done(chunk["job"]):
            self.finish(chunk["job"])
        return True

    def tidy(self) -> None:
        """Put right what killed processes left behind, and delete what is old."""
        for job_id in self.jobs.tidy(at=self.registry.clock()):
            self.finish(job_id)

    def finish(self, job_id: str) -> None:
        """Sum a job up and sign the report. Twice does no harm: the first stands."""
        job = self.jobs.find(job_id)
        digests, outcomes, levels = [], Counter[str](), Counter[str]()
        for chunk in self.jobs.chunks(job_id, only=("digest", "outcomes", "levels", "checked_at")):
            digests.append(ChunkDigest(chunk["rows"], chunk["digest"], describe_instant(chunk["checked_at"])))
            outcomes.update(chunk["outcomes"])
            levels.update(chunk["levels"])
        if job["state"] != "waiting" or sum(chunk.rows for chunk in digests) != job["rows"]:
            return
        now = self.registry.clock()
        employer = self.issuers.employers.find(job["employer"])
        origin = self.registry.settings.origin
        unsigned = build_report(job, employer, digests, outcomes, levels, origin=origin)
        key_id, key = self.registry.signing_key(REGISTRY)
        report = canonicalize(sign(unsigned, key=key, verification_method=key_id, created=now))
        self.jobs.finish(job_id, report, outcomes, at=now)

    def _keep(self, job_id: str, rows: Iterator[Row], at: datetime) -> int:
        total = 0
        while chunk := list(islice(rows, CHUNK_ROWS)):
            n = total // CHUNK_ROWS
            packed = json.dumps([pack(row) for row in chunk], ensure_ascii=False).encode()
            sealed = _seal(self.registry.vault, packed, f"{job_id} {n} input")
            self.jobs.add_chunk(job_id, n, len(chunk), sealed, at=at)
            total += len(chunk)
        return total

    def _judge(self, chunk: Document) -> Done:
        rows = [unpack(row) for row in json.loads(_open(self.registry.vault, chunk, "input"))]
        now = self.registry.clock()
        answers = self.judge.answer(rows, at=now, day=self.jobs.day_of(chunk["job"]))
        written = write_chunk(cells_of(answer) for answer in answers)
        return Done(
            results=_seal(self.registry.vault, written, f"{chunk['job']} {chunk['n']} results"),
            evidence=_squeeze(json.dumps([evidence_of(answer) for answer in answers]).encode()),
            digest=digest(written),
            outcomes=Counter(answer.outcome.value for answer in answers),
            levels=levels_of(answers),
            checked_at=now,
        )


def open_bulk_desk(registry: Registry, issuers: Issuers, verifier: Verifier) -> BulkDesk:
    """The bulk desk on a registry, its issuers and its verifier."""

    def find_trust(assessor_id: str) -> Trust | None:
        try:
            return verifier.trust(issuers.find_assessor(assessor_id).did)
        except Refused:
            return None

    judge = Judge(
        trust=verifier.trust,
        trust_by_id=find_trust,
        find_all=lambda codes, numbers: registry.record.find_all(codes=codes, numbers=numbers),
        open_holder=lambda found: open_holder(registry.vault, found.holder, code=found.code),
        origin=registry.settings.origin,
    )
    return BulkDesk(registry, issuers, Jobs(registry.database), judge)


def bulk_desk() -> BulkDesk:
    """The bulk desk of the current application."""
    return cast("BulkDesk", current_app.extensions[EXTENSION])


def check_readable(job: Mapping[str, Any], at: datetime) -> None:
    """Refused ``bulk.unfinished`` or ``bulk.deleted`` where a job has no results to give."""
    if job["state"] != "done":
        raise Refused("bulk.failed" if job["state"] == "failed" else "bulk.unfinished")
    if at >= job["delete_at"]:
        raise Refused("bulk.deleted")


def seconds_to_tomorrow(now: datetime) -> int:
    """Seconds until the next day begins in China, when the day's counts begin anew."""
    tomorrow = datetime.combine(china_date(now) + timedelta(days=1), time(), CHINA)
    return int((tomorrow - now).total_seconds()) + 1


def _seal(vault: Vault, plain: bytes, place: str) -> bytes:
    return vault.seal(_squeeze(plain), context=f"bulk {place}")


def _squeeze(plain: bytes) -> bytes:
    return zlib.compress(plain, 1)  # a third of the size for a hundredth of the time that judging takes


def _open(vault: Vault, chunk: Document, what: str) -> bytes:
    return zlib.decompress(vault.open(chunk[what], context=f"bulk {chunk['job']} {chunk['n']} {what}"))
