"""Work in threads: what fails is told without its text and attempted again, and the end of the block ends it."""

from __future__ import annotations

import logging
from threading import Event

import pytest
from pymongo.errors import AutoReconnect, OperationFailure

from registry.threads import every, in_threads, keep_at, worker_name

LOG = logging.getLogger("test.threads")


def work_off(*outcomes, stop):
    """Attempt until every outcome came: errors are raised, the rest returned; how many attempts it took."""
    left = list(outcomes)

    def attempt():
        outcome = left.pop(0)
        if not left:
            stop.set()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    keep_at(attempt, stop, idle_seconds=1, away_seconds=3, log=LOG)
    return len(outcomes) - len(left)


class Pauses(Event):
    """Waits for nothing, and keeps how long it should have."""

    def __init__(self):
        super().__init__()
        self.seconds = []

    def wait(self, timeout=None):
        self.seconds.append(timeout)
        return self.is_set()


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (AutoReconnect("mongodb://secret"), "database away: AutoReconnect"),
        (OperationFailure("secret", code=11600), "defect: OperationFailure (code 11600)"),
        (KeyError("secret"), "defect: KeyError"),
    ],
)
def test_no_failure_ends_the_work_and_none_is_quoted(caplog, failure, told):
    assert work_off(failure, True, failure, False, stop=Pauses()) == 4
    assert [record.getMessage() for record in caplog.records] == [told, told]


def test_pauses_follow_nothing_to_do_and_failures_only():
    stop = Pauses()
    work_off(True, False, AutoReconnect(), KeyError(), True, stop=stop)
    assert stop.seconds == [0, 1, 3, 3, 0]


def test_what_is_done_now_and_then_is_done_at_once_and_not_again_too_soon():
    done = []
    hourly, always = every(3_600, lambda: done.append("hourly")), every(0, lambda: done.append("always"))
    for _ in range(3):
        hourly()
        always()
    assert done == ["hourly", "always", "always", "always"]


def test_each_work_has_a_thread_and_the_block_waits_for_all():
    started, ended = [Event(), Event()], []

    def work(number):
        def run(stop):
            started[number].set()
            stop.wait()
            ended.append(number)

        return run

    with in_threads(work(0), work(1), name="test"):
        assert all(one.wait(30) for one in started)
        assert ended == []
    assert sorted(ended) == [0, 1]


def test_who_has_a_grace_is_not_waited_for_longer():
    release, ended = Event(), Event()

    def run(_stop):
        release.wait()
        ended.set()

    with in_threads(run, name="test", grace_seconds=0.01):
        pass
    assert not ended.is_set()
    release.set()
    assert ended.wait(30)


def test_two_workers_have_two_names():
    names = []

    def run(_stop):
        names.append(worker_name())

    with in_threads(run, name="test"):
        pass
    assert len({worker_name(), *names}) == 2
