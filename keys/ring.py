"""The keys of one controller over time: pending, active, retired, compromised. Pure.

Times are UTC and count in whole seconds, as the ``created`` of a proof does: with fractions, a
signature made in the second of an activation would seem older than its key.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from keys.errors import Refused
from keys.pair import PublicKey


class KeyState(StrEnum):
    """``pending`` -> ``active`` -> ``retired``; ``compromised`` from each, and for good."""

    PENDING = "pending"
    ACTIVE = "active"
    RETIRED = "retired"
    COMPROMISED = "compromised"


@dataclass(frozen=True)
class RingKey:
    """One key. ``id`` is the DID URL ``did#fragment``; the fragment is the key's own multikey."""

    id: str
    public: PublicKey
    state: KeyState
    created: datetime
    activated: datetime | None = None
    retired: datetime | None = None
    compromised_since: datetime | None = None

    def check_signed_at(self, moment: datetime) -> None:
        """Refused unless this key was good for signing at ``moment``: see ``KeyRing.key_at``."""
        moment = _whole_second(moment)
        if self.compromised_since is not None and moment >= self.compromised_since:
            raise Refused("key.compromised")
        if self.activated is None:
            raise Refused("key.pending")
        if moment < self.activated:
            raise Refused("key.not_yet_active")
        if self.retired is not None and moment > self.retired:
            raise Refused("key.signed_after_retirement")


@dataclass(frozen=True)
class KeyRing:
    """The keys of ``controller`` (a DID), oldest first. At most one is active.

    Refused ``key.ring_malformed`` when the parts do not fit together (a damaged store).
    """

    controller: str
    keys: tuple[RingKey, ...]

    def __post_init__(self) -> None:
        ids = [key.id for key in self.keys]
        active = [key for key in self.keys if key.state is KeyState.ACTIVE]
        named = all(key.id == self._id_of(key.public) for key in self.keys)
        if len(active) > 1 or len(set(ids)) != len(ids) or not named:
            raise Refused("key.ring_malformed")

    @property
    def active(self) -> RingKey:
        """The key that signs now; Refused ``key.none_active``."""
        for key in self.keys:
            if key.state is KeyState.ACTIVE:
                return key
        raise Refused("key.none_active")

    def find(self, id: str) -> RingKey:  # noqa: A002  # the word of the DID document
        """The key of a DID URL; Refused ``key.unknown``."""
        for key in self.keys:
            if key.id == id:
                return key
        raise Refused("key.unknown")

    def key_at(self, id: str, signed_at: datetime) -> RingKey:  # noqa: A002  # the word of the DID document
        """The key ``id``, if a signature that it made at ``signed_at`` is good.

        ``signed_at`` is what the signer says: whoever holds a compromised key can say anything. A
        verifier that knows from elsewhere when a document came to exist passes that time.
        Refused ``key.unknown``, ``key.pending``, ``key.not_yet_active``,
        ``key.signed_after_retirement``, ``key.compromised`` (at or after the cut-off).
        """
        key = self.find(id)
        key.check_signed_at(signed_at)
        return key

    def add(self, public: PublicKey, at: datetime) -> KeyRing:
        """With ``public`` as a pending key; Refused ``key.duplicate``."""
        id_ = self._id_of(public)
        if any(key.id == id_ for key in self.keys):
            raise Refused("key.duplicate")
        key = RingKey(id_, public, KeyState.PENDING, created=_whole_second(at))
        return replace(self, keys=(*self.keys, key))

    def activate(
        self,
        id: str,  # noqa: A002  # the word of the DID document
        at: datetime,
        *,
        overlap: timedelta = timedelta(0),
    ) -> KeyRing:
        """With the pending key ``id`` active and the one before retired, at the same time or ``overlap`` later.

        Refused ``key.unknown``, ``key.not_pending``, ``key.time_reversed``.
        """
        key = self.find(id)
        if key.state is not KeyState.PENDING:
            raise Refused("key.not_pending")
        at = _not_before(key.created, at)
        before = [other for other in self.keys if other.state is KeyState.ACTIVE]
        return self._with(
            *(_retired(other, at + overlap) for other in before),
            replace(key, state=KeyState.ACTIVE, activated=at),
        )

    def retire(self, id: str, at: datetime) -> KeyRing:  # noqa: A002  # the word of the DID document
        """With the active key ``id`` retired; what it signed until ``at`` stays good.

        Refused ``key.unknown``, ``key.not_active``, ``key.time_reversed``.
        """
        key = self.find(id)
        if key.state is not KeyState.ACTIVE:
            raise Refused("key.not_active")
        return self._with(_retired(key, at))

    def compromise(self, id: str, *, since: datetime) -> KeyRing:  # noqa: A002  # the word of the DID document
        """With the key ``id`` worthless from ``since`` on; what it signed before stays good.

        A second report can only move the cut-off back. Refused ``key.unknown``.
        """
        key = self.find(id)
        since = _whole_second(since)
        if key.compromised_since is not None:
            since = min(since, key.compromised_since)
        return self._with(replace(key, state=KeyState.COMPROMISED, compromised_since=since))

    def _with(self, *changed: RingKey) -> KeyRing:
        by_id = {key.id: key for key in changed}
        return replace(self, keys=tuple(by_id.get(key.id, key) for key in self.keys))

    def _id_of(self, public: PublicKey) -> str:
        return f"{self.controller}#{public.multikey}"


def _retired(key: RingKey, at: datetime) -> RingKey:
    return replace(key, state=KeyState.RETIRED, retired=_not_before(key.activated or key.created, at))


def _whole_second(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment.astimezone(UTC).replace(microsecond=0)


def _not_before(earliest: datetime, at: datetime) -> datetime:
    at = _whole_second(at)
    if at < earliest:
        raise Refused("key.time_reversed")
    return at
