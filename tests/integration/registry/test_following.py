"""The change stream of the record: in batches, from a kept place, up to a moment; a lost place is told as lost."""

from __future__ import annotations

import pytest
from pymongo.errors import OperationFailure

from registry import following
from registry.following import HISTORY_LOST, insertions_and_updates, latest_moment, open_changes

PIPELINE = insertions_and_updates(["state"])


@pytest.fixture
def record(database):
    database["certificates"].insert_one({"_id": "c0", "state": "valid", "holder": b"x"})
    return database["certificates"]


def codes(batch):
    return [change["fullDocument"]["_id"] for change in batch.changes]


def test_batches_carry_what_was_asked_for_and_the_place_behind_them(database, record):
    start = {"start": latest_moment(database)}
    record.insert_many({"_id": f"c{n}", "state": "valid", "holder": b"x"} for n in range(1, 6))
    record.update_one({"_id": "c5"}, {"$set": {"state": "revoked"}})
    with open_changes(database, PIPELINE, start, most=4) as changes:
        first = changes.take()
    assert codes(first)[-3:] == ["c2", "c3", "c4"] or codes(first)[-3:] == ["c1", "c2", "c3"]
    assert (len(first.changes), first.is_due) == (4, True)
    assert first.changes[-1]["fullDocument"].keys() == {"_id", "state"}
    with open_changes(database, PIPELINE, {"token": first.token}, most=4) as changes:
        rest = changes.take()
    assert rest.changes[-1]["updateDescription"]["updatedFields"] == {"state": "revoked"}
    assert {"c1", "c2", "c3", "c4", "c5"} <= {*codes(first), *codes(rest)}


def test_a_place_is_due_at_first_with_every_change_and_now_and_then(database, record, monkeypatch):
    with open_changes(database, PIPELINE, {"start": latest_moment(database)}, most=4) as changes:
        assert changes.take().is_due  # the moment of the start becomes a token
        while changes.take().changes:
            pass
        record.insert_one({"_id": "c1"})
        assert changes.take().is_due
        assert not changes.take().is_due
        monkeypatch.setattr(following, "KEEP_SECONDS", 0.0)
        database["elsewhere"].insert_one({"_id": 1})  # the oplog moves on, the record does not
        assert any(changes.take().is_due for _ in range(20))


def test_what_came_before_a_moment_is_all_read(database, record):
    start = {"start": latest_moment(database)}
    record.insert_many({"_id": f"d{n}"} for n in range(10))
    with open_changes(database, PIPELINE, start, most=3) as changes:
        read = [code for batch in changes.up_to(latest_moment(database)) for code in codes(batch)]
    assert read[-10:] == [f"d{n}" for n in range(10)]


def test_a_place_that_the_oplog_does_not_have_is_told_as_lost(database, record, lost_token):
    place = {"token": lost_token()}
    with (
        pytest.raises(OperationFailure) as refused,
        open_changes(database, PIPELINE, place, most=3) as changes,
    ):
        changes.take()
    assert refused.value.code in HISTORY_LOST
