"""Batches of certificates against the bare pipeline. ``python tests/bench/batch.py [--rows N] [--profile FILE]``.

A list of N people who do not exist goes from upload to its last certificate on one thread of one process, with a real
MongoDB beside it: received, checked row by row, approved, issued. Between the chunks goes the bare pipeline, a thousand
at a time: JCS of a credential, one Ed25519 signature, one `insert_many` (majority, journaled) of documents as big as
a certificate's record, into a collection without indexes of its own. So whatever else the machine does meets both.
"""

from __future__ import annotations

import argparse
import cProfile
import csv
import io
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from itertools import count, islice
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import bson
from synthetic import FAMILY, GIVEN, identity_numbers

from issuers.batches.limits import CHUNK_ROWS
from issuers.demo import make_demo
from keys.jcs import canonicalize
from keys.pair import Algorithm, PrivateKey
from keys.vault import create_master_key
from registry.credential import china_date, parse_credential
from registry.mongod import local_mongod
from registry.settings import read_settings
from wsgi import Services, now, open_services, prepare

AIM, LINEAR = 0.5, 0.9
BARE_COUNT = 1_000
HEADING = (
    "姓名,证件类型,证件号码,所在单位,职业名称,工种名称,职业技能等级,证书编号,发证日期,评价机构,发证机构"
    ",理论成绩,操作成绩"
)
OCCUPATIONS = ("电工", "养老护理员")


@dataclass
class Clock:
    """What was spent on something: rows, seconds of the wall and of this process."""

    rows: int = 0
    wall: float = 0.0
    cpu: float = 0.0

    def measure(self, rows: int, act: Any) -> Any:
        began, worked = perf_counter(), process_time()
        try:
            return act()
        finally:
            self.rows += rows
            self.wall += perf_counter() - began
            self.cpu += process_time() - worked

    @property
    def rate(self) -> float:
        return self.rows / self.wall


class Bare:
    """The bare pipeline."""

    def __init__(self, services: Services, example: dict[str, Any]) -> None:
        self._size = len(bson.encode(example))
        self._credential = parse_credential(example["credential"])
        self._credential.pop("proof")
        self._key = PrivateKey.generate(Algorithm.ED25519)
        self._documents = services.registry.database["bare"]
        self._numbers = count()

    def run(self) -> None:
        self._documents.insert_many([self._make() for _ in range(BARE_COUNT)], ordered=False)

    def _make(self) -> dict[str, Any]:
        credential = {**self._credential, "id": f"urn:{next(self._numbers)}"}
        text = canonicalize(credential)
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
        print(f"{os.cpu_count()} cores; a record of {len(bson.encode(example)):,} bytes; rows a second")
        print(
            f"{'rows':>7} {'received':>9} {'checked':>8} {'issued':>7} {'whole':>7} {'bare':>7} "
            f"{'ratio':>6} {'per core':>9}"
        )
        rates = []
        for rows in (asked.rows // 10, asked.rows):
            with cProfile.Profile() if asked.profile and rows == asked.rows else nullcontext() as profile:
                rates.append(run(services, bare, rows, people))
            if profile:
                profile.dump_stats(asked.profile)
        linear = rates[1] / rates[0]
        print(f"ratio to bare at {asked.rows}, divided by that at a tenth: {linear:.2f} (aim {LINEAR})")


def run(services: Services, bare: Bare, rows: int, people: Iterator[str]) -> float:
    """One list from upload to last certificate; its rate as a share of the bare one."""
    desk, assessor = services.batches, services.issuers.find_assessor("S000033000002")
    data, spent, idle = make_list(rows, people), [Clock(), Clock(), Clock()], Clock()
    batch_id = spent[0].measure(rows, lambda: desk.receive(io.BytesIO(data), assessor, by="bench"))
    spent[1].measure(rows, lambda: desk.work_once("bench"))
    batch = desk.batches.find(batch_id)
    assert batch["valid"] == rows, batch
    desk.batches.approve(batch_id, by="bench", at=now())
    for turn in count():
        if turn % (BARE_COUNT // CHUNK_ROWS) == 0:
            idle.measure(BARE_COUNT, bare.run)
        if not spent[2].measure(min(CHUNK_ROWS, rows), lambda: desk.work_once("bench")):
            break
    spent[2].rows = rows
    assert desk.batches.find(batch_id)["issued"] == rows
    wall, cpu = sum(one.wall for one in spent), sum(one.cpu for one in spent)
    ratio = rows / wall / idle.rate
    per_core = rows / cpu / (idle.rows / idle.cpu)
    held = f"  aim {AIM}: {'held' if ratio >= AIM else 'missed'}" if rows > 10_000 else ""
    print(
        f"{rows:>7} {spent[0].rate:>9,.0f} {spent[1].rate:>8,.0f} {spent[2].rate:>7,.0f} {rows / wall:>7,.0f} "
        f"{idle.rate:>7,.0f} {ratio:>6.2f} {per_core:>9.2f}{held}",
        flush=True,
    )
    return ratio


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
