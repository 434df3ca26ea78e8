"""A second process beside the server: it starts with it and ends with it, and starts again when it ends on its own."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Event, Thread

from registry.settings import Settings

GRACE = 10  # seconds it may take to end what it has begun
LOOK = 0.2  # seconds between two looks whether it lives
PAUSE = 1.0  # seconds before it starts again: a defect at its start must not keep a core busy
PROGRAM = """
import sys
from registry.lifeline import die_with
die_with(int(sys.argv.pop(1)))
from wsgi import main
main()
"""

log = logging.getLogger(__name__)


@contextmanager
def companion(command: str, settings: Settings) -> Iterator[None]:
    """Run ``skills-registry COMMAND`` on the same database for as long as the block lasts.

    A thread of its own starts it: the kernel ends it with the thread that started it, not with the process.
    """
    environ, stop = os.environ | {"MONGODB_URI": settings.mongodb_uri}, Event()
    keeper = Thread(target=_keep, args=(command, environ, stop), name=f"{command}-keeper")
    keeper.start()
    try:
        yield
    finally:
        stop.set()
        keeper.join()


def _keep(command: str, environ: Mapping[str, str], stop: Event) -> None:
    while not stop.is_set():
        process = subprocess.Popen(  # noqa: S603 - our own
            [sys.executable, "-c", PROGRAM, str(os.getpid()), command],
            env=environ,
            process_group=0,  # Ctrl-C reaches us alone, and we stop it in order
        )
        while not stop.wait(LOOK) and process.poll() is None:
            pass
        if process.poll() is None:
            _end(process)
        else:
            log.warning("%s ended with status %d; starting it again", command, process.returncode)
            stop.wait(PAUSE)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
