"""The HTTP server: granian, several processes of several threads, all gone when the first one goes."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from registry.settings import Settings

PR_SET_PDEATHSIG = 1  # prctl(2)
GRACE = 5  # seconds a worker may take to end its requests


def run_server(target: str, settings: Settings) -> None:
    """Serve the application factory ``target`` until interrupted.

    The workers are new processes: they read their settings from the environment, so what was found out at the start
    (the local MongoDB's address) is put there.
    """
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


def die_with_parent() -> None:
    """End this process when the one that started it is gone, however it went (Linux only)."""
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:  # it went between the two lines
            os.kill(os.getpid(), signal.SIGTERM)
