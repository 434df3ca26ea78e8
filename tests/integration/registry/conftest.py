"""What the tests of everything that follows the record share."""

from __future__ import annotations

import pytest


@pytest.fixture
def lost_token(database):
    """Makes a token of an event that is not in the oplog: one that was there, with another certificate's code."""

    def make():
        record, event = database["certificates"], None
        with record.watch() as stream:
            record.insert_one({"_id": "lost-1"})
            while event is None:
                event = stream.try_next()
        record.delete_one({"_id": "lost-1"})
        return {"_data": event["_id"]["_data"].replace(b"lost-1".hex().upper(), b"lost-0".hex().upper())}

    return make
