"""Issue and verify over HTTP against bare routes on the same server and database, in the same run.

``make bench``, or ``python tests/bench [--rounds N] [--connections N] [--only micro|http]``.
The rounds are interleaved (bare, ours, bare, ours), so that whatever else the machine does meets both; the figures
are medians over the rounds, and each ratio is taken within its round.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count, islice
from multiprocessing import get_context
from pathlib import Path
from statistics import median, quantiles
from urllib.error import URLError
from urllib.request import urlopen

import bson
import micro
from load import Run, drive
from served import BARE_BYTES
from synthetic import certificate_bodies, request

from issuers.demo import make_demo
from keys.vault import create_master_key
from registry.credential import china_date
from registry.mongod import local_mongod
from registry.settings import Settings, read_settings
from wsgi import Services, now, open_services, prepare

PORT = "8143"
SEEDED = 2_000  # certificates and bare documents to find
INSERTS, FINDS, PAGES = 1_000, 2_000, 600  # requests a round


@dataclass
class Contest:
    """A route of ours and the bare one it is measured against."""

    name: str
    bare: str
    aim: float | None
    runs: list[Run] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)


def main() -> None:
    """Run what was asked for and print it."""
    parser = argparse.ArgumentParser(prog="python tests/bench", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--connections", type=int, default=12)
    parser.add_argument("--only", choices=("micro", "http"))
    asked = parser.parse_args()
    if asked.only != "http":
        micro.main()
    if asked.only != "micro":
        measure_http(asked.rounds, asked.connections)


def measure_http(rounds: int, connections: int) -> None:
    """Interleaved rounds of every route, then the table."""
    with tempfile.TemporaryDirectory() as folder, local_mongod(Path(folder)) as uri:
        settings = replace(read_settings({**os.environ, "PORT": PORT, "DATA_DIR": folder}), mongodb_uri=uri)
        create_master_key(settings.master_key_path)
        services = open_services(settings)
        prepare(services)
        made = make_demo(services.registry, services.issuers)
        size = _record_bytes(services, made.certificate.code)
        with (
            _server(settings, size),
            ProcessPoolExecutor(1, mp_context=get_context("spawn")) as client,
        ):

            def run(requests: list[bytes], status: int) -> Run:
                return client.submit(drive, int(PORT), requests, connections, status).result()

            print(
                f"\n{os.cpu_count()} cores, {settings.workers} workers of {settings.threads} threads, "
                f"{connections} connections, {rounds} rounds; a record has {size} bytes"
            )
            _print(*_rounds(run, rounds, made.token))


def _rounds(
    run: Callable[[list[bytes], int], Run], rounds: int, token: str
) -> tuple[dict[str, list[Run]], list[Contest]]:
    issues = _issue_requests(token)
    inserts = [
        request("POST", "/bare/insert", body)
        for body in islice(certificate_bodies(china_date(now())), INSERTS)
    ]
    codes = [json.loads(body)["code"] for body in run(list(islice(issues, SEEDED)), 201).bodies]
    bare = run(inserts * (SEEDED // INSERTS), 201).bodies
    finds = [request("GET", f"/bare/find/{json.loads(body)['code']}") for body in bare]
    verifications = [
        request("POST", "/api/v1/verifications", json.dumps({"code": code}).encode()) for code in codes
    ]
    pages = [request("GET", f"/v/{code}") for code in codes]
    contests = [
        Contest("issue", "bare insert", 0.5),
        Contest("verify", "bare find", 0.6),
        Contest("page", "bare find", None),
    ]
    bares: dict[str, list[Run]] = {"bare insert": [], "bare find": []}
    for _ in range(rounds):
        bares["bare insert"].append(run(inserts, 201))
        _enter(contests[0], run(list(islice(issues, INSERTS)), 201), bares)
        bares["bare find"].append(run(finds[:FINDS], 200))
        answers = run(verifications[:FINDS], 200)
        assert all(json.loads(body)["outcome"] == "valid" for body in answers.bodies)
        _enter(contests[1], answers, bares)
        _enter(contests[2], run(pages[:PAGES], 200), bares)
    return bares, contests


def _enter(contest: Contest, run: Run, bares: dict[str, list[Run]]) -> None:
    contest.runs.append(run)
    contest.ratios.append(run.rate / bares[contest.bare][-1].rate)


def _issue_requests(token: str) -> Iterator[bytes]:
    headers = {"Authorization": f"Bearer {token}"}
    for n, body in zip(count(), certificate_bodies(china_date(now()))):
        yield request("POST", "/api/v1/certificates", body, **headers, Idempotency_Key=f"bench-{n:036}")


def _record_bytes(services: Services, code: str) -> int:
    found = services.registry.database["certificates"].find_one({"_id": code})
    return len(bson.encode(found or {}))


@contextmanager
def _server(settings: Settings, size: int) -> Iterator[None]:
    environ = os.environ | {
        "PORT": settings.port,
        "DATA_DIR": settings.data_dir,
        "MONGODB_URI": settings.mongodb_uri,
        "PYTHONPATH": str(Path(__file__).parent),
        BARE_BYTES: str(size),
    }
    with subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("served.py"))], env=environ
    ) as server:
        try:
            _wait_for(f"{settings.origin}/readyz", server)
            yield
        finally:
            server.terminate()


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    while server.poll() is None:
        try:
            urlopen(url, timeout=5).close()
        except (URLError, OSError):
            continue
        return
    raise SystemExit("the server did not start")


def _print(bares: dict[str, list[Run]], contests: list[Contest]) -> None:
    print(f"{'route':<12} {'per second':>10} {'p50 ms':>8} {'p99 ms':>8} {'client':>7} {'ratio':>6}  to")
    for name, runs in bares.items():
        print(f"{name:<12} {_columns(runs)}")
    for contest in contests:
        ratio = median(contest.ratios)
        aim = f", aim {contest.aim}: {'held' if ratio >= contest.aim else 'missed'}" if contest.aim else ""
        print(f"{contest.name:<12} {_columns(contest.runs)} {ratio:6.2f}  {contest.bare}{aim}")


def _columns(runs: list[Run]) -> str:
    cuts = [quantiles(run.times, n=100) for run in runs]
    p50, p99 = median(cut[49] for cut in cuts), median(cut[98] for cut in cuts)
    rate, busy = median(run.rate for run in runs), median(run.busy for run in runs)
    return f"{rate:10.0f} {p50 * 1000:8.1f} {p99 * 1000:8.1f} {busy:7.0%}"


if __name__ == "__main__":
    main()
