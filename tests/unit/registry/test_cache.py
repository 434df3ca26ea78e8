from threading import Barrier, Thread

import pytest

from keys.errors import Refused
from registry import cache
from registry.cache import ShortMemory


class Time:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def time(monkeypatch):
    time = Time()
    monkeypatch.setattr(cache, "monotonic", time)
    return time


def counting():
    calls = []

    def load(key):
        calls.append(key)
        return f"{key}{len(calls)}"

    return load, calls


def test_a_value_is_loaded_once_and_again_when_its_life_is_over(time):
    load, calls = counting()
    memory = ShortMemory(load, life=2.0)
    assert [memory("a"), memory("a"), memory("b")] == ["a1", "a1", "b2"]
    time.now = 1.99
    assert memory("a") == "a1"
    time.now = 2.0
    assert memory("a") == "a3"
    assert calls == ["a", "b", "a"]


def test_nothing_is_a_value_too(time):
    calls = []
    memory = ShortMemory(calls.append)
    assert [memory("a"), memory("a")] == [None, None]
    assert calls == ["a"]


def test_a_refusal_is_not_remembered(time):
    answers = [Refused("assessor.unknown"), "known"]

    def load(_):
        answer = answers.pop(0)
        if isinstance(answer, Refused):
            raise answer
        return answer

    memory = ShortMemory(load)
    with pytest.raises(Refused):
        memory("a")
    assert memory("a") == "known"


def test_forget(time):
    load, _ = counting()
    memory = ShortMemory(load)
    memory("a")
    memory.forget()
    assert memory("a") == "a2"


def test_it_never_grows_beyond_its_limit(time, monkeypatch):
    monkeypatch.setattr(cache, "MAX_ENTRIES", 3)
    memory = ShortMemory(str)
    for key in range(10):
        assert memory(key) == str(key)
        assert len(memory._kept) <= 3


def test_threads_get_the_same_answer():
    memory, together, found = ShortMemory(str), Barrier(8), []

    def ask():
        together.wait()
        found.extend(memory(key) for key in range(50))

    threads = [Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found, key=int) == sorted([str(key) for key in range(50)] * 8, key=int)
