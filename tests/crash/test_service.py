"""kill -9 of the service, of a worker, of its mongod, while certificates are issued; and stopping it in order."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from registry.credential import china_date
from registry.identity import CHECK_CHARACTERS, WEIGHTS
from registry.mongo import connect
from registry.mongod import RECORD, mongod_pid
from tests.crash.waiting import until

PROGRAM = Path(sys.executable).with_name("skills-registry")
CLIENTS = 6
START_SECONDS = 60.0  # three seconds alone; the machine may be busy
STOP_SECONDS = 4.0  # or, where the machine is busy, as long as it took to start there
AFTER_A_KILL = 25  # certificates that must be issued after it for the service to count as well again


@dataclass
class Service:
    """The demo, as a stranger starts it."""

    data_dir: Path
    port: int
    process: subprocess.Popen[str]
    started_in: float = 0.0
    """Seconds: how quick this machine is now."""

    @property
    def token(self) -> str:
        found: str = json.loads((self.data_dir / "demo.json").read_text("utf-8"))["assessor_token"]
        return found

    def workers(self) -> list[int]:
        mongod = mongod_pid(self.data_dir)
        return [pid for pid in _children(self.process.pid) if pid != mongod]

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=15)) as connection:
            return _ask(connection, method, path, body, headers)

    def verify(self, code: str) -> str:
        status, verdict = self.ask("POST", "/api/v1/verifications", {"code": code})
        assert status == 200, verdict
        outcome: str = verdict["outcome"]
        return outcome


def _ask(
    connection: HTTPConnection, method: str, path: str, body: object, headers: dict[str, str]
) -> tuple[int, Any]:
    sent = {"Content-Type": "application/json"} | {k.replace("_", "-"): v for k, v in headers.items()}
    connection.request(method, path, json.dumps(body).encode() if body else None, sent)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


@contextmanager
def _serving(data_dir: Path, port: int) -> Iterator[Service]:
    environ = os.environ | {"DATA_DIR": str(data_dir), "PORT": str(port)}
    environ.pop("MONGODB_URI", None)
    with subprocess.Popen(
        [PROGRAM, "demo"],
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    ) as process:
        service, began = Service(data_dir, port, process), time.monotonic()
        try:
            until(lambda: _is_ready(service), "the service is ready", seconds=START_SECONDS)
            service.started_in = time.monotonic() - began
            yield service
        finally:
            process.kill()


def _is_ready(service: Service) -> bool:
    assert service.process.poll() is None, service.process.communicate()[1]
    try:
        return service.ask("GET", "/readyz")[0] == 200
    except (OSError, HTTPException):
        return False


def _children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _is_gone(pid: int) -> bool:
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # not stopped by connections that just ended
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen()
        except OSError:
            return False
    return True


@pytest.fixture(scope="module")
def port() -> int:
    """Below the ports that the kernel gives to clients: one that tries again and again could get ours."""
    return next(port for port in range(28_143, 28_243) if _is_free(port))


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for the module: a service must start again on whatever the test before left."""
    return tmp_path_factory.mktemp("service")


def _body(n: int) -> dict[str, Any]:
    born = f"33010619{70 + n % 30}{n // 30 % 12 + 1:02}15{n // 360:03}"
    total = sum(int(digit) * weight for digit, weight in zip(born, WEIGHTS, strict=True))
    return {
        "kind": "skill_level",
        "holder": {"name": "王小明", "id_number": born + CHECK_CHARACTERS[total % 11]},
        "occupation": {"code": "6-31-01-03"},
        "level": "3",
        "issued_on": china_date(datetime.now(UTC)).isoformat(),
    }


