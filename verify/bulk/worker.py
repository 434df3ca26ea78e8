"""Works on waiting chunks while a worker process runs: beside the server, or as ``skills-registry worker``.

Two threads share one core: one judges while the other waits for MongoDB.
"""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager
from threading import Event

from registry.threads import every, in_threads, keep_at, worker_name
from verify.bulk.desk import BulkDesk

IDLE = 0.5  # seconds between looks for work: nobody notices so short a wait before a list begins
AWAY = 3.0  # seconds to wait for a database that is away
THREADS = 2
TIDY = 20.0  # seconds between two rounds of tidying

log = logging.getLogger("verify.bulk.worker")


def checking(desk: BulkDesk, *, patience: float = IDLE) -> AbstractContextManager[None]:
    """Work in threads while the block runs; a chunk that fails comes again when its lease ends, five times at most."""

    def work(stop: Event) -> None:
        name, tidy = worker_name(), every(TIDY, desk.tidy)

        def attempt() -> bool:
            tidy()
            return desk.work_once(name)

        keep_at(attempt, stop, idle_seconds=patience, away_seconds=AWAY, log=log)

    return in_threads(*[work] * THREADS, name="bulk checks")
