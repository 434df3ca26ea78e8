"""What every test may lean on: a real MongoDB, a real Chromium, and no network but loopback."""

from __future__ import annotations

import errno
import ipaddress
import os
import shutil
import socket
import sys
import tempfile
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pymongo
import pytest
from hypothesis import HealthCheck, settings
from pymongo.uri_parser import parse_uri

from keys.errors import Refused
from registry.mongo import Record, connect
from registry.mongod import local_mongod
from registry.problems import find_problem
from registry.statistics.rebuilding import PROJECTION

HERE = Path(__file__).parent
MARKS = {"integration": "mongo", "browser": "browser", "crash": "crash", "independent": "node"}
PATIENCE_SECONDS = 60  # of making and dropping databases: a busy disk is no defect of what is tested
MEMORY = Path("/dev/shm")
ROOM_BYTES = 4 << 30  # free; the tests leave 0.7 GB behind
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER_ARGS = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]

_strayed: list[str] = []
_allowed: set[str] = {"localhost"}


def pytest_configure() -> None:
    """Watch every socket of this process from here on, whichever library opens it."""
    # Speed is measured in tests/bench, not asserted here: the machine is shared, a slow moment is no defect.
    settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("house")
    if uri := os.environ.get("MONGODB_URI"):
        for host, port in parse_uri(uri)["nodelist"]:
            _allowed.update({host, *(str(found[4][0]) for found in socket.getaddrinfo(host, port))})
    sys.addaudithook(_guard_network)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark a test by the folder it lies in."""
    for item in items:
        mark = MARKS.get(item.path.relative_to(HERE).parts[0])
        if mark:
            item.add_marker(mark)


def _guard_network(event: str, args: tuple[Any, ...]) -> None:
    if event in {"socket.connect", "socket.sendto"}:
        address = args[1]
        host = address[0] if isinstance(address, tuple) else None  # a path is a socket of this machine
    elif event == "socket.getaddrinfo":
        host = args[0]
    else:
        return
    name = host.decode() if isinstance(host, bytes) else host
    if name and not _is_near(name):
        _strayed.append(name)
        raise OSError(errno.ENETUNREACH, f"tests have no network: {name}")


def _is_near(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback or host in _allowed
    except ValueError:
        return host in _allowed


@pytest.fixture(autouse=True)
def strayed() -> Iterator[list[str]]:
    """Fail a test that reached for a host beyond this machine, even where the code swallowed the error."""
    _strayed.clear()
    yield _strayed
    if _strayed:
        pytest.fail(f"reached for the network: {', '.join(_strayed)}")


@pytest.fixture(scope="session")
def mongo_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """``MONGODB_URI`` where it is set, else a local replica set of one for this session."""
    if uri := os.environ.get("MONGODB_URI"):
        yield uri
        return
    try:
        with mongo_folder(tmp_path_factory) as folder, local_mongod(folder) as uri:
            yield uri
    except Refused as refused:
        problem = find_problem(refused.code)
        pytest.fail(f"{problem.what('en', refused)} {problem.mend('en', refused)}")


@contextmanager
def mongo_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the session's MongoDB lies: in memory where there is room, for its thousand writes wait for the disk.

    What a crash must not lose is tested on the disk (tests/crash).
    """
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM_BYTES:
        with tempfile.TemporaryDirectory(dir=MEMORY, prefix="skills-registry-tests-") as folder:
            yield Path(folder)
    else:
        yield tmp_path_factory.mktemp("mongod")


@pytest.fixture(name="database")
def give_database(own_database: Record) -> Record:
    return own_database


@pytest.fixture
def own_database(mongo_uri: str) -> Iterator[Record]:
    """An empty database of this test's own, dropped afterwards."""
    record = connect(mongo_uri, database=f"test_{uuid.uuid4().hex}")
    yield record
    with pymongo.timeout(PATIENCE_SECONDS):
        record.client.drop_database(record.name)
    record.client.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A Playwright ``Browser``: the Chromium on PATH, else Playwright's own; in CI none is a failure."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where a browser is wanted

    with sync_playwright() as playwright:
        program = _find_browser(playwright.chromium.executable_path)
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=program, args=BROWSER_ARGS + sandbox)
        yield browser
        browser.close()


def _find_browser(own: str) -> str:
    for program in (*map(shutil.which, BROWSERS), own):
        if program and Path(program).exists():
            return program
    give_up = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
    return give_up("no Chromium: apt-get install chromium, or .venv/bin/playwright install chromium")


@pytest.fixture
def bare_certificate() -> Callable[..., dict[str, Any]]:
    """Makes certificates as the record keeps them, with what those who follow the record read, and nothing else."""

    def make(number: int, *changes: dict[str, Any], **others: Any) -> dict[str, Any]:
        return {
            "_id": f"c{number}",
            "number": f"n{number}",
            "kind": "skill_level",
            "level": "3",
            "occupation": {"code": "6-31-01-03", "edition": "2022"},
            "assessor": "S000033000002",
            "region": "330000",
            "issued_on": "2026-11-22",
            "recorded_at": datetime(2026, 11, 22, 4, tzinfo=UTC),
            "changes": list(changes),
            "state": changes[-1]["state"] if changes else "valid",
        } | others

    return make


@pytest.fixture
def counters(database: Record) -> Callable[[], Counter[tuple[str, str]]]:
    """Reads every counter of the generation in use, by name and measure."""

    def read() -> Counter[tuple[str, str]]:
        pointer = database["projections"].find_one({"_id": PROJECTION}) or {}
        found: Counter[tuple[str, str]] = Counter()
        for one in database["statistics"].find({"_id": {"$regex": f"^{pointer['generation']}\\|"}}):
            name = one.pop("_id").partition("|")[2]
            found.update({(name, measure): amount for measure, amount in one.items()})
        return found

    return read
