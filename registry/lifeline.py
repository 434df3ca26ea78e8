"""A process that must not outlive the one that started it."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # prctl(2)


def die_with(parent: int) -> None:
    """End this process when process ``parent``, which started it, is gone, however it went (Linux only).

    By SIGKILL: nobody is left to see to it that an orderly end comes to an end. What was answered is recorded.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it went before the line above
            os.kill(os.getpid(), signal.SIGKILL)
