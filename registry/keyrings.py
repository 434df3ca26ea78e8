"""Key rings in MongoDB: public parts in the clear, private keys sealed to their key id.

An owner is ``registry`` or an assessor's id. A ring is changed by replacing it whole, against the version read, so
that two rotations at once cannot both win.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pymongo.collection import Collection
from pymongo.database import Database

from keys.errors import Refused
from keys.pair import Algorithm, PrivateKey, PublicKey
from keys.ring import KeyRing, KeyState, RingKey
from keys.vault import Vault

REGISTRY = "registry"
SETTLE = timedelta(seconds=5)
"""How long the key before stays good when another takes its place: processes sign with what they
remember for two seconds more (`ShortMemory`), and that must not seem to be signed after the key's retirement."""


class Keyrings:
    """The keyrings collection."""

    def __init__(self, database: Database[dict[str, Any]], vault: Vault) -> None:
        self._keyrings: Collection[dict[str, Any]] = database["keyrings"]
        self._vault = vault

    def create(
        self, owner: str, did: str, *, at: datetime, algorithm: Algorithm = Algorithm.ED25519
    ) -> KeyRing:
        """A new ring with one active key; the ring that stands where the owner has one."""
        standing = self._keyrings.find_one({"_id": owner})
        if standing:
            return _ring(standing)
        private = PrivateKey.generate(algorithm)
        ring = KeyRing(did, ()).add(private.public, at)
        ring = ring.activate(ring.keys[0].id, at)
        document = {"_id": owner, "did": did, "version": 1, "keys": []}
        document["keys"] = [_entry(ring.keys[0], self._seal(ring.keys[0], private))]
        self._keyrings.update_one({"_id": owner}, {"$setOnInsert": document}, upsert=True)
        return self.ring(owner)

    def ring(self, owner: str) -> KeyRing:
        """The owner's ring; Refused ``key.no_ring``."""
        return _ring(self._document(owner))

    def find_by_did(self, did: str) -> KeyRing | None:
        """The ring that a DID controls."""
        found = self._keyrings.find_one({"did": did})
        return _ring(found) if found else None

    def signing_key(self, owner: str) -> tuple[str, PrivateKey]:
        """(key id, private key) of the owner's active key. Refused ``key.not_held`` where the owner keeps it."""
        document = self._document(owner)
        key_id = _ring(document).active.id
        return key_id, self._open(document, key_id)

    def signing_keys(self, owner: str) -> list[tuple[str, PrivateKey]]:
        """(key id, private key) of the active key and then of the retired ones, newest first.

        For the trust list alone: it is signed by the keys before too, so that who pinned one of them follows.
        """
        document = self._document(owner)
        held = {entry["id"] for entry in document["keys"] if entry["sealed"]}
        usable = {KeyState.ACTIVE, KeyState.RETIRED}
        known = [key for key in _ring(document).keys if key.state in usable and key.id in held]
        known.sort(key=lambda key: (key.state is KeyState.ACTIVE, key.activated or key.created), reverse=True)
        return [(key.id, self._open(document, key.id)) for key in known]

    def rotate(self, owner: str, *, at: datetime) -> KeyRing:
        """Make a new key the active one; the one before retires when all know, and goes on verifying what it signed."""
        document = self._document(owner)
        before = _ring(document)
        private = PrivateKey.generate(before.active.public.algorithm)
        grown = before.add(private.public, at)
        return self._replace(document, grown.activate(grown.keys[-1].id, at, overlap=SETTLE), private)

    def held_key(self, owner: str, key_id: str) -> PrivateKey:
        """One of the owner's keys. Refused ``key.unknown``, ``key.not_held``, ``key.compromised``."""
        document = self._document(owner)
        if _ring(document).find(key_id).compromised_since:
            raise Refused("key.compromised")
        return self._open(document, key_id)

    def adopt(self, owner: str, public: PublicKey, *, at: datetime) -> KeyRing:
        """Make a key the active one whose private part the owner keeps, when the one before retires.

        Refused ``key.duplicate``, ``key.ring_changed``.
        """
        document = self._document(owner)
        grown = _ring(document).add(public, at)
        return self._replace(document, grown.activate(grown.keys[-1].id, at + SETTLE), None)

    def holds(self, owner: str, key_id: str) -> bool:
        """Whether the private part of the owner's key lies here, sealed."""
        return any(entry["id"] == key_id and entry["sealed"] for entry in self._document(owner)["keys"])

    def compromise(self, owner: str, key_id: str, *, since: datetime) -> KeyRing:
        """Declare a key compromised: what it signed at or after ``since`` is no longer trusted."""
        document = self._document(owner)
        return self._replace(document, _ring(document).compromise(key_id, since=since), None)

    def _replace(self, document: Mapping[str, Any], ring: KeyRing, private: PrivateKey | None) -> KeyRing:
        sealed = {entry["id"]: entry["sealed"] for entry in document["keys"]}
        entries = [
            _entry(key, sealed[key.id] if key.id in sealed else self._seal(key, private)) for key in ring.keys
        ]
        changed = self._keyrings.update_one(
            {"_id": document["_id"], "version": document["version"]},
            {"$set": {"keys": entries}, "$inc": {"version": 1}},
        )
        if not changed.modified_count:
            raise Refused("key.ring_changed")
        return ring

    def _open(self, document: Mapping[str, Any], key_id: str) -> PrivateKey:
        entry = next(entry for entry in document["keys"] if entry["id"] == key_id)
        if not entry["sealed"]:
            raise Refused("key.not_held", field="Authorization")
        plain = self._vault.open(entry["sealed"], context=_context(key_id))
        return PrivateKey.from_bytes(Algorithm(entry["algorithm"]), plain)

    def _seal(self, key: RingKey, private: PrivateKey | None) -> bytes | None:
        return self._vault.seal(private.to_bytes(), context=_context(key.id)) if private else None

    def _document(self, owner: str) -> dict[str, Any]:
        document = self._keyrings.find_one({"_id": owner})
        if document is None:
            raise Refused("key.no_ring")
        return document


def _context(key_id: str) -> str:
    return f"private key {key_id}"


def _entry(key: RingKey, sealed: bytes | None) -> dict[str, Any]:
    return {
        "id": key.id,
        "algorithm": key.public.algorithm.value,
        "multikey": key.public.multikey,
        "state": key.state.value,
        "created": key.created,
        "activated": key.activated,
        "retired": key.retired,
        "compromised_since": key.compromised_since,
        "sealed": sealed,
    }


def _ring(document: Mapping[str, Any]) -> KeyRing:
    return KeyRing(document["did"], tuple(_ring_key(entry) for entry in document["keys"]))


def _ring_key(entry: Mapping[str, Any]) -> RingKey:
    return RingKey(
        id=entry["id"],
        public=PublicKey.from_multikey(entry["multikey"]),
        state=KeyState(entry["state"]),
        created=entry["created"],
        activated=entry["activated"],
        retired=entry["retired"],
        compromised_since=entry["compromised_since"],
    )
