"""Publishes the signed trust list. Its version is kept in the record, so that all processes tell the same one.

A version stands for one content of one day in China. Whoever finds another content, or a new day, writes the next
version, and only over the one that it saw before it read: what a version says is never older than the one before. The
same version is signed with the same time, so that two processes give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from issuers.services import Issuers
from keys.errors import Refused
from keys.jcs import canonicalize
from keys.proof import MAX_PROOFS, sign
from registry.credential import china_date
from registry.keyrings import REGISTRY
from registry.mongo import DATABASE_AWAY
from registry.services import Registry
from registry.view import describe_instant
from verify.checks import Trust
from verify.trust_list import Json, build_trust_list

ATTEMPTS = 8  # each lost one means that another process has just written a newer version
_CURRENT = "current"


@dataclass(frozen=True)
class Edition:
    """One version of the list: its number and when it was made, to the second."""

    version: int
    made_at: datetime


class Editions:
    """The current edition, in the collection ``trust_lists``."""

    def __init__(self, collection: Collection[dict[str, Any]], clock: Callable[[], datetime]) -> None:
        self._collection = collection
        self._clock = clock

    def edition_of(self, make: Callable[[], bytes]) -> Edition:
        """The edition of the content that ``make`` reads now. Refused ``trust_list.busy``."""
        for _ in range(ATTEMPTS):
            standing = self._collection.find_one({"_id": _CURRENT})
            now = self._clock().astimezone(UTC).replace(microsecond=0)
            digest = sha256(make()).digest()
            if standing and standing["digest"] == digest and _same_day(standing["made_at"], now):
                return Edition(standing["version"], standing["made_at"])
            edition = _next_edition(standing, now)
            if self._write(edition, digest, standing):
                return edition
        raise Refused("trust_list.busy")

    def _write(self, edition: Edition, digest: bytes, standing: dict[str, Any] | None) -> bool:
        row = {"version": edition.version, "made_at": edition.made_at, "digest": digest}
        if standing:
            seen = {"_id": _CURRENT, "version": standing["version"]}
            return self._collection.update_one(seen, {"$set": row}).modified_count == 1
        with suppress(DuplicateKeyError):
            self._collection.insert_one({"_id": _CURRENT, **row})
            return True
        return False


class TrustPublisher:
    """The signed trust list as bytes; while the database is away, the last one."""

    def __init__(self, registry: Registry, issuers: Issuers) -> None:
        self._registry = registry
        self._issuers = issuers
        self._editions = Editions(registry.database["trust_lists"], registry.clock)
        self._last: bytes | None = None

    def __call__(self, _: None = None) -> bytes:
        """The list as it stands."""
        try:
            self._last = self._publish()
        except DATABASE_AWAY:
            if self._last is None:
                raise
        return self._last

    def _publish(self) -> bytes:
        read: list[Json] = []

        def make() -> bytes:
            read[:] = [self._content()]
            return canonicalize(read[0])

        edition = self._editions.edition_of(make)
        signed: Json = read[0] | {"version": edition.version, "madeAt": describe_instant(edition.made_at)}
        for key_id, key in self._registry.keyrings.signing_keys(REGISTRY)[:MAX_PROOFS]:
            signed = sign(signed, key=key, verification_method=key_id, created=edition.made_at)
        return canonicalize(signed)

    def _content(self) -> Json:
        """What the list says but for its version and time."""
        keyrings = self._registry.keyrings
        ring = keyrings.ring(REGISTRY)
        undated = build_trust_list(
            ring.controller,
            [Trust(one, keyrings.ring(one.id)) for one in self._issuers.assessors.all()],
            at=datetime.fromtimestamp(0, UTC),
            keys=ring.keys,
            status_lists=self._registry.status_lists.digests(),
        )
        return {name: value for name, value in undated.items() if name not in {"version", "madeAt"}}


def _next_edition(standing: dict[str, Any] | None, now: datetime) -> Edition:
    """One more than before, and never less than the second it was made in: a restored backup must not go back."""
    before = standing["version"] if standing else 0
    return Edition(max(before + 1, int(now.timestamp())), now)


def _same_day(made_at: datetime, now: datetime) -> bool:
    """Whether a list made at ``made_at`` is of the day of ``now``, or of a later one: clocks differ by a little."""
    return china_date(now) <= china_date(made_at)
