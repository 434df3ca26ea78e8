"""A second process beside the server: it starts with it and ends with it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from registry.settings import Settings

GRACE = 10  # seconds it may take to end what it has begun
PROGRAM = """
import sys
from registry.lifeline import die_with
die_with(int(sys.argv.pop(1)))
from wsgi import main
main()
"""


@contextmanager
def companion(command: str, settings: Settings) -> Iterator[None]:
    """Run ``skills-registry COMMAND`` on the same database for as long as the block lasts."""
    environ = os.environ | {"MONGODB_URI": settings.mongodb_uri}
    process = subprocess.Popen(  # noqa: S603 - our own
        [sys.executable, "-c", PROGRAM, str(os.getpid()), command],
        env=environ,
        process_group=0,  # Ctrl-C reaches us alone, and we stop it in order
    )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
