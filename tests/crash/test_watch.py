"""kill -9 of the companion, at any moment: every change has exactly one delivery record, and each is delivered."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from json import loads

from tests.crash.waiting import until

KILLS = 6
CERTIFICATES = 300
EMPLOYERS = ("one", "two")
COMPANION = """
import sys, threading
from datetime import UTC, datetime, timedelta
from keys.pair import Algorithm, PrivateKey
from registry.mongo import connect
from registry.record import Record
from registry.record_documents import change_from_document
from verify.watch import desk, follower, store
store.LEASE = timedelta(seconds=1)  # a killed delivery comes again soon
follower.BATCH = 5  # many batches, so that a kill falls into one

class Registry:
    class settings:
        webhook_loopback, origin = "yes", "http://127.0.0.1:8000"
    database = connect(sys.argv[1], database=sys.argv[2])
    clock = staticmethod(lambda: datetime.now(UTC))
    key = ("did:web:x#k", PrivateKey.generate(Algorithm.ED25519))
    signing_key = staticmethod(lambda _: Registry.key)
    class record:
        @staticmethod
        def find_all(codes, numbers):
            for one in Registry.database["certificates"].find({"_id": {"$in": list(codes)}}):
                changes = tuple(change_from_document(change) for change in one["changes"])
                yield type("Found", (), {"code": one["_id"], "number": one["number"], "changes": changes})

with follower.watching(desk.open_watch_desk(Registry)):
    threading.Event().wait()
"""


def write(database):
    """Suspend each certificate, and revoke every third."""
    for n in range(CERTIFICATES):
        for state in ("suspended", "revoked")[: 2 if n % 3 == 0 else 1]:
            change = {"state": state, "at": datetime.now(UTC), "reason": "x", "by": "x", "note": ""}
            update = {"$set": {"state": state}, "$push": {"changes": change}}
            database["certificates"].update_one({"_id": f"c{n}"}, update)
        time.sleep(0.02)


def test_no_change_is_lost_or_doubled_by_kill_9(database, mongo_uri):
    came = Counter()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            came[loads(self.rfile.read(int(self.headers["Content-Length"])))["id"]] += 1
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    database["certificates"].insert_many(
        {"_id": f"c{n}", "number": f"n{n}", "changes": [], "state": "valid"} for n in range(CERTIFICATES)
    )
    since = {"since": datetime.now(UTC), "seen": 0}
    database["watches"].insert_many(
        {"_id": f"{who} c{n}", "employer": who, "code": f"c{n}", "number": f"n{n}"} | since
        for who in EMPLOYERS
        for n in range(CERTIFICATES)
    )
    url = f"http://127.0.0.1:{server.server_port}/"
    database["webhooks"].insert_many({"_id": who, "url": url} for who in EMPLOYERS)
    writer = threading.Thread(target=write, args=(database,))
    writer.start()
    expected = len(EMPLOYERS) * (CERTIFICATES + (CERTIFICATES + 2) // 3)
    changes, process, noticed = database["watch_changes"], None, []
    try:
        for _ in range(KILLS):
            before = changes.count_documents({})
            process = start(mongo_uri, database)
            until(
                lambda: changes.count_documents({}) not in {before} - {expected},  # noqa: B023 - here and now
                "the companion notices a change, or nothing is left to notice",
            )
            time.sleep(random.uniform(0.0, 0.5))
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            noticed.append(changes.count_documents({}))
        writer.join()
        process = start(mongo_uri, database)
        until(
            lambda: changes.count_documents({"delivery": "delivered"}) >= expected,
            "every change is delivered",
        )
    finally:
        if process:
            process.kill()
            process.wait()
        server.shutdown()
        server.server_close()
        serving.join()
    assert changes.count_documents({}) == expected  # ids are unique: not one lost, not one twice
    assert changes.count_documents({"delivery": "delivered"}) == expected
    assert len(came) == expected // len(EMPLOYERS)
    assert all(times >= len(EMPLOYERS) for times in came.values())
    assert 0 < noticed[0] < expected, noticed  # the first was killed in the middle


def start(mongo_uri, database):
    return subprocess.Popen([sys.executable, "-c", COMPANION, mongo_uri, database.name])
