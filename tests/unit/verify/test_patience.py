"""Little patience with a silent database, none for a while after, and what was known meanwhile."""

from __future__ import annotations

import pymongo
import pytest
from pymongo.errors import NetworkTimeout, OperationFailure, ServerSelectionTimeoutError

from verify.patience import PAUSE_SECONDS, LastKnown, Patience
from verify.steps import NotAnswered


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


class Database:
    """Answers, or is away."""

    away = False
    asked = 0

    def __call__(self, key="k"):
        self.asked += 1
        if self.away:
            raise ServerSelectionTimeoutError
        return {"k": "value"}.get(key)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def database():
    return Database()


def test_after_a_silence_nobody_asks_for_a_while(clock, database):
    patience, database.away = Patience(clock), True
    for _ in range(10):
        with pytest.raises(NotAnswered):
            patience.ask(database)
    assert database.asked == 1
    clock.now += PAUSE_SECONDS
    database.away = False
    assert patience.ask(database) == "value"


def test_what_was_known_is_answered_while_it_is_away(clock, database):
    known = LastKnown(Patience(clock), database)
    assert known("k") == "value"
    database.away = True
    assert known("k") == "value"
    with pytest.raises(NotAnswered):
        known("never asked for")


def test_what_does_not_exist_is_not_remembered(clock, database):
    known = LastKnown(Patience(clock), database)
    assert known("other") is None
    database.away = True
    with pytest.raises(NotAnswered):
        known("other")


def test_a_question_has_a_deadline(clock):
    def hang():
        remaining = pymongo._csot.remaining()
        assert remaining < 0.3
        raise NetworkTimeout

    with pytest.raises(NotAnswered):
        Patience(clock).ask(hang)


def test_other_errors_are_not_silence(clock):
    def fail():
        raise OperationFailure("no index")

    with pytest.raises(OperationFailure):
        Patience(clock).ask(fail)
