"""Batches of certificates against the bare pipeline. ``python tests/bench/batch.py [--rows N] [--profile FILE]``.

A list of N people who do not exist goes from upload to its last certificate in one process, as a worker works (two
threads, their waits for new work included), with a real MongoDB beside it: received, checked row by row, approved,
issued with both signatures. Before and after it goes the bare pipeline in the same process, a thousand at a time: JCS
of a credential, one Ed25519 signature, one `insert_many` (majority, journaled) of documents as big as a certificate's
record, into a collection without indexes of its own. It has nothing of ours: JCS is the library `rfc8785`, the
signature is of `cryptography`. For comparison it goes with this registry's own JCS too, which is four times as fast.
"""

from __future__ import annotations

import argparse
import cProfile
import csv
import io
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import replace
from itertools import count, islice
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import bson
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from synthetic import FAMILY, GIVEN, identity_numbers

from issuers.batches.desk import BatchDesk
from issuers.batches.worker import issuing
from issuers.demo import make_demo
from keys.jcs import canonicalize
from keys.vault import create_master_key
from registry.credential import china_date, parse_credential
from registry.mongod import local_mongod
from registry.server import spare_collector
from registry.settings import read_settings
from wsgi import Services, now, open_services, prepare

Jcs = Callable[[Mapping[str, Any]], bytes]

AIM, LINEAR = 0.5, 0.9
SMALL = 10_000  # rows; the aim is for more
BARE_COUNT, BARE_RUNS = 1_000, 12
LOOK = 0.1  # seconds between two looks at the batch: a page looks once a second
HEADING = (
    "姓名,证件类型,证件号码,所在单位,职业名称,工种名称,职业技能等级,证书编号,发证日期,评价机构,发证机构"
    ",理论成绩,操作成绩"
)
OCCUPATIONS = ("电工", "养老护理员")


class Bare:
    """The bare pipeline, with one JCS or the other."""

    def __init__(self, services: Services, example: dict[str, Any]) -> None:
        self._size = len(bson.encode(example))
        self._credential = parse_credential(example["credential"])
        self._credential.pop("proof")
        self._key = Ed25519PrivateKey.generate()
        self._documents = services.registry.database["bare"]
        self._numbers = count()

    def rate(self, jcs: Jcs) -> float:
        """Documents a second."""
        began = perf_counter()
        for _ in range(BARE_RUNS):
            self._documents.insert_many([self._make(jcs) for _ in range(BARE_COUNT)], ordered=False)
        return BARE_RUNS * BARE_COUNT / (perf_counter() - began)

    def _make(self, jcs: Jcs) -> dict[str, Any]:
        text = jcs({**self._credential, "id": f"urn:{next(self._numbers)}"})
        proof = self._key.sign(text)
        fill = b"\0" * (self._size - len(text) - len(proof) - 80)
        return {"_id": secrets.token_urlsafe(16), "credential": text, "proof": proof, "rest": fill}


def main() -> None:
    """Run lists of two lengths, print a table."""
    parser = argparse.ArgumentParser(prog="python tests/bench/batch.py", description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=40_000)
    parser.add_argument("--profile", type=Path, help="write a profile of the longer list there")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, local_mongod(Path(folder)) as uri:
        environ = os.environ | {"DATA_DIR": folder, "MONGODB_DATABASE": "bench_batch"}
        settings = replace(read_settings(environ), mongodb_uri=uri)
        create_master_key(settings.master_key_path)
        services = open_services(settings)
        prepare(services)
        make_demo(services.registry, services.issuers)
        example = services.registry.database["certificates"].find_one({"assessor": "S000033000002"})
        assert example
        bare, people = Bare(services, example), identity_numbers()
        spare_collector()  # as the worker does
        size = len(bson.encode(example))
        print(f"{os.cpu_count()} cores; a record of {size:,} bytes; certificates a second")
        print(
            f"{'rows':>7} {'received':>9} {'checked':>8} {'issued':>7} {'whole':>7} {'bare':>7} {'ratio':>6} "
            f"{'bare, our JCS':>15} {'ratio':>6}"
        )
        rates = []
        for rows in (asked.rows // 10, asked.rows):
            with cProfile.Profile() if asked.profile and rows == asked.rows else nullcontext() as profile:
                rates.append(run(services, bare, rows, people, by_hand=bool(profile)))
            if profile:
                profile.dump_stats(asked.profile)
        print(f"at {asked.rows} rows {rates[1] / rates[0]:.2f} of the rate at a tenth (aim {LINEAR})")


def run(services: Services, bare: Bare, rows: int, people: Iterator[str], *, by_hand: bool) -> float:
    """One list from upload to last certificate, and the bare pipeline before and after; certificates a second."""
    data, before = make_list(rows, people), (bare.rate(rfc8785.dumps), bare.rate(canonicalize))
    spent = work(services, data, by_hand=by_hand)
    after = (bare.rate(rfc8785.dumps), bare.rate(canonicalize))
    one, other = ((first + last) / 2 for first, last in zip(before, after, strict=True))
    whole = rows / sum(spent)
    received, checked, issued = (rows / seconds for seconds in spent)
    held = f"  aim {AIM}: {'held' if whole / one >= AIM else 'missed'}" if rows > SMALL else ""
    print(
        f"{rows:>7} {received:>9,.0f} {checked:>8,.0f} {issued:>7,.0f} {whole:>7,.0f} {one:>7,.0f} "
        f"{whole / one:>6.2f} {other:>15,.0f} {whole / other:>6.2f}{held}",
        flush=True,
    )
    return whole


def work(services: Services, data: bytes, *, by_hand: bool) -> tuple[float, float, float]:
    """Seconds of receiving, checking and issuing; ``by_hand`` in this thread, for the profiler sees no other."""
    desk, assessor = services.batches, services.issuers.find_assessor("S000033000002")
    with nullcontext() if by_hand else issuing(desk):
        began = perf_counter()
        batch_id = desk.receive(io.BytesIO(data), assessor, by="bench")
        received = perf_counter()
        reach(desk, batch_id, "prepared", by_hand=by_hand)
        batch = desk.batches.find(batch_id)
        assert batch["valid"] == batch["rows"], batch
        desk.batches.approve(batch_id, by="bench", at=now())
        checked = perf_counter()
        reach(desk, batch_id, "done", by_hand=by_hand)
        issued = perf_counter()
    assert desk.batches.find(batch_id)["issued"] == batch["rows"]
    return received - began, checked - received, issued - checked


def reach(desk: BatchDesk, batch_id: str, state: str, *, by_hand: bool) -> None:
    """Until the batch is in that state."""
    while (batch := desk.batches.find(batch_id))["state"] != state:
        assert batch["state"] != "refused", batch
        if by_hand:
            desk.work_once("bench")
            desk.tidy()
        else:
            sleep(LOOK)


def make_list(rows: int, people: Iterator[str]) -> bytes:
    """A list of people who do not exist, in the national row with marks."""
    out, today = io.StringIO(), china_date(now()).isoformat()
    table = csv.writer(out)
    table.writerow(HEADING.split(","))
    for n, number in enumerate(islice(people, rows)):
        name = FAMILY[n % 10] + GIVEN[n // 10 % 20] + GIVEN[n // 200 % 20]
        work = [f"示例机械有限公司{n % 50}分厂", OCCUPATIONS[n % 2], "--", str(n % 3 + 3), "", today, "", ""]
        table.writerow([name, "201", number, *work, str(60 + n % 40), str(60 + n % 37)])
    return out.getvalue().encode()


if __name__ == "__main__":
    main()
