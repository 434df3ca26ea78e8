"""kill -9 of the trail's writer, at any moment: the chain stays whole, and what happened enters it exactly once."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from datetime import UTC, datetime

from registry.audit.acts import Act, Acts
from registry.audit.checking import check_trail
from registry.audit.trail import Trail
from registry.audit.writer import TrailWriter
from tests.crash.waiting import killed, say, until

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
KILLS = 4
CHUNKS, IN_CHUNK = 20, 30
FOLLOW = """
import sys
from datetime import UTC, datetime, timedelta
from threading import Event
import registry.audit.writer as writing
import registry.following as following
from registry.mongo import connect
writing.BATCH = 15  # many transactions, so that a kill falls into one
writing.LEASE = timedelta(milliseconds=200)
following.RETRY_SECONDS = 0.05
writer = writing.TrailWriter(connect(sys.argv[1], database=sys.argv[2]), lambda: datetime.now(UTC))
print("writing", flush=True)
writer.run(Event())
"""


def happen(database, done, bare_certificate):
    """Certificates in chunks, every third revoked, and acts between."""
    for chunk in range(CHUNKS):
        numbers = range(chunk * IN_CHUNK, (chunk + 1) * IN_CHUNK)
        database["certificates"].insert_many([bare_certificate(number) for number in numbers])
        change = {"state": "revoked", "at": NOW, "reason": "x", "by": "li", "note": ""}
        for number in numbers[::3]:
            database["certificates"].update_one({"_id": f"c{number}"}, {"$push": {"changes": change}})
            Acts(database).note(Act("account.made", "li", "registry", f"account:{number}", NOW))
    done.set()


def test_the_chain_is_whole_after_kill_9(database, mongo_uri, bare_certificate):
    trail, done = Trail(database), threading.Event()
    trail.prepare()
    source = threading.Thread(target=happen, args=(database, done, bare_certificate))
    source.start()
    ends = []
    for kill in range(KILLS):
        with killed(FOLLOW, mongo_uri, database.name) as process:
            assert say(process) == "writing"
            before = trail.end().seq
            until(
                lambda: trail.end().seq != before or (done.is_set() and _is_all_in(database)),  # noqa: B023 - here and now
                f"writer {kill + 1} adds to the trail, or nothing is left to add",
            )
            time.sleep(random.uniform(0.0, 0.3))
        ends.append(trail.end().seq)
    source.join()
    TrailWriter(database, lambda: NOW).catch_up()
    assert check_trail(trail).broken is None
    expected = Counter(f"n{number}#0" for number in range(CHUNKS * IN_CHUNK))
    expected += Counter(
        f"n{number}#1"
        for chunk in range(CHUNKS)
        for number in range(chunk * IN_CHUNK, (chunk + 1) * IN_CHUNK, 3)
    )
    found = Counter(one["event"] for one in trail.walk() if one["act"].startswith("certificate."))
    assert found == expected
    subjects = Counter(one["subject"] for one in trail.walk() if one["act"] == "account.made")
    assert set(subjects.values()) == {1}
    assert len(subjects) == CHUNKS * len(range(0, IN_CHUNK, 3))
    assert len(set(ends)) > 2, ends  # the killed ones had written something


def _is_all_in(database):
    written = database["trail"].count_documents({})
    return written >= CHUNKS * (IN_CHUNK + 2 * len(range(0, IN_CHUNK, 3)))
