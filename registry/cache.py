"""Short memory for what rarely changes: assessors, accreditations, keys."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from time import monotonic
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

LIFE = 2.0  # seconds: how late another process may learn of a withdrawn accreditation or a rotated key
MAX_ENTRIES = 10_000  # more assessors than a province has; then start anew rather than grow


class ShortMemory(Generic[Key, Value]):
    """Remembers what ``load`` gave for a key, for ``life`` seconds. Refusals are not remembered."""

    def __init__(self, load: Callable[[Key], Value], *, life: float = LIFE) -> None:
        self._load = load
        self._life = life
        self._kept: dict[Key, tuple[float, Value]] = {}
        self._lock = Lock()

    def __call__(self, key: Key) -> Value:
        """The value of ``key``, loaded when unknown or too old."""
        kept = self._kept.get(key)
        now = monotonic()
        if kept and now - kept[0] < self._life:
            return kept[1]
        value = self._load(key)
        with self._lock:
            if len(self._kept) >= MAX_ENTRIES:
                self._kept.clear()
            self._kept[key] = (now, value)
        return value

    def forget(self) -> None:
        """Forget everything: this process has just changed something."""
        self._kept.clear()
