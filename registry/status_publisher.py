"""Publishes the signed status lists: made from the record when asked, kept for a moment.

The list is always derived from the certificates' states, never edited, so no revocation can be lost between two
writers. A copy is at most LIFE seconds old; when the database is away the last copy is served, and says its time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from keys.errors import Refused
from keys.jcs import canonicalize
from keys.pair import PrivateKey
from keys.proof import sign
from registry.cache import ShortMemory
from registry.credential import status_list_url
from registry.keyrings import REGISTRY
from registry.mongo import DATABASE_AWAY
from registry.record import Record
from registry.selective import token_list_url
from registry.state import LISTED
from registry.status_list import build_status_list, digest_bits, set_bits
from registry.status_pool import StatusPool
from registry.token_status import encode_statuses, sign_token_list

TOKEN = "token"  # noqa: S105 - the name of a list
LIFE = 2.0  # seconds: a revocation must stand in the signed list within 5 s


class StatusPublisher:
    """Signed status lists by name: ``revocation-1``, ``suspension-1``, and ``token-1`` that says both for SD-JWT."""

    def __init__(
        self,
        record: Record,
        pool: StatusPool,
        signing_key: Callable[[str], tuple[str, PrivateKey]],
        clock: Callable[[], datetime],
        origin: str,
    ) -> None:
        self._record = record
        self._pool = pool
        self._signing_key = signing_key
        self._clock = clock
        self._origin = origin
        self._fresh = ShortMemory(self._make, life=LIFE)
        self._last: dict[str, bytes] = {}

    def publish(self, name: str) -> bytes:
        """The signed list as bytes. Refused ``status_list.unknown``."""
        try:
            signed = self._fresh(name)
        except DATABASE_AWAY:
            if name not in self._last:
                raise
            return self._last[name]
        self._last[name] = signed
        return signed

    def digests(self) -> list[tuple[str, str, str]]:
        """(address, purpose, digest of the bits) of every list opened so far, straight from the record."""
        return [
            (
                status_list_url(self._origin, purpose, list_id),
                purpose,
                digest_bits(set_bits(self._record.listed(list_id, purpose))),
            )
            for list_id in self._pool.lists()
            for purpose in LISTED
        ]

    def _make(self, name: str) -> bytes:
        purpose, _, list_id = name.partition("-")
        if purpose not in {*LISTED, TOKEN} or list_id not in self._pool.lists():
            raise Refused("status_list.unknown", field="id")
        if purpose == TOKEN:
            return self._make_tokens(list_id)
        now = self._clock()
        key_id, key = self._signing_key(REGISTRY)
        unsigned = build_status_list(
            status_list_url(self._origin, purpose, list_id),
            issuer=key_id.partition("#")[0],
            purpose=purpose,
            indices=self._record.listed(list_id, purpose),
            at=now,
        )
        return canonicalize(sign(unsigned, key=key, verification_method=key_id, created=now))

    def _make_tokens(self, list_id: str) -> bytes:
        now, (key_id, key) = self._clock(), self._signing_key(REGISTRY)
        revoked, suspended = (
            self._record.listed(list_id, purpose) for purpose in ("revocation", "suspension")
        )
        url, encoded = token_list_url(self._origin, list_id), encode_statuses(revoked, suspended)
        return sign_token_list(url, encoded, key=key, key_id=key_id, at=now)
