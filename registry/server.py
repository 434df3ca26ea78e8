"""The HTTP server: granian, several processes of several threads, all gone when the first one goes."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import socket
from collections.abc import Callable

from flask import Flask
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from keys.errors import Refused
from registry.lifeline import die_with
from registry.settings import Settings

GRACE = 3  # seconds a worker may take to end its requests: as long as one may wait for the database
COLLECT_AFTER = 20_000  # new objects before the collector looks for cycles; a request makes a thousand or two


def run_server(target: str, settings: Settings) -> None:
    """Serve the application factory ``target`` until interrupted.

    The workers are new processes: they read their settings from the environment, so what was found out at the start
    (the local MongoDB's address) is put there. Refused ``settings.port_taken``.
    """
    _check_port(settings)
    os.environ["MONGODB_URI"] = settings.mongodb_uri
    Granian(
        target,
        factory=True,
        interface=Interfaces.WSGI,
        address=settings.host,
        port=int(settings.port),
        workers=int(settings.workers),
        blocking_threads=int(settings.threads),
        backpressure=4 * int(settings.threads),
        respawn_failed_workers=True,
        workers_kill_timeout=GRACE,
        log_level=LogLevels.warning,
    ).serve()


def start_worker(make_app: Callable[[], Flask]) -> Flask:
    """The application of a server process, and that process made ready to serve it and to end in time.

    A worker is forked, and has the first process's handlers until granian sets its own, which is after this: a
    SIGTERM that came meanwhile would be lost. Of two signals in a row granian 2.8 loses both. Either way the worker
    would serve on until it is killed, GRACE later.
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.setpgid(0, 0)  # Ctrl-C reaches the first process alone, whose SIGTERM is then the only signal
    starter = multiprocessing.parent_process()
    if starter and starter.pid:
        die_with(starter.pid)
    app = make_app()
    spare_collector()
    return app


def spare_collector() -> None:
    """Let the collector of cycles skip what was made until now, for it stays, and run rarer.

    It took a seventh of a request.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 10, 10)


def _check_port(settings: Settings) -> None:
    """Refuse a port that another program has. granian would share it (SO_REUSEPORT) and get half of its requests."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        socket.create_server((settings.host, int(settings.port)), family=family).close()
    except OSError:
        raise Refused("settings.port_taken", field="PORT", port=int(settings.port)) from None
