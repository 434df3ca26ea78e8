"""kill -9 of worker, web, mongod and the whole service in the middle of a batch: each row is issued exactly once.

The trail is written all the while: its chain holds, and has each certificate once.

``CRASH_KILLS=20 CRASH_ROWS=5000`` kills oftener (docs/performance.md); without, a few times, one of each kind.
"""

from __future__ import annotations

import csv
import io
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pymongo
from pymongo.errors import PyMongoError

from keys.vault import create_master_key
from registry.audit.checking import check_trail
from registry.credential import china_date
from registry.identity import check_character
from registry.mongod import RECORD, mongod_pid
from registry.settings import read_settings
from tests.crash import waiting
from tests.crash.test_service import _is_free
from wsgi import open_services

ROOT = Path(__file__).parents[2]
MAIN = [sys.executable, "-c", "from wsgi import main; main()"]
ROWS = int(os.environ.get("CRASH_ROWS", "1500"))
KILLS = int(os.environ.get("CRASH_KILLS", "4"))
VICTIMS = ("worker", "mongod", "web", "service")
PATIENCE = 90.0
ASSESSOR = "S000033000002"


def test_each_row_is_issued_once_whoever_dies(tmp_path: Path) -> None:
    port = next(port for port in range(28_343, 28_443) if _is_free(port))
    environ = os.environ | {"DATA_DIR": str(tmp_path), "PORT": str(port), "MONGODB_URI": ""}
    create_master_key(tmp_path / "master.key")
    victims = list(islice(cycle(VICTIMS), KILLS))
    batch_id = ""
    while not batch_id or victims:
        with serving(environ, tmp_path) as (service, uri), opened(environ, uri) as services:
            batch_id = batch_id or begin(services)
            with working(environ, uri) as worker:
                attack(services, victims, service, worker, tmp_path)
                if not victims and service.poll() is None:
                    until(lambda: state(services, batch_id) == "done", "the batch is done")  # noqa: B023 - called here and now
                    check(services, batch_id)
                    return
    with serving(environ, tmp_path) as (_, uri), opened(environ, uri) as services:
        until(lambda: state(services, batch_id) == "done", "the batch is done")
        check(services, batch_id)


def attack(
    services: Any,
    victims: list[str],
    service: subprocess.Popen[bytes],
    worker: list[Any],
    folder: Path,
) -> None:
    """Kill one after the other, each after some more certificates, until the service is dead or nobody is left."""
    while victims:
        goal = (KILLS - len(victims) + 1) * ROWS // (KILLS + 1)
        until(lambda: count(services) >= goal, f"{goal} certificates")  # noqa: B023 - called here and now
        time.sleep(random.uniform(0, 0.2))  # any moment will do
        victim = victims.pop(0)
        kill(victim, service, worker[0], folder)
        if victim == "worker":
            worker[0] = worker[1]()
        if victim == "service":
            return


@contextmanager
def opened(environ: dict[str, str], uri: str) -> Iterator[Any]:
    """The parts of the service in this process."""
    services = open_services(read_settings(environ | {"MONGODB_URI": uri}))
    with services.registry.database.client:
        yield services


def begin(services: Any) -> str:
    """Send a list, have it checked, approve it."""
    desk = services.batches
    assessor = services.issuers.find_assessor(ASSESSOR)
    batch_id: str = desk.receive(io.BytesIO(make_list()), assessor, by="clerk")
    until(lambda: state(services, batch_id) == "prepared", "the list is checked")
    desk.batches.approve(batch_id, by="signer", at=datetime.now(UTC))
    return batch_id


