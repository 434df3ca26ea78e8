"""Following goes on through everything that MongoDB says; where the oplog is lost it begins anew, however often."""

from __future__ import annotations

import logging
from threading import Event

import pytest
from pymongo.errors import AutoReconnect, OperationFailure

from registry import following
from registry.following import HISTORY_LOST, Overtaken, keep_following, read_change

LOG = logging.getLogger("test.following")


@pytest.fixture
def follow_through(monkeypatch):
    """Follow with these failures one after another, and to the end of them; how often it began anew."""
    monkeypatch.setattr(following, "RETRY_SECONDS", 0)

    def run(*failures, anew=()):
        stop, left, left_anew, begun = Event(), list(failures), list(anew), []

        def follow():
            if not left:
                stop.set()
                return
            raise left.pop(0)

        def begin_anew():
            begun.append(True)
            if left_anew:
                raise left_anew.pop(0)

        keep_following(follow, begin_anew, stop, LOG)
        return len(begun)

    return run


@pytest.mark.parametrize("code", HISTORY_LOST)
def test_a_lost_oplog_leads_to_a_new_beginning(follow_through, code):
    assert follow_through(OperationFailure("lost", code=code)) == 1


def test_a_new_beginning_that_fails_is_made_again(follow_through):
    lost = [OperationFailure("lost", code=HISTORY_LOST[0])] * 3
    assert follow_through(*lost, anew=[AutoReconnect(), Overtaken()]) == 3


@pytest.mark.parametrize(
    "failure", [AutoReconnect(), OperationFailure("no", code=13), Overtaken(), KeyError()]
)
def test_other_failures_keep_the_place(follow_through, failure):
    assert follow_through(failure, failure) == 0


def test_a_change_is_read_as_what_it_was_and_a_deleted_certificate_not_at_all():
    read = (lambda document: iter([document]), lambda document, updated: iter([(document, updated)]))
    inserted = {"operationType": "insert", "fullDocument": {"_id": "c"}}
    updated = inserted | {"operationType": "update", "updateDescription": {"updatedFields": {"state": "x"}}}
    assert list(read_change(inserted, *read)) == [{"_id": "c"}]
    assert list(read_change(updated, *read)) == [({"_id": "c"}, {"state": "x"})]
    assert list(read_change(updated | {"fullDocument": None}, *read)) == []
