"""Verification while a batch is issued. ``python tests/bench/meanwhile.py [--rows N] [--rate R]``.

The service as it is served (``skills-registry serve``: web processes, the worker beside them) with a MongoDB of its
own. A client asks at a fixed rate, whatever the answers take; each time counts from the moment when the question was
due, so that a slow answer is not hidden by the wait for it. First while nothing else happens, then while a list of N
rows is checked and issued.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from itertools import cycle
from pathlib import Path
from statistics import quantiles
from threading import Event, Thread
from time import perf_counter, sleep
from urllib.error import URLError
from urllib.request import urlopen

from batch import LOOK, make_list
from synthetic import identity_numbers

from issuers.demo import make_demo
from keys.vault import create_master_key
from registry.mongod import local_mongod
from registry.settings import Settings, read_settings
from wsgi import Services, now, open_services, prepare

PORT = "8144"
AIM = 3.0  # times the idle p99
IDLE_SECONDS, WARM_SECONDS = 20.0, 3.0
ASSESSOR = "S000033000002"
Ask = Callable[[HTTPConnection, str], None]


def main() -> None:
    """Ask while idle and while busy, print a table."""
    parser = argparse.ArgumentParser(
        prog="python tests/bench/meanwhile.py", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--rows", type=int, default=40_000)
    parser.add_argument("--rate", type=float, default=40.0, help="questions a second")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, local_mongod(Path(folder)) as uri:
        settings = replace(read_settings({**os.environ, "PORT": PORT, "DATA_DIR": folder}), mongodb_uri=uri)
        create_master_key(settings.master_key_path)
        services = open_services(settings)
        prepare(services)
        make_demo(services.registry, services.issuers)
        codes = [one.code for one in services.registry.record.each(assessor=ASSESSOR) if one.state == "valid"]
        with serving(settings):
            print(f"{os.cpu_count()} cores, {asked.rate:.0f} questions a second of each kind")
            print(f"{'':<30} {'questions':>9} {'p50 ms':>7} {'p99 ms':>7} {'worst':>7}")
            for name, ask in (("POST /api/v1/verifications", verify), ("GET /v/CODE", look)):
                report(services, name, ask, codes, asked.rate, asked.rows)


def report(services: Services, name: str, ask: Ask, codes: list[str], rate: float, rows: int) -> None:
    """One kind of question, idle and busy."""
    put(ask, codes, rate, until=lasting(WARM_SECONDS))
    idle = tell(f"{name}, idle", put(ask, codes, rate, until=lasting(IDLE_SECONDS)))
    began, batch_id, done = perf_counter(), send(services, rows), Event()
    Thread(target=see_through, args=(services, batch_id, done), daemon=True).start()
    busy = tell(f"  while {rows} are issued", put(ask, codes, rate, until=done.is_set))
    took, held = perf_counter() - began, "held" if busy <= AIM * idle else "missed"
    print(
        f"  p99 {busy / idle:.1f} times the idle one (aim {AIM:.0f}: {held}); {rows / took:,.0f} rows a second"
    )


def send(services: Services, rows: int) -> str:
    """Send a list of people who do not exist; the batch's id."""
    assessor = services.issuers.find_assessor(ASSESSOR)
    return services.batches.receive(io.BytesIO(make_list(rows, PEOPLE)), assessor, by="bench")


def see_through(services: Services, batch_id: str, done: Event) -> None:
    """Approve the batch once it is checked; tell when it is done. Beside who asks, whose times are measured."""
    batches = services.batches.batches
    while (state := batches.find(batch_id)["state"]) != "done":
        if state == "prepared":
            batches.approve(batch_id, by="signer", at=now())
        sleep(10 * LOOK)
    done.set()


def lasting(seconds: float) -> Callable[[], bool]:
    """Until so much time has passed."""
    end = perf_counter() + seconds
    return lambda: perf_counter() > end


def put(ask: Ask, codes: list[str], rate: float, *, until: Callable[[], bool]) -> list[float]:
    """Seconds of each answer, from the moment when it was due to be asked for."""
    connection, times, began = HTTPConnection("127.0.0.1", int(PORT)), list[float](), perf_counter()
    for n, code in enumerate(cycle(codes)):
        if until():
            break
        due = began + n / rate
        sleep(max(0.0, due - perf_counter()))
        ask(connection, code)
        times.append(perf_counter() - due)
    connection.close()
    return times


def verify(connection: HTTPConnection, code: str) -> None:
    """One question of the API."""
    body = json.dumps({"code": code})
    connection.request("POST", "/api/v1/verifications", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    assert json.loads(answer.read())["outcome"] == "valid", answer.status


def look(connection: HTTPConnection, code: str) -> None:
    """One page."""
    connection.request("GET", f"/v/{code}", headers={"Accept-Language": "zh"})
    answer = connection.getresponse()
    assert answer.status == 200, answer.status
    answer.read()


def tell(name: str, times: list[float]) -> float:
    """Print a row; the p99 in seconds."""
    cuts = quantiles(times, n=100)
    row = f"{cuts[49] * 1000:>7.1f} {cuts[98] * 1000:>7.1f} {max(times) * 1000:>7.1f}"
    print(f"{name:<30} {len(times):>9} {row}", flush=True)
    return cuts[98]


@contextmanager
def serving(settings: Settings) -> Iterator[None]:
    """The service in processes of its own."""
    environ = os.environ | {
        "PORT": settings.port,
        "DATA_DIR": settings.data_dir,
        "MONGODB_URI": settings.mongodb_uri,
    }
    program = [sys.executable, "-c", "from wsgi import main; main()", "serve"]
    with subprocess.Popen(program, env=environ, stdout=subprocess.DEVNULL) as server:
        try:
            while server.poll() is None and not is_up(settings):
                sleep(LOOK)
            yield
        finally:
            server.terminate()


def is_up(settings: Settings) -> bool:
    """Whether it answers."""
    try:
        urlopen(f"{settings.origin}/readyz", timeout=5).close()
    except (URLError, OSError):
        return False
    return True


PEOPLE = identity_numbers()

if __name__ == "__main__":
    main()