def check(services: Any, batch_id: str) -> None:
    """Every row has one certificate; no number and no place in the status lists is there twice."""
    desk, record = services.batches, services.registry.record
    batch = desk.batches.find(batch_id)
    assert (batch["valid"], batch["issued"], batch["failed"]) == (ROWS, ROWS, 0)
    codes = list(desk.batches.codes(batch_id))
    found = list(record.find_all(codes=codes, numbers=()))
    assert len(codes) == len(set(codes)) == len(found) == ROWS
    assert len({one.person for one in found}) == ROWS
    everything = list(services.registry.database["certificates"].find())
    demo = services.registry.database["certificates"].count_documents({"_id": {"$nin": codes}})
    assert demo < 20, "nothing was issued that no row asked for"
    assert len({one["number"] for one in everything}) == len(everything)
    places = {(one["status"]["list"], one["status"]["index"]) for one in everything}
    assert len(places) == len(everything)
    check_chain(services, {one["number"] for one in everything})


def check_chain(services: Any, numbers: set[str]) -> None:
    """The trail is whole, and says of each certificate exactly once that it was issued."""
    trail = services.registry.trail
    issued = {"act": "certificate.issued"}
    written = services.registry.database["trail"].count_documents
    until(lambda: written(issued) >= len(numbers), "the trail has every certificate")
    checked = check_trail(trail)
    assert checked.broken is None
    events = [one["event"] for one in trail.walk() if one["act"] == "certificate.issued"]
    assert len(events) == len(set(events)) == len(numbers)
    assert set(events) == {f"{number}#0" for number in numbers}


def count(services: Any) -> int:
    return int(services.registry.database["certificates"].count_documents({"assessor": ASSESSOR}))


def state(services: Any, batch_id: str) -> str:
    return str(services.batches.batches.find(batch_id)["state"])


def kill(
    victim: str, service: subprocess.Popen[bytes], worker: subprocess.Popen[bytes], folder: Path
) -> None:
    if victim == "worker":
        worker.kill()
        worker.wait()
    elif victim == "mongod":
        os.kill(mongod_pid(folder), signal.SIGKILL)
    elif victim == "web":
        os.kill(children(service.pid)[0], signal.SIGKILL)
    else:
        service.kill()
        service.wait()


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def start(environ: dict[str, str], command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([*MAIN, command], env=environ, cwd=ROOT, stdout=subprocess.DEVNULL)


@contextmanager
def serving(environ: dict[str, str], folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The demo: web processes, a worker and mongod."""
    with start(environ, "demo") as service:
        try:
            until(lambda: is_up(folder), "the service is up")
            mongod = json.loads((folder / RECORD).read_text("utf-8"))["port"]
            yield service, f"mongodb://127.0.0.1:{mongod}/?directConnection=true"
        finally:
            service.kill()
            service.wait()


@contextmanager
def working(environ: dict[str, str], uri: str) -> Iterator[list[Any]]:
    """One worker more, which shares the work, and how to start another."""

    def begin_work() -> subprocess.Popen[bytes]:
        return start(environ | {"MONGODB_URI": uri}, "worker")

    held: list[Any] = [begin_work(), begin_work]
    try:
        yield held
    finally:
        held[0].kill()
        held[0].wait()


def is_up(folder: Path) -> bool:
    mongod = (
        json.loads((folder / RECORD).read_text("utf-8") or "{}").get("port")
        if (folder / RECORD).exists()
        else None
    )
    if mongod is None:
        return False
    uri = f"mongodb://127.0.0.1:{mongod}/?directConnection=true"
    with pymongo.MongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=500) as client:
        database = client["skills_registry"]
        return bool(database["assessors"].find_one({"_id": ASSESSOR, "accreditations.0": {"$exists": True}}))


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait; whoever is asked may be killed meanwhile."""
    passing = (PyMongoError, json.JSONDecodeError)
    waiting.until(holds, what, seconds=PATIENCE, poll=0.05, passing=passing)


def make_list() -> bytes:
    out, today = io.StringIO(), china_date(datetime.now(UTC)).isoformat()
    table = csv.writer(out)
    table.writerow(["姓名", "证件号码", "职业名称", "职业技能等级", "发证日期"])
    for n in range(ROWS):
        body = f"330106{1960 + n // 300 % 40}{n % 12 + 1:02}{n // 12 % 25 + 1:02}{n // 12000:03}"
        table.writerow(["王小明", body + check_character(body), "电工", "3", today])
    return out.getvalue().encode()
