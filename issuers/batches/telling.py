"""What is told of a batch: how far it is, its mistakes, rows to proof-read, what became of each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from issuers.batches.chunks import Counts, Document
from issuers.batches.desk import BatchDesk
from issuers.batches.limits import SAMPLE
from issuers.batches.sealing import Told
from issuers.batches.store import BatchState
from issuers.request import Draft
from keys.errors import Refused
from registry.problems import error_words
from registry.view import Json, describe_instant, describe_level, describe_occupation_code


def describe(desk: BatchDesk, batch: Document) -> Json:
    """A batch: its state, counts, and while it runs rows a second and seconds left (None while nobody can know)."""
    now = desk.registry.clock()
    counts = _counts(desk, batch)
    valid, ran = batch.get("valid", 0), _ran(batch, now)
    rate = counts.done / ran if ran and counts.done else 0.0
    left = valid - counts.done
    return {
        "id": batch["_id"],
        "state": batch["state"],
        "by": batch["by"],
        "approved_by": batch.get("approved_by"),
        "approved_at": describe_instant(batch["approved_at"]) if batch.get("approved_at") else None,
        "received_at": describe_instant(batch["received_at"]),
        "finished_at": describe_instant(batch["finished_at"]) if batch.get("finished_at") else None,
        "file": batch.get("facts"),
        "checked": batch.get("rows", batch.get("checked", 0)),
        "rows": batch.get("rows"),
        "valid": valid,
        "wrong": batch.get("wrong", 0),
        "issued": counts.issued,
        "failed": counts.failed,
        "per_second": round(rate, 1),
        "seconds_left": round(left / rate) if rate and batch["state"] == BatchState.RUNNING.value else None,
        "problems": [{"code": code, "count": count} for code, count in batch.get("problems", ())],
        "classes": [_describe_class(*one) for one in batch.get("classes", ())],
        "unread": batch.get("unread", []),
        "refusal": _refusal(batch),
    }


def findings(desk: BatchDesk, batch: Document) -> Iterator[Told]:
    """Every mistake, in the order of the rows."""
    for chunk in desk.batches.chunks.each(batch.get("part", ""), "findings"):
        yield from desk.box.findings(chunk)


def sample(desk: BatchDesk, batch: Document, size: int = SAMPLE) -> list[Draft]:
    """Rows to proof-read, spread over the batch; none once it is issued."""
    chunks = [one["n"] for one in desk.batches.chunks.each(batch["part"], "rows") if one["rows"]]
    wanted = set(chunks[:: max(1, len(chunks) // size)][:size])
    each = -(-size // max(1, len(wanted)))
    checker = desk.checker(desk.issuers.find_assessor(batch["assessor"]))
    drafts: list[Draft] = []
    for n in sorted(wanted):
        chunk = next(desk.batches.chunks.each(batch["part"], "input", first=n))
        rows = desk.box.rows(chunk) if "input" in chunk else []
        found = (checker.check_again(row)[0] for row in rows[:: max(1, len(rows) // each)][:each])
        drafts += [draft for draft in found if draft]
    return drafts[:size]


def _counts(desk: BatchDesk, batch: Document) -> Counts:
    if "issued" in batch:
        return Counts(batch["issued"], batch["failed"])
    return desk.batches.chunks.counts(batch["part"]) if "approved_at" in batch else Counts()


def _ran(batch: Document, now: datetime) -> float:
    if batch["state"] == BatchState.RUNNING.value:
        since: datetime = batch["running_since"]
        return float(batch["ran"]) + (now - since).total_seconds()
    return float(batch.get("ran", 0.0))


def _describe_class(code: str, edition: str, level: str | None, count: int) -> Json:
    return {
        "occupation": describe_occupation_code(code, edition),
        "level": describe_level(level) if level else None,
        "count": count,
    }


def _refusal(batch: Document) -> Json | None:
    why = batch.get("refusal")
    if why is None:
        return None
    return {"code": why["code"], **error_words(Refused(why["code"], **why["params"]))}
