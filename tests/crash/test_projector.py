"""kill -9 of whoever counts, at any moment: each event is counted exactly once all the same."""

import random
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime

from registry.statistics.counting import count, events_of_insert
from registry.statistics.projector import Projector
from registry.statistics.rebuilding import PROJECTION

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


def write(database, chunk):
    """Issue, and revoke every seventh."""
    for number in range(chunk * IN_CHUNK, (chunk + 1) * IN_CHUNK):
        database["certificates"].insert_one(
            {
                "_id": f"c{number}",
                "number": f"n{number}",
                "kind": "skill_level",
                "level": str(number % 5 + 1),
                "occupation": {"code": "6-31-01-03", "edition": "2022"},
                "assessor": "S000033000002",
                "region": "330000",
                "issued_on": "2026-11-22",
                "changes": [],
                "state": "valid",
            }
        )
        if number % 7 == 0:
            change = {"state": "revoked", "at": NOW, "reason": "x", "by": "x", "note": ""}
            update = {"$set": {"state": "revoked"}, "$push": {"changes": change}}
            database["certificates"].update_one({"_id": f"c{number}"}, update)


def counters(database):
    generation = database["projections"].find_one({"_id": PROJECTION})["generation"]
    found = Counter()
    for one in database["statistics"].find({"_id": {"$regex": f"^{generation}\\|"}}):
        name = one.pop("_id").partition("|")[2]
        found.update({(name, measure): amount for measure, amount in one.items()})
    return found


def test_counters_are_exact_after_kill_9(database, mongo_uri):
    Projector(database, lambda: NOW).catch_up()
    counted = []
    for chunk in range(KILLS):
        command = [sys.executable, "-c", FOLLOW, mongo_uri, database.name]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout.readline() == b"counting\n"  # a busy machine takes seconds to start it
            writer = threading.Thread(target=write, args=(database, chunk))
            writer.start()
            time.sleep(random.uniform(0.1, 0.7))
            process.kill()
        writer.join()
        counted.append(sum(counters(database).values()))
    Projector(database, lambda: NOW).catch_up()
    truth = count(event for one in database["certificates"].find() for event in events_of_insert(one))
    assert counters(database) == truth
    assert len(set(counted)) > 2, counted  # the killed ones had counted something
    assert database["uploads"].count_documents({"type": "new"}) == KILLS * IN_CHUNK
    assert database["uploads"].count_documents({"type": "correction"}) == (KILLS * IN_CHUNK + 6) // 7
