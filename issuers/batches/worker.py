"""Checks and issues batches while a worker process runs: beside the server, or as ``skills-registry worker``.

One thread signs while another waits for MongoDB: two that sign in turn on one interpreter took a fifth longer.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Event

from issuers.batches.desk import BatchDesk
from registry.threads import every, in_threads, keep_at, worker_name

IDLE = 0.3  # seconds between looks for work: nobody notices so short a wait before a batch begins
AWAY = 1.0  # seconds to wait for a database that is away
TIDY = 5.0  # seconds between two rounds of tidying

log = logging.getLogger("issuers.batches.worker")


def issuing(desk: BatchDesk, *, patience: float = IDLE) -> AbstractContextManager[None]:
    """Issue and check while the block runs, each in a thread, so that a long list to check delays no certificate."""

    def issue(stop: Event) -> None:
        name = worker_name()
        _keep(lambda: desk.issue_waiting(name, stop.is_set), stop)

    def check(stop: Event) -> None:
        _keep(desk.check_next, stop)

    def _keep(work: Callable[[], bool], stop: Event) -> None:
        tidy = every(TIDY, desk.tidy)

        def attempt() -> bool:
            tidy()
            return work()

        keep_at(attempt, stop, idle_seconds=patience, away_seconds=AWAY, log=log)

    return in_threads(issue, check, name="batches")
