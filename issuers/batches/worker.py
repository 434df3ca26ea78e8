"""Checks and issues batches while a worker process runs: beside the server, or as ``skills-registry worker``.

Two threads share one core: one signs while the other waits for MongoDB.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread, get_ident
from time import monotonic

from issuers.batches.desk import BatchDesk
from registry.mongo import DATABASE_AWAY

IDLE = 0.3  # seconds between looks for work: nobody notices so short a wait before a batch begins
AWAY = 1.0  # seconds to wait for a database that is away
TIDY = 5.0  # seconds between two rounds of tidying
THREADS = 2

log = logging.getLogger("issuers.batches.worker")


@contextmanager
def issuing(desk: BatchDesk, *, patience: float = IDLE) -> Iterator[None]:
    """Work in threads while the block runs. An outage of the database or a defect in one chunk ends no thread."""
    stop = Event()
    threads = [Thread(target=_work, args=(desk, stop, patience), name="batches") for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _work(desk: BatchDesk, stop: Event, patience: float) -> None:
    name = f"{socket.gethostname()} {os.getpid()} {get_ident()}"
    tidied = float("-inf")
    while not stop.is_set():
        if monotonic() - tidied > TIDY:
            _attempt(desk.tidy, stop)
            tidied = monotonic()
        if not _attempt(lambda: desk.work_once(name), stop):
            stop.wait(patience)


def _attempt(work: Callable[[], bool | None], stop: Event) -> bool:
    try:
        return bool(work())
    except DATABASE_AWAY as error:
        log.warning("database away: %s", type(error).__name__)
    except Exception as error:  # noqa: BLE001 - its chunk comes again when its lease ends
        log.error("defect: %s", type(error).__name__)  # without its text, which could quote a person
    stop.wait(AWAY)
    return False
