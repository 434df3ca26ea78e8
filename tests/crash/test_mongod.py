"""kill -9, on either side: what was acknowledged is there, and the next start works."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from registry.mongo import DATABASE_AWAY, OPERATION_MILLISECONDS, Record, connect
from registry.mongod import LocalMongod, local_mongod, mongod_pid
from tests.crash.waiting import until

STARTER = """
import signal, sys, time
from pathlib import Path
from registry.mongo import connect
from registry.mongod import local_mongod
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests in the background has it ignored
with local_mongod(Path(sys.argv[1])) as uri:
    connect(uri, database="house")["acts"].insert_one({"n": 1})
    print("acknowledged", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def uri(tmp_path: Path) -> Iterator[str]:
    with local_mongod(tmp_path) as uri:
        yield uri


@pytest.fixture
def house(uri: str) -> Iterator[Record]:
    record = connect(uri, database="house")
    with record.client:
        yield record


def _is_gone(pid: int) -> bool:
    with suppress(FileNotFoundError):
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    return True


def _is_stopped(pid: int) -> bool:
    """Whether every thread has come to its halt; one may answer a last request before it does."""
    return all("\nState:\tT" in task.read_text() for task in Path(f"/proc/{pid}/task").glob("*/status"))


def test_acknowledged_writes_survive_the_death_of_mongod(tmp_path: Path, house: Record) -> None:
    acknowledged: list[int] = []
    stop = threading.Event()

    def write() -> None:
        for n in range(100_000):
            if stop.is_set():
                return
            with suppress(*DATABASE_AWAY):
                house["acts"].insert_one({"_id": n})
                acknowledged.append(n)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        until(lambda: len(acknowledged) > 50, "50 writes acknowledged", seconds=20)
        killed = mongod_pid(tmp_path)
        os.kill(killed, signal.SIGKILL)
        before = len(acknowledged)
        until(lambda: len(acknowledged) > before + 50, "the keeper starts mongod again", seconds=20)
    finally:
        stop.set()
        writer.join()
    assert mongod_pid(tmp_path) != killed
    assert set(acknowledged) <= {found["_id"] for found in house["acts"].find()}


def test_mongod_dies_with_its_starter_and_starts_again(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", STARTER, str(tmp_path)], stdout=subprocess.PIPE) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == b"acknowledged\n"
        orphan = mongod_pid(tmp_path)
        assert not _is_gone(orphan)
        starter.kill()
    until(lambda: _is_gone(orphan), "mongod dies with its starter", seconds=5)
    with local_mongod(tmp_path) as uri, connect(uri, database="house").client as client:
        assert client["house"]["acts"].count_documents({"n": 1}) == 1


def test_ctrl_c_reaches_the_starter_alone_which_stops_mongod_in_order(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STARTER, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        process_group=0,
    ) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == b"acknowledged\n"
        stopped = mongod_pid(tmp_path)
        os.killpg(starter.pid, signal.SIGINT)
        starter.wait(20)
    assert _is_gone(stopped)
    ending = (tmp_path / "mongod.log").read_text().splitlines()[-1]
    assert '"exitCode":0' in ending


def test_mongod_outlives_the_thread_that_asked_for_it(tmp_path: Path) -> None:
    mongod = LocalMongod(tmp_path)
    try:
        asking = threading.Thread(target=mongod.start)
        asking.start()
        asking.join()
        time.sleep(0.2)
        assert not _is_gone(mongod_pid(tmp_path))
    finally:
        mongod.stop()


def test_a_mongod_that_hangs_fails_a_read_in_time(tmp_path: Path, house: Record) -> None:
    house["acts"].insert_one({"n": 1})
    hanging = mongod_pid(tmp_path)
    os.kill(hanging, signal.SIGSTOP)
    try:
        until(lambda: _is_stopped(hanging), "mongod comes to its halt", seconds=5)
        began = time.monotonic()
        with pytest.raises(DATABASE_AWAY):
            house["acts"].find_one()
        assert time.monotonic() - began < OPERATION_MILLISECONDS / 1000 + 1
    finally:
        os.kill(hanging, signal.SIGCONT)
    assert house["acts"].find_one({"n": 1})
