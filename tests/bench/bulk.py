"""Bulk checks against the bare Ed25519 primitive, and their memory. ``python tests/bench/bulk.py [--rows N]``.

Every case runs in a process of its own: it takes a CSV of N rows in, judges it on one thread with a real MongoDB
beside it, and reads the results. Bare verifications go between the chunks, so that whatever else the machine does
meets both. ``ratio`` is of the clock, waiting for MongoDB included; ``per core`` of the process's CPU time, for the
worker's other thread judges while one waits.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from time import perf_counter, process_time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from synthetic import certificate_bodies

from issuers.demo import make_demo
from issuers.schemas import IssueSchema, load
from keys.strict_json import loads
from keys.vault import create_master_key
from registry.certificate import CertificateRecord
from registry.credential import china_date, parse_credential, read_face
from registry.mongod import local_mongod
from registry.settings import read_settings
from verify.gate import claims_of
from verify.gate_check import seal_gate
from verify.holder_check import SALT_BYTES, CheckValue
from wsgi import Services, now, open_services, prepare

AIM = 0.5  # of the bare rate, for signed payloads
DISTINCT = 2_000  # certificates that the rows name in turn
BARE_COUNT = 400  # between two chunks of a thousand rows
KINDS = ("qr", "code", "number")


def main() -> None:
    """Make certificates, run every case in a process of its own, print a table."""
    parser = argparse.ArgumentParser(prog="python tests/bench/bulk.py", description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--case", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.case:
        print(json.dumps(run_case(Path(asked.case))))
        return
    with tempfile.TemporaryDirectory() as folder, local_mongod(Path(folder)) as uri:
        environ = os.environ | {"DATA_DIR": folder, "MONGODB_URI": uri, "MONGODB_DATABASE": "bench_bulk"}
        settings = replace(read_settings(environ), mongodb_uri=uri)
        create_master_key(settings.master_key_path)
        services = open_services(settings)
        prepare(services)
        made = make_demo(services.registry, services.issuers)
        rows = list(islice(issue_rows(services, made.assessor.id), DISTINCT))
        print(
            f"{os.cpu_count()} cores, one thread judging; {DISTINCT} certificates; ratio to bare Ed25519 verify"
        )
        print(
            f"{'rows by':<8} {'rows':>7} {'bare/s':>7} {'judged/s':>8} {'ratio':>6} {'per core':>9} "
            f"{'taken in/s':>10} {'peak RSS MB':>11}"
        )
        for kind in KINDS:
            for count in (1_000, asked.rows):
                path = Path(folder) / f"{kind}-{count}.csv"
                write_list(path, kind, rows, count)
                report(kind, count, run_child(path, environ))


def issue_rows(services: Services, assessor_id: str) -> Iterator[dict[str, str]]:
    """Certificates as the rows that ask for them."""
    assessor = services.issuers.assessors.find(assessor_id)
    schema, key = IssueSchema(), services.registry.signing_key(assessor_id)[1]
    for body in certificate_bodies(china_date(now())):
        record = services.issuers.desk.issue(load(schema, loads(body)), assessor)
        name = json.loads(body)["holder"]["name"]
        yield {
            "qr": write_text(services, record, key),
            "code": record.code,
            "number": record.number,
            "name": name,
        }


def write_text(services: Services, record: CertificateRecord, key: object) -> str:
    """The QR's text, with a random check value: the slow derivation of a true one is not what is measured."""
    check = CheckValue(secrets.token_bytes(SALT_BYTES), secrets.randbelow(2**20))
    claims = claims_of(read_face(parse_credential(record.credential)), check)
    return seal_gate(claims, f"{services.registry.settings.origin}/v/{record.code}", key=key)


def write_list(path: Path, kind: str, rows: list[dict[str, str]], count: int) -> None:
    """An employer's list that asks ``count`` times, by QR text, by code, or by number and name."""
    names = ["number", "name"] if kind == "number" else [kind]
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(names)
        table.writerows([rows[n % len(rows)][name] for name in names] for n in range(count))


def run_child(path: Path, environ: dict[str, str]) -> dict[str, float]:
    command = [sys.executable, __file__, "--case", str(path)]
    done = subprocess.run(command, env=environ, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def run_case(path: Path) -> dict[str, float]:
    """Take the list in, judge it, read the results back. Bare verifications go between the chunks."""
    services = open_services(read_settings(os.environ))
    employer, desk = next(services.issuers.employers.all()), services.bulk
    began = perf_counter()
    with path.open("rb") as file:
        job_id = desk.receive(file, employer, by="bench")
    received = perf_counter() - began
    bare, wall, cpu = Bare(), 0.0, 0.0
    while True:
        bare.run()
        began, worked = perf_counter(), process_time()
        if not desk.work_once("bench"):
            break
        wall, cpu = wall + perf_counter() - began, cpu + process_time() - worked
    job = desk.jobs.find(job_id)
    rows = sum(len(chunk) for chunk in desk.results(job))
    assert job["outcomes"] == {"valid": rows}, job["outcomes"]
    services.registry.database["bulk_days"].delete_many({})  # the day's limit is not what is measured
    return {
        "bare": bare.count / bare.wall,
        "judged": rows / wall,
        "ratio": rows / wall / (bare.count / bare.wall),
        "cpu": rows / cpu / (bare.count / bare.cpu),
        "received": rows / received,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


class Bare:
    """Bare ``cryptography`` verifications of messages as long as a payload's, a little now and then."""

    def __init__(self) -> None:
        key = Ed25519PrivateKey.generate()
        messages = [secrets.token_bytes(250) for _ in range(BARE_COUNT)]
        self._signed = [(key.sign(message), message) for message in messages]
        self._public = key.public_key()
        self.count, self.wall, self.cpu = 0, 0.0, 0.0

    def run(self) -> None:
        began, worked = perf_counter(), process_time()
        for signature, message in self._signed:
            self._public.verify(signature, message)
        self.wall, self.cpu = self.wall + perf_counter() - began, self.cpu + process_time() - worked
        self.count += len(self._signed)


def report(kind: str, count: int, found: dict[str, float]) -> None:
    aim = (
        f"  aim {AIM}: {'held' if found['cpu'] >= AIM else 'missed'}"
        if kind == "qr" and count > 1_000
        else ""
    )
    print(
        f"{kind:<8} {count:>7} {found['bare']:>7.0f} {found['judged']:>8.0f} {found['ratio']:>6.2f} "
        f"{found['cpu']:>9.2f} {found['received']:>10.0f} {found['peak']:>11.0f}{aim}",
        flush=True,
    )


if __name__ == "__main__":
    main()
