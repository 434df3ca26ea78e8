"""Works on waiting chunks while a worker process runs: beside the server, or as ``skills-registry worker``.

Two threads share one core: one judges while the other waits for MongoDB.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread, get_ident
from time import monotonic

from registry.mongo import DATABASE_AWAY
from verify.bulk.desk import BulkDesk

IDLE = 0.5  # seconds between looks for work: nobody notices so short a wait before a list begins
AWAY = 3.0  # seconds to wait for a database that is away
THREADS = 2
TIDY = 20.0  # seconds between two rounds of tidying

log = logging.getLogger("verify.bulk.worker")


@contextmanager
def checking(desk: BulkDesk, *, patience: float = IDLE) -> Iterator[None]:
    """Work in threads while the block runs. An outage of the database or a defect in one chunk ends no thread."""
    stop = Event()
    threads = [Thread(target=_work, args=(desk, stop, patience), name="bulk checks") for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _work(desk: BulkDesk, stop: Event, patience: float) -> None:
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
    except Exception as error:  # noqa: BLE001 - its chunk comes again when its lease ends, five times at most
        log.error("defect: %s", type(error).__name__)  # without its text, which could quote a person
    stop.wait(AWAY)
    return False
