"""The trail's writer: what is noted and what certificates do enters once, in order, whatever is lost on the way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from registry.audit.acts import Act, Acts
from registry.audit.checking import Break, Checks, check_trail
from registry.audit.entries import shown
from registry.audit.trail import Filter, Trail
from registry.audit.writer import LEASE, TrailWriter
from registry.following import Overtaken

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)


@pytest.fixture
def trail(database):
    made = Trail(database)
    made.prepare()
    made.prepare()  # again: nothing happens
    return made


@pytest.fixture
def writer(database, trail):
    return TrailWriter(database, lambda: NOW)


def note(database, number, **changes):
    act = {"name": "account.made", "by": "li", "owner": "registry", "subject": f"account:{number}"}
    Acts(database).note(Act(**(act | {"at": NOW + timedelta(seconds=number)} | changes)))


def make_change(state):
    return {"state": state, "at": NOW, "reason": "x", "by": "li", "note": ""}


def events(trail):
    return [one["event"] for one in trail.walk()]


def test_acts_enter_in_order_and_leave_their_inbox(database, trail, writer):
    for number in (3, 1, 2):
        note(database, number)
    end = writer.catch_up()
    assert [one["subject"] for one in trail.walk()] == ["account:1", "account:2", "account:3"]
    assert (end.seq, check_trail(trail).seq) == (3, 3)
    assert database["acts"].count_documents({}) == 0


def test_certificates_enter_from_before_the_first_start_and_after(database, trail, writer, bare_certificate):
    database["certificates"].insert_many([bare_certificate(1, make_change("revoked")), bare_certificate(2)])
    writer.catch_up()
    assert events(trail) == ["n1#0", "n1#1", "n2#0"]
    database["certificates"].insert_many([bare_certificate(3), bare_certificate(4)])
    for change in ("suspended", "valid"):
        database["certificates"].update_one({"_id": "c3"}, {"$push": {"changes": make_change(change)}})
    database["certificates"].update_one({"_id": "c4"}, {"$set": {"claim": "x"}})
    TrailWriter(database, lambda: NOW).catch_up()
    assert events(trail) == ["n1#0", "n1#1", "n2#0", "n3#0", "n4#0", "n3#1", "n3#2"]
    assert check_trail(trail).broken is None


def test_a_lost_oplog_loses_nothing_and_repeats_nothing(database, trail, writer, bare_certificate):
    database["certificates"].insert_many([bare_certificate(1), bare_certificate(2)])
    writer.catch_up()
    database["certificates"].insert_one(bare_certificate(3))
    database["certificates"].update_one({"_id": "c1"}, {"$push": {"changes": make_change("revoked")}})
    writer._begin_anew(trail.end())  # what `run` does when MongoDB says that the history is lost
    writer.catch_up()
    assert sorted(events(trail)) == ["n1#0", "n1#1", "n2#0", "n3#0"]
    assert check_trail(trail).broken is None


def test_of_two_writers_one_is_refused(database, trail, writer):
    note(database, 1)
    stale = trail.end()
    writer.catch_up()
    with pytest.raises(Overtaken):
        trail.append(stale, [], at=NOW, state={"token": "x"})
    assert check_trail(trail).broken is None


def test_one_writer_holds_the_lease_until_it_ends(database, trail):
    now = [NOW]
    first, second = (TrailWriter(database, lambda: now[0]) for _ in range(2))
    assert [first._hold_lease(), second._hold_lease(), first._hold_lease()] == [True, False, True]
    now[0] += LEASE + timedelta(seconds=1)
    assert [second._hold_lease(), first._hold_lease()] == [True, False]
    second._release_lease()
    assert first._hold_lease()


def test_filters_and_pages(database, trail, writer):
    for number in range(5):
        note(database, number, by="li" if number % 2 else "wang")
    writer.catch_up()
    found, following = trail.page(Filter(by="wang"), limit=2)
    assert [one["_id"] for one in found] == [5, 3]
    rest, end = trail.page(Filter(by="wang"), before=following, limit=2)
    assert ([one["_id"] for one in rest], end) == ([1], None)
    days = Filter(since=NOW + timedelta(seconds=1), until=NOW + timedelta(seconds=3))
    assert [one["_id"] for one in trail.walk(days)] == [2, 3]
    assert trail.page(Filter(subject="account:9")) == ([], None)


@pytest.mark.parametrize(
    ("tamper", "broken"),
    [
        (lambda held: held.update_one({"_id": 2}, {"$set": {"by": "nobody"}}), Break(2, "changed")),
        (lambda held: held.delete_one({"_id": 2}), Break(2, "missing")),
        (lambda held: held.delete_one({"_id": 3}), Break(3, "missing")),
    ],
    ids=["changed", "taken out", "cut off"],
)
def test_tampering_is_found(database, trail, writer, tamper, broken):
    for number in range(3):
        note(database, number)
    writer.catch_up()
    checks = Checks(database)
    assert checks.run(at=NOW).seq == 3
    tamper(database["trail"])
    assert check_trail(trail).broken == broken
    assert checks.run(at=NOW + timedelta(hours=25)).broken == broken
    assert checks.last()["broken"] == vars(broken)


def test_a_kept_head_proves_a_cut_that_the_end_itself_hides(database, trail, writer):
    for number in range(3):
        note(database, number)
    end = writer.catch_up()
    kept = {"seq": end.seq, "hash": end.hash}
    assert check_trail(trail, kept=kept).broken is None
    database["trail"].delete_one({"_id": 3})
    second = next(iter(trail.walk(after=1)))
    database["trail_end"].update_one({"_id": "end"}, {"$set": {"seq": 2, "hash": second["hash"]}})
    assert check_trail(trail).broken is None  # whoever cut it off moved the end as well
    assert check_trail(trail, kept=kept).broken == Break(3, "end")


def test_what_is_checked_goes_on_where_it_ended(database, trail, writer):
    checks = Checks(database)
    note(database, 1)
    writer.catch_up()
    assert checks.run(at=NOW).seq == 1
    note(database, 2)
    writer.catch_up()
    assert checks.run(at=NOW + timedelta(minutes=1)).seq == 2
    assert (checks.last()["whole_at"], checks.last()["at"]) == (NOW, NOW + timedelta(minutes=1))


def test_an_entry_is_shown_with_everything_its_hash_covers(database, trail, writer):
    note(database, 1, after={"at": NOW})
    writer.catch_up()
    [entry] = trail.walk()
    assert shown(entry)["at"] == "2026-11-22T04:00:01.000Z"
    assert set(shown(entry)) == {
        "seq", "event", "at", "act", "by", "owner", "subject", "why", "request", "before", "after", "previous", "hash",
    }  # fmt: skip
