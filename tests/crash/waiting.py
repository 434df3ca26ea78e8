"""Processes to be killed, and waiting for what they do: with a deadline, and words for what did not come."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

import pytest

PATIENCE = 60.0  # seconds; what is waited for takes a few, but the machine may be busy
POLL = 0.02

Found = TypeVar("Found")


def until(
    find: Callable[[], Found],
    what: str,
    *,
    seconds: float = PATIENCE,
    poll: float = POLL,
    passing: tuple[type[Exception], ...] = (),
) -> Found:
    """What ``find`` finds as soon as it is true; fail with ``what`` was waited for after ``seconds``.

    ``passing`` are errors of whoever is asked while it is being killed.
    """
    deadline = time.monotonic() + seconds
    while True:
        with suppress(*passing):
            if found := find():
                return found
        if time.monotonic() > deadline:
            pytest.fail(f"not within {seconds:.0f} s: {what}")
        time.sleep(poll)


@contextmanager
def killed(program: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A Python program that runs while the block does, and gets kill -9 at its end, also when a test fails there."""
    with subprocess.Popen([sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def say(process: subprocess.Popen[bytes]) -> str:
    """The next line that a process says, empty when it ended; a busy machine takes seconds to start it."""
    assert process.stdout
    return process.stdout.readline().decode().strip()
