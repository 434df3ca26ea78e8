"""kill -9 of whoever counts, at any moment: each event is counted exactly once all the same."""

import random
import threading
import time
from datetime import UTC, datetime

from registry.statistics.counting import count, events_of_insert
from registry.statistics.projector import Projector
from tests.crash.waiting import killed, say, until

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
KILLS = 8
IN_CHUNK = 250  # certificates written while one of them counts
FOLLOW = """
import sys
from datetime import UTC, datetime
from threading import Event
from registry.mongo import connect
from registry.statistics.projector import Projector
import registry.statistics.projector as projector
projector.BATCH = 20  # many transactions, so that a kill falls into one
follower = Projector(connect(sys.argv[1], database=sys.argv[2]), lambda: datetime.now(UTC))
follower._pointer()
print("counting", flush=True)
follower.run(Event())
"""


def write(database, chunk, bare_certificate):
    """Issue, and revoke every seventh."""
    for number in range(chunk * IN_CHUNK, (chunk + 1) * IN_CHUNK):
        database["certificates"].insert_one(bare_certificate(number, level=str(number % 5 + 1)))
        if number % 7 == 0:
            change = {"state": "revoked", "at": NOW, "reason": "x", "by": "x", "note": ""}
            update = {"$set": {"state": "revoked"}, "$push": {"changes": change}}
            database["certificates"].update_one({"_id": f"c{number}"}, update)


def test_counters_are_exact_after_kill_9(database, mongo_uri, bare_certificate, counters):
    Projector(database, lambda: NOW).catch_up()
    for chunk in range(KILLS):
        writer = threading.Thread(target=write, args=(database, chunk, bare_certificate))
        with killed(FOLLOW, mongo_uri, database.name) as process:
            assert say(process) == "counting"
            before = counters()
            writer.start()
            until(lambda: counters() != before, f"follower {chunk + 1} counts something")  # noqa: B023 - here and now
            time.sleep(random.uniform(0.0, 0.3))
        writer.join()
        # else the server gives up its transaction only in 10 s
        database.client.admin.command("killAllSessions", [])
    Projector(database, lambda: NOW).catch_up()
    truth = count(event for one in database["certificates"].find() for event in events_of_insert(one))
    assert counters() == truth
    assert database["uploads"].count_documents({"type": "new"}) == KILLS * IN_CHUNK
    assert database["uploads"].count_documents({"type": "correction"}) == (KILLS * IN_CHUNK + 6) // 7
