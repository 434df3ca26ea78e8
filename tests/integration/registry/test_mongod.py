import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pymongo
import pytest

from keys.errors import Refused
from registry import mongod
from registry.mongo import DATABASE_AWAY, Record, connect
from registry.mongod import LocalMongod, local_mongod, mongod_pid

SECOND = """
import sys
from pathlib import Path
from registry.mongod import local_mongod, mongod_pid
with local_mongod(Path(sys.argv[1])) as uri:
    print(uri, mongod_pid(Path(sys.argv[1])))
"""


def _count(uri: str, *, adding: int = 0) -> int:
    record: Record = connect(uri, database="house")
    with record.client, pymongo.timeout(60):  # a new mongod takes seconds to start where much else runs
        for _ in range(adding):
            record["acts"].insert_one({})
        return record["acts"].count_documents({})


@contextmanager
def _other_program(port: int) -> Iterator[None]:
    with HTTPServer(("127.0.0.1", port), BaseHTTPRequestHandler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,)).start()
        yield
        server.shutdown()


def test_data_and_port_stay_over_a_restart_and_a_taken_port_is_left(tmp_path: Path) -> None:
    with local_mongod(tmp_path) as first:
        assert _count(first, adding=1) == 1
    with local_mongod(tmp_path) as second:
        assert second == first
        assert _count(second, adding=1) == 2
        port = int(second.split(":")[2].partition("/")[0])
    with _other_program(port), local_mongod(tmp_path) as third:
        assert third != first
        assert _count(third, adding=1) == 3


def test_another_folders_mongod_on_our_port_is_not_taken_for_ours(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    with local_mongod(ours) as uri:
        query = uri.partition("?")[2]
    with local_mongod(theirs) as other:
        moved = f"{other.partition('?')[0]}?{query}"
        record: Record = connect(moved, database="house")
        with record.client, pytest.raises(DATABASE_AWAY):
            record["acts"].insert_one({})


def test_a_second_process_attaches_and_leaves_it_running(tmp_path: Path) -> None:
    with local_mongod(tmp_path) as uri:
        pid = mongod_pid(tmp_path)
        printed = subprocess.check_output(
            [sys.executable, "-c", SECOND, str(tmp_path)], text=True, timeout=30
        )
        assert printed.split() == [uri, str(pid)]
        assert _count(uri, adding=1) == 1


def test_who_attached_takes_over_when_the_starter_stops(tmp_path: Path) -> None:
    starter, attached = LocalMongod(tmp_path), LocalMongod(tmp_path)
    try:
        uri = starter.start()
        assert attached.start() == uri
        assert _count(uri, adding=1) == 1
        began = time.monotonic()
        starter.stop()
        assert time.monotonic() - began < 12  # one second where nothing else runs; 15 s without our option
        assert _count(uri, adding=1) == 2
    finally:
        starter.stop()
        attached.stop()


def test_no_free_port_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mongod, "PORTS", 0)
    with pytest.raises(Refused, match=r"mongo\.no_port"), local_mongod(tmp_path):
        pass


def test_data_that_are_none_are_refused_with_the_log(tmp_path: Path) -> None:
    (tmp_path / "mongo").mkdir()
    (tmp_path / "mongo" / "WiredTiger").write_bytes(b"\x00")
    (tmp_path / "mongo" / "storage.bson").write_bytes(b"\x00")
    with pytest.raises(Refused) as caught, local_mongod(tmp_path):
        pass
    assert caught.value.code == "mongo.not_started"
    assert Path(str(caught.value.params["log"])).stat().st_size > 0
