"""Work in threads while a block runs: neither an outage of the database nor a defect in one piece ends a thread."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from logging import Logger
from threading import Event, Thread, get_ident
from time import monotonic

from pymongo.errors import PyMongoError

from registry.mongo import DATABASE_AWAY


@contextmanager
def in_threads(
    *works: Callable[[Event], None], name: str, grace_seconds: float | None = None
) -> Iterator[None]:
    """Do each work in a thread of its own while the block runs; the event tells it to stop.

    Then they are waited for; with ``grace_seconds`` no longer than that each, and the process may end without them.
    """
    stop = Event()
    is_daemon = grace_seconds is not None
    threads = [Thread(target=work, args=(stop,), name=name, daemon=is_daemon) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(grace_seconds)


def keep_at(
    attempt: Callable[[], object], stop: Event, *, idle_seconds: float, away_seconds: float, log: Logger
) -> None:
    """Attempt until stopped: again at once where something was done (true), after a pause where nothing was.

    What fails is attempted again after ``away_seconds``: whoever works under a lease finds its piece again.
    """
    while not stop.is_set():
        try:
            pause = 0.0 if attempt() else idle_seconds
        except DATABASE_AWAY as error:
            log.warning("database away: %s", type(error).__name__)
            pause = away_seconds
        except Exception as error:  # noqa: BLE001 - one defect must not end all work
            log.error("defect: %s", _name(error))
            pause = away_seconds
        stop.wait(pause)


def every(seconds: float, act: Callable[[], object]) -> Callable[[], None]:
    """A call that acts at once, then at most once in so many seconds, however often it is called."""
    due = float("-inf")

    def act_when_due() -> None:
        nonlocal due
        if monotonic() >= due:
            due = monotonic() + seconds
            act()

    return act_when_due


def worker_name() -> str:
    """This thread among all that take pieces of work: machine, process, thread."""
    return f"{socket.gethostname()} {os.getpid()} {get_ident()}"


def _name(error: Exception) -> str:
    # without its text, which could quote a person
    code = getattr(error, "code", None) if isinstance(error, PyMongoError) else None
    return type(error).__name__ + (f" (code {code})" if code is not None else "")