@dataclass
class Clients:
    """Threads that issue without a pause, and what each person's request came to."""

    service: Service
    answered: dict[int, dict[str, Any]] = field(default_factory=dict)
    unanswered: set[int] = field(default_factory=set)
    wrong: list[Any] = field(default_factory=list)
    _people: Iterator[int] = field(default_factory=count)
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def issuing(self) -> Iterator[None]:
        token = self.service.token
        threads = [threading.Thread(target=self._issue, args=(token,)) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()
            self._stop.clear()

    def wait_for_more(self, certificates: int) -> None:
        wanted = len(self.answered) + certificates
        until(
            lambda: len(self.answered) >= wanted or self.wrong,
            f"{certificates} more certificates",
            seconds=30,
        )
        assert not self.wrong, self.wrong[0]

    def _issue(self, token: str) -> None:
        connection = HTTPConnection("127.0.0.1", self.service.port, timeout=15)
        while not self._stop.is_set():
            n = next(self._people)
            try:
                status, answer = _ask(
                    connection, "POST", "/api/v1/certificates", _body(n), _headers(token, n)
                )
            except (OSError, HTTPException):
                connection.close()  # the next request opens it again
                self.unanswered.add(n)
                time.sleep(0.02)
                continue
            if status == 201:
                self.answered[n] = answer
            elif status == 503:
                self.unanswered.add(n)
            else:
                self.wrong.append(answer)
        connection.close()


def _headers(token: str, n: int) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Idempotency-Key": f"person {n}"}


def _pause() -> None:
    time.sleep(random.uniform(0.05, 0.4))  # any moment will do


def _kill_service(service: Service) -> None:
    """kill -9 of the first process; everything that it started must go with it, and the port be free again."""
    started = [*service.workers(), mongod_pid(service.data_dir)]
    assert len(started) > 2
    service.process.kill()
    service.process.wait()
    until(lambda: all(map(_is_gone, started)) and _is_free(service.port), "all it started is gone", seconds=5)


def test_what_was_answered_survives_every_kill(data_dir: Path, port: int) -> None:
    with _serving(data_dir, port) as service:
        clients = Clients(service)
        with clients.issuing():
            clients.wait_for_more(AFTER_A_KILL)
            for victim in (service.workers()[0], mongod_pid(data_dir)):
                _pause()
                os.kill(victim, signal.SIGKILL)
                clients.wait_for_more(AFTER_A_KILL)  # it came back by itself
            _pause()
            _kill_service(service)
    assert not clients.wrong, clients.wrong[0]
    assert clients.unanswered  # or nothing was killed in the act

    with _serving(data_dir, port) as service:
        clients.service = service
        with clients.issuing():
            clients.wait_for_more(AFTER_A_KILL)
            _pause()
            _kill_service(service)

    with _serving(data_dir, port) as service:
        _check_answered(service, clients)
        _check_retries(service, clients)
        _check_record(service)


def _check_answered(service: Service, clients: Clients) -> None:
    for answer in clients.answered.values():
        assert service.verify(answer["code"]) == "valid"


def _check_retries(service: Service, clients: Clients) -> None:
    """The same key gives the certificate that was answered, and to who got no answer, one and only one."""
    token = service.token
    for n in (*clients.unanswered, *list(clients.answered)[-20:]):
        got = [service.ask("POST", "/api/v1/certificates", _body(n), **_headers(token, n)) for _ in range(2)]
        assert [status for status, _ in got] == [201, 201], got
        first = clients.answered.setdefault(n, got[0][1])
        for _, again in got:
            assert (again["number"], again["code"]) == (first["number"], first["code"])
            assert again["credential"] == first["credential"]


def _check_record(service: Service) -> None:
    """Whatever the record holds is whole: it verifies, and no number or place in the status lists is there twice."""
    mongod = json.loads((service.data_dir / RECORD).read_text("utf-8"))["port"]
    database = connect(f"mongodb://127.0.0.1:{mongod}/?directConnection=true", database="skills_registry")
    with database.client:
        recorded = list(database["certificates"].find())
    assert len(recorded) > 4 * AFTER_A_KILL
    for one in recorded:
        assert service.verify(one["_id"]) == one["state"]  # the demo has revoked one
    assert len({one["number"] for one in recorded}) == len(recorded)
    assert len({(one["status"]["list"], one["status"]["index"]) for one in recorded}) == len(recorded)


@pytest.mark.parametrize("how", ["ctrl-c", "terminate"])
def test_stops_in_order_and_in_time(data_dir: Path, port: int, how: str) -> None:
    with _serving(data_dir, port) as service:
        mongod = mongod_pid(data_dir)
        started = [*service.workers(), mongod]
        idle = HTTPConnection("127.0.0.1", port, timeout=5)
        _ask(idle, "GET", "/healthz", None, {})  # a browser keeps its connection
        began = time.monotonic()
        if how == "ctrl-c":
            os.killpg(service.process.pid, signal.SIGINT)
        else:
            service.process.send_signal(signal.SIGTERM)
        _, said = service.process.communicate(timeout=20)
        took = time.monotonic() - began
        idle.close()
    assert service.process.returncode == 0
    assert "Traceback" not in said
    assert took < max(STOP_SECONDS, service.started_in)
    assert all(map(_is_gone, started))
    assert '"exitCode":0' in (data_dir / "mongod.log").read_text("utf-8").splitlines()[-1]
    assert _is_free(port)


def test_a_taken_port_is_refused_not_shared(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        environ = os.environ | {"DATA_DIR": str(tmp_path), "PORT": str(other.getsockname()[1])}
        environ.pop("MONGODB_URI", None)
        ended = subprocess.run(
            [PROGRAM, "demo"], env=environ, capture_output=True, text=True, timeout=START_SECONDS, check=False
        )
    assert ended.returncode == 2
    assert ended.stderr.startswith("settings.port_taken (PORT)")
