"""Evidence while the database is away: ask briefly, fall back on what was known, do not ask again at once.

A QR or a file verifies without the record; a person at a gate must not wait for it. Look-ups by code or number rest on
the record alone and do not come through here: they answer 503.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Generic, TypeVar

import pymongo

from registry.cache import MAX_ENTRIES, Key
from registry.mongo import DATABASE_AWAY
from verify.steps import NotAnswered

ANSWER_SECONDS = 0.2  # a healthy database takes a hundredth of it; the whole answer is promised in 0.3
PAUSE_SECONDS = 2.0  # as long as an election takes

Answer = TypeVar("Answer")


class Patience:
    """Asks the database with little patience, and after a silence not at all for a while."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._silent_until = 0.0

    def ask(self, question: Callable[[], Answer]) -> Answer:
        """What ``question`` answers; raises `NotAnswered` when the database does not."""
        if self._clock() < self._silent_until:
            raise NotAnswered
        try:
            with pymongo.timeout(ANSWER_SECONDS):
                return question()
        except DATABASE_AWAY:
            self._silent_until = self._clock() + PAUSE_SECONDS
            raise NotAnswered from None


class LastKnown(Generic[Key, Answer]):
    """Answers by key; while the database is away, what was last known. What does not exist is not remembered."""

    def __init__(self, patience: Patience, load: Callable[[Key], Answer | None]) -> None:
        self._patience = patience
        self._load = load
        self._known: dict[Key, Answer] = {}

    def __call__(self, key: Key) -> Answer | None:
        """The answer for ``key``; raises `NotAnswered` when the database is away and nothing was known."""
        try:
            answer = self._patience.ask(lambda: self._load(key))
        except NotAnswered:
            if key in self._known:
                return self._known[key]
            raise
        self._remember(key, answer)
        return answer

    def _remember(self, key: Key, answer: Answer | None) -> None:
        if answer is None:
            self._known.pop(key, None)
            return
        if len(self._known) >= MAX_ENTRIES:
            self._known.clear()
        self._known[key] = answer
