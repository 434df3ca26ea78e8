"""What waits for whom, and why issuing was refused: the first page of an assessor and of the bureau."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from issuers.batches.desk import batch_desk
from issuers.batches.store import BatchState
from issuers.registers import figures
from issuers.services import issuers
from registry.credential import day_start
from registry.keyrings import REGISTRY
from registry.registers.integrity_store import IntegrityFiles
from registry.services import registry
from registry.statistics.charts import bars
from registry.workers.desk import workers

MOST_REASONS = 8  # as many as a clerk can do something about


def assessor_waiting(assessor: str) -> Mapping[str, int]:
    """What an assessor's people have to look after."""
    batches = batch_desk().batches
    return {
        "batches": batches.count(assessor, BatchState.PREPARED),
        "running": batches.count(assessor, BatchState.RUNNING),
        "changes": issuers().many.changes.waiting(assessor),
        "requests": workers().requests.waiting(assessor),
    }


def recorded_in_all(assessor: str, on: date) -> int:
    """How many certificates an assessor was given, on a day in China: from the counters, and what may not be in them
    yet from the index; from the index alone where there are no counters.
    """
    record, settled = registry().record, figures().settled(assessor, until=on)
    if settled is None:
        return record.count(assessor)
    return settled.count + record.count_since(assessor, datetime.fromisoformat(day_start(settled.before)))


def bureau_waiting(on: date) -> Mapping[str, int]:
    """What the bureau's people have to look after, on a day in China."""
    requests = workers().requests
    return {
        "applications": issuers().accreditations.cases.waiting(),
        "requests": requests.waiting(REGISTRY),
        "overdue": requests.overdue(on),
        "changes": issuers().many.changes.waiting(REGISTRY),
        "integrity": sum(case.is_open(on) for case in IntegrityFiles(registry().database).cases()),
        "running": batch_desk().batches.running(),
    }


def refusals_of(assessor: str) -> list[Mapping[str, Any]]:
    """The most frequent reasons of the last days, with their words and a bar each."""
    found = issuers().refusals.latest(assessor)[:MOST_REASONS]
    drawn = bars([one.count for one in found])
    return [
        {"code": one.problem.code, "words": one.problem.words(), "last": one.last.isoformat(), "bar": bar}
        for one, bar in zip(found, drawn, strict=True)
    ]
