"""The counters against a real change stream: exact after restarts, races, rebuilds and a lost oplog."""

import threading
import time
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from issuers.changes.states import lift, revoke, suspend
from registry.following import Overtaken
from registry.statistics.counting import count, events_of_insert
from registry.statistics.figures import Figures
from registry.statistics.projector import Projector, projecting
from registry.statistics.rebuilding import PROJECTION, rebuild

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)


def truth(database):
    """What the counters must say: the record, counted by the pure function."""
    events = (event for one in database["certificates"].find() for event in events_of_insert(one))
    return count(events)


def test_issuing_and_every_change_of_state_is_counted_once(house, database, make_body, counters):
    projector = Projector(database, house.clock)
    projector.catch_up()
    codes = [house.issued(make_body(person=person))["code"] for person in range(4)]
    record, at = house.registry.record, house.clock()
    revoke(record, codes[0], reason="issued_in_error", by="x", at=at)
    suspend(record, codes[1], reason="under_investigation", by="x", at=at)
    lift(record, codes[1], by="x", at=at)
    projector.catch_up()
    found = counters()
    assert found == truth(database)
    assert found["level|2026-11|3", "issued"] == 4
    assert found["level|2026-11|3", "revoked"] == 1
    assert found["day|2026-11-22|", "lifted"] == 1


def test_a_change_before_it_is_counted_does_not_blur_an_earlier_one(house, database, make_body, counters):
    """The look-up of an update shows the certificate as it is later; each change is counted by itself."""
    projector = Projector(database, house.clock)
    projector.catch_up()
    code = house.issued(make_body())["code"]
    record, at = house.registry.record, house.clock()
    for _ in range(3):
        suspend(record, code, reason="under_investigation", by="x", at=at)
        lift(record, code, by="x", at=at)
    projector.catch_up()
    assert counters() == truth(database)
    assert counters()["kind|2026-11|skill_level", "suspended"] == 3


def test_a_certificate_suspended_and_then_revoked_is_gone_once(house, database, make_body, counters):
    projector = Projector(database, house.clock)
    projector.catch_up()
    codes = [house.issued(make_body(person=person))["code"] for person in range(3)]
    record, at = house.registry.record, house.clock()
    for code in codes[:2]:
        suspend(record, code, reason="under_investigation", by="x", at=at)
    revoke(record, codes[0], reason="issued_in_error", by="x", at=at)
    projector.catch_up()
    figures = Figures(database)
    assert figures.standing(lambda _: True) == {"3": 1}
    lift(record, codes[1], by="x", at=at)
    projector.catch_up()
    assert figures.standing(lambda _: True) == {"3": 2}
    followed = counters()
    rebuild(database, at=at)
    assert counters() == followed == truth(database)


def test_a_first_start_counts_what_is_there_and_goes_on_from_that_moment(
    database, bare_certificate, counters
):
    database["certificates"].insert_many([bare_certificate(n) for n in range(7)])
    projector = Projector(database, lambda: NOW)
    projector.catch_up()
    assert counters() == truth(database)
    database["certificates"].insert_many(
        [bare_certificate(n, level=None, kind="single_skill") for n in range(7, 12)]
    )
    projector.catch_up()
    assert counters() == truth(database)
    assert counters()["level|2026-11|none", "issued"] == 5


def test_a_rebuild_among_writes_neither_misses_nor_doubles(database, bare_certificate, counters):
    """Writers go on while the record is counted anew, again and again."""
    Projector(database, lambda: NOW).catch_up()

    def write(first):
        for number in range(first, first + 400):
            database["certificates"].insert_one(bare_certificate(number, level=str(number % 5 + 1)))
            if number % 3 == 0:
                change = {"state": "revoked", "at": NOW, "reason": "x", "by": "x", "note": ""}
                database["certificates"].update_one(
                    {"_id": f"c{number}"}, {"$set": {"state": "revoked"}, "$push": {"changes": change}}
                )

    writers = [threading.Thread(target=write, args=(first,)) for first in (0, 1_000, 2_000)]
    for writer in writers:
        writer.start()
    with projecting(database, lambda: NOW):
        for _ in range(4):
            with suppress(Overtaken):  # by a projector that rebuilt at the same moment
                rebuild(database, at=NOW)
    for writer in writers:
        writer.join()
    Projector(database, lambda: NOW).catch_up()
    assert counters() == truth(database)
    generations = {one["_id"].partition("|")[0] for one in database["statistics"].find({}, {"_id": 1})}
    assert len(generations) == 1


def test_two_projectors_count_each_event_once(database, bare_certificate, counters):
    Projector(database, lambda: NOW).catch_up()
    with projecting(database, lambda: NOW), projecting(database, lambda: NOW):
        for number in range(200):
            database["certificates"].insert_one(bare_certificate(number))
    Projector(database, lambda: NOW).catch_up()
    assert counters() == truth(database)


def test_a_token_that_the_oplog_has_lost_leads_to_counting_anew(
    database, lost_token, bare_certificate, counters
):
    Projector(database, lambda: NOW).catch_up()
    database["projections"].update_one({"_id": PROJECTION}, {"$set": {"token": lost_token()}})
    database["certificates"].insert_many([bare_certificate(n) for n in range(3)])
    before = database["projections"].find_one({"_id": PROJECTION})["generation"]
    with projecting(database, lambda: NOW):
        until = time.monotonic() + 30
        while database["projections"].find_one({"_id": PROJECTION})["generation"] == before:
            assert time.monotonic() < until
            time.sleep(0.02)
    assert counters() == truth(database)
    assert counters()["level|2026-11|3", "issued"] == 3


@pytest.mark.parametrize("found", [1, 2])
def test_rows_for_the_national_system_wait_once(house, database, make_body, found):
    projector = Projector(database, house.clock)
    projector.catch_up()
    code = house.issued(make_body())["code"]
    projector.catch_up()
    if found == 2:
        revoke(house.registry.record, code, reason="issued_in_error", by="x", at=house.clock())
        projector.catch_up()
    rebuild(database, at=house.clock())
    rows = sorted((one["_id"], one["type"]) for one in database["uploads"].find())
    assert rows == [(f"{code}#0", "new"), (f"{code}#1", "correction")][:found]
