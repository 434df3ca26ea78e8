"""The geometry of bars, pure: the template draws them as SVG beside the figures, which say the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 100.0  # of the drawing; it is stretched to the place it gets
LEAST = 0.5  # a figure that is not zero is never invisible


@dataclass(frozen=True)
class Bar:
    """One bar: what it counts and how long it is, of WIDTH."""

    count: int
    length: float


def bars(counts: Sequence[int], *, whole: int | None = None) -> list[Bar]:
    """A bar for each count; the largest, or ``whole``, has the full length."""
    longest = whole or max(counts, default=0)
    return [Bar(count, _length(count, longest)) for count in counts]


def _length(count: int, longest: int) -> float:
    if count <= 0 or longest <= 0:
        return 0.0
    return max(LEAST, round(min(1.0, count / longest) * WIDTH, 1))
