"""Checks and issues batches while a worker process runs: beside the server, or as ``skills-registry worker``.

Two threads share one core: one signs while the other waits for MongoDB.
"""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager
from threading import Event

from issuers.batches.desk import BatchDesk
from registry.threads import every, in_threads, keep_at, worker_name

IDLE = 0.3  # seconds between looks for work: nobody notices so short a wait before a batch begins
AWAY = 1.0  # seconds to wait for a database that is away
TIDY = 5.0  # seconds between two rounds of tidying
THREADS = 2

log = logging.getLogger("issuers.batches.worker")


def issuing(desk: BatchDesk, *, patience: float = IDLE) -> AbstractContextManager[None]:
    """Work in threads while the block runs; a chunk that fails comes again when its lease ends."""

    def work(stop: Event) -> None:
        name, tidy = worker_name(), every(TIDY, desk.tidy)

        def attempt() -> bool:
            tidy()
            return desk.work_once(name)

        keep_at(attempt, stop, idle_seconds=patience, away_seconds=AWAY, log=log)

    return in_threads(*[work] * THREADS, name="batches")
