"""The connection to MongoDB: durable by default, bounded in time, and one word for "the database is away"."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import pymongo
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import (
    ConfigurationError,
    ConnectionFailure,
    ExecutionTimeout,
    PyMongoError,
    WTimeoutError,
)
from pymongo.uri_parser import parse_uri

from keys.errors import Refused

Document = dict[str, Any]
Record = Database[Document]

# Finding the primary, its answer and repeated attempts together: an election takes about 2 s, and a person
# waits no longer for a page. (PyMongo takes what is left of timeoutMS instead of serverSelectionTimeoutMS.)
OPERATION_MILLISECONDS = 3_000
CONNECT_MILLISECONDS = 2_000  # a machine that is gone answers nothing: leave time for another member
PING_SECONDS = 2.0  # a probe that asks again soon

DATABASE_AWAY: tuple[type[PyMongoError], ...] = (ConnectionFailure, ExecutionTimeout, WTimeoutError)
"""Errors that say nothing about the request: no server, none in time, or a write not yet known to be safe.

Whoever catches one answers 503 (``mongo.away``) and states nothing about a certificate. A write that ends so
may still have happened; a repetition with the same idempotency key finds out.
"""


def connect(uri: str, *, database: str) -> Record:
    """The database ``database`` at ``uri``. Connects in the background; the first operation waits for it.

    Writes are acknowledged by a majority of the members, from their journals, and repeated across an election
    (the server applies them once). Reads see only what a majority holds: a verdict must not rest on a
    revocation that an election takes back. These hold whatever the URI says. Work that takes more than
    ``OPERATION_MILLISECONDS``, such as building an index, goes into ``with pymongo.timeout(seconds):``.

    Refused ``mongo.bad_uri``; the URI may hold a password and is not repeated.
    """
    try:
        parse_uri(uri)  # raises where MongoClient only warns: a misspelt ``tls`` must not mean none
        client: MongoClient[Document] = MongoClient(
            uri,
            appname="skills-registry",
            w="majority",
            journal=True,
            readConcernLevel="majority",
            readPreference="primary",
            retryWrites=True,
            retryReads=True,
            timeoutMS=OPERATION_MILLISECONDS,
            serverSelectionTimeoutMS=OPERATION_MILLISECONDS,
            connectTimeoutMS=CONNECT_MILLISECONDS,
            tz_aware=True,
            tzinfo=UTC,
            uuidRepresentation="standard",
        )
    except (ConfigurationError, ValueError, TypeError):
        raise Refused("mongo.bad_uri", field="MONGODB_URI") from None
    return client[database]


def is_available(database: Record) -> bool:
    """Whether a member that takes writes answers now (within ``PING_SECONDS``)."""
    try:
        with pymongo.timeout(PING_SECONDS):
            return bool(database.command("hello").get("isWritablePrimary"))
    except DATABASE_AWAY:
        return False
