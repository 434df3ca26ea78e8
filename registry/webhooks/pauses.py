"""How often and after which pauses a message that was not taken is tried again. Pure."""

from __future__ import annotations

from datetime import timedelta

# 10 s, 30 s, 90 s ... 12 h: ten tries in about a day and a half, so that a receiver may be down over a night.
MAX_TRIES = 10
FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=12)
LEASE = timedelta(seconds=60)  # of a delivery, longer than any attempt; whoever is killed delays it so long


def pause(tries: int) -> timedelta:
    """How long to wait after so many attempts."""
    factor: int = 3 ** (tries - 1)
    return min(FIRST_PAUSE * factor, LONGEST_PAUSE)
