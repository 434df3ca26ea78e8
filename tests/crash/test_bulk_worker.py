"""kill -9 of workers in the middle of a list: every row is answered once, and the report fits."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import uuid
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from keys.vault import create_master_key
from registry.mongo import connect
from registry.settings import Settings
from tests.crash.waiting import until
from verify.bulk.report import check_results, read_report
from verify.bulk.results import csv_head, csv_lines
from wsgi import open_services, prepare

PROGRAM = Path(sys.executable).with_name("skills-registry")
ROWS = 30_000
KILLS = 3


def test_every_row_is_answered_once_whoever_dies(mongo_uri: str, tmp_path: Path) -> None:
    name = f"test_{uuid.uuid4().hex}"
    settings = Settings(mongodb_uri=mongo_uri, mongodb_database=name, data_dir=str(tmp_path))
    create_master_key(settings.master_key_path)
    database = connect(mongo_uri, database=name)
    services = open_services(settings, database=database)
    prepare(services)
    employer = services.issuers.employers.add(
        "power", name="示例发电有限公司", credit_code="91150700000000035M"
    )
    desk, chunks = services.bulk, database["bulk_chunks"]
    file = io.BytesIO(b"code\n" + b"".join(b"%022d\n" % n for n in range(ROWS)))
    job_id = desk.receive(file, employer, by="test")
    environ = os.environ | {
        "MONGODB_URI": mongo_uri, "MONGODB_DATABASE": name, "DATA_DIR": str(tmp_path), "PORT": "8000",
    }  # fmt: skip
    try:
        for kill in range(KILLS):
            worker = subprocess.Popen([PROGRAM, "worker"], env=environ)
            until(
                lambda: chunks.count_documents({"done": True}) > 2 * kill,  # noqa: B023 - here and now
                f"worker {kill + 1} finishes a part of the list",
            )
            worker.send_signal(signal.SIGKILL)
            worker.wait()
            # a minute later, as far as the leases know
            chunks.update_many({"done": False}, {"$set": {"lease_until": datetime(2026, 1, 1, tzinfo=UTC)}})
        worker = subprocess.Popen([PROGRAM, "worker"], env=environ)
        until(lambda: desk.jobs.find(job_id)["state"] == "done", "the list is done")
        worker.terminate()
        assert worker.wait(10) == 0
        job = desk.jobs.find(job_id)
        rows = [cells for chunk in desk.results(job) for cells in chunk]
        assert [int(cells[0]) for cells in rows] == list(range(2, ROWS + 2))
        assert Counter(cells[4] for cells in rows) == job["outcomes"] == {"unknown": ROWS}
        check_results(read_report(job["report"]), io.BytesIO((csv_head("en") + csv_lines(rows)).encode()))
    finally:
        database.client.drop_database(name)
        database.client.close()
