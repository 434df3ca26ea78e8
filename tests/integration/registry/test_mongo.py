import time
from datetime import UTC, datetime

import pytest

from keys.errors import Refused
from registry import mongo
from registry.mongo import DATABASE_AWAY, OPERATION_MILLISECONDS, Record, connect, is_available

NOBODY = "mongodb://127.0.0.1:1/?directConnection=true"
AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)


def test_a_uri_cannot_weaken_what_is_durable(mongo_uri: str) -> None:
    weak = connect(f"{mongo_uri}&w=1&journal=false&readConcernLevel=local", database="x")
    with weak.client:
        assert weak.write_concern.document == {"w": "majority", "j": True}
        assert weak.read_concern.level == "majority"


def test_times_come_back_as_utc(database: Record) -> None:
    database["acts"].insert_one({"at": AT})
    found = database["acts"].find_one()
    assert found is not None
    assert (found["at"], found["at"].tzinfo) == (AT, UTC)


def test_it_is_a_replica_set_with_transactions(database: Record) -> None:
    with database.client.start_session() as session, session.start_transaction():
        database["acts"].insert_one({"n": 1}, session=session)
        session.abort_transaction()
    assert database["acts"].count_documents({}) == 0


def test_available(database: Record) -> None:
    assert is_available(database)


def test_nobody_there_is_away_in_time() -> None:
    nobody = connect(NOBODY, database="x")
    began = time.monotonic()
    with nobody.client, pytest.raises(DATABASE_AWAY):
        nobody["acts"].find_one()
    assert time.monotonic() - began < OPERATION_MILLISECONDS / 1000 + 1


def test_nobody_there_is_not_available(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mongo, "PING_SECONDS", 0.2)
    nobody = connect(NOBODY, database="x")
    with nobody.client:
        assert not is_available(nobody)


@pytest.mark.parametrize(
    "uri",
    ["http://x", "mongodb://", "mongodb://u:geheim@h:99999", "mongodb://h/?tls=so", "mongodb://h/?tsl=true"],
)
def test_a_bad_uri_is_refused_without_its_password(uri: str) -> None:
    with pytest.raises(Refused) as caught:
        connect(uri, database="x")
    assert (caught.value.code, caught.value.field) == ("mongo.bad_uri", "MONGODB_URI")
    assert "geheim" not in f"{caught.value!r} {caught.value.__cause__!r}"
