"""Key rings in MongoDB: public parts in the clear, private keys sealed to their key id.

An owner is ``registry`` or an assessor's id. A ring is changed by replacing it whole, against the version read, so
that two rotations at once cannot both win.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pymongo.collection import Collection
from pymongo.database import Database

from keys.errors import Refused
from keys.pair import Algorithm, PrivateKey, PublicKey
from keys.ring import KeyRing, KeyState, RingKey
from keys.vault import Vault

REGISTRY = "registry"


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
        document = {"_id": owner, "did": did, "version": 1, "keys": [self._sealed(ring.keys[0], private)]}
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
        """(key id, private key) of the owner's active key."""
        document = self._document(owner)
        key_id = _ring(document).active.id
        return key_id, self._open(document, key_id)

    def signing_keys(self, owner: str) -> list[tuple[str, PrivateKey]]:
        """(key id, private key) of the active key and then of the retired ones, newest first.

        For the trust list alone: it is signed by the keys before too, so that who pinned one of them follows.
        """
        document = self._document(owner)
        known = [key for key in _ring(document).keys if key.state in {KeyState.ACTIVE, KeyState.RETIRED}]
        known.sort(key=lambda key: (key.state is KeyState.ACTIVE, key.activated or key.created), reverse=True)
        return [(key.id, self._open(document, key.id)) for key in known]

    def rotate(self, owner: str, *, at: datetime) -> KeyRing:
        """Make a new key the active one; the one before retires and goes on verifying what it signed."""
        document = self._document(owner)
        before = _ring(document)
        private = PrivateKey.generate(before.active.public.algorithm)
        grown = before.add(private.public, at)
        return self._replace(document, grown.activate(grown.keys[-1].id, at), private)

    def compromise(self, owner: str, key_id: str, *, since: datetime) -> KeyRing:
        """Declare a key compromised: what it signed at or after ``since`` is no longer trusted."""
        document = self._document(owner)
        return self._replace(document, _ring(document).compromise(key_id, since=since), None)

    def _replace(self, document: Mapping[str, Any], ring: KeyRing, private: PrivateKey | None) -> KeyRing:
        sealed = {entry["id"]: entry["sealed"] for entry in document["keys"]}
        entries = [
            self._sealed(key, private) if key.id not in sealed else _entry(key, sealed[key.id])
            for key in ring.keys
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
        plain = self._vault.open(entry["sealed"], context=_context(key_id))
        return PrivateKey.from_bytes(Algorithm(entry["algorithm"]), plain)

    def _sealed(self, key: RingKey, private: PrivateKey | None) -> dict[str, Any]:
        assert private is not None  # noqa: S101 - a new key comes with its private part
        return _entry(key, self._vault.seal(private.to_bytes(), context=_context(key.id)))

    def _document(self, owner: str) -> dict[str, Any]:
        document = self._keyrings.find_one({"_id": owner})
        if document is None:
            raise Refused("key.no_ring")
        return document


def _context(key_id: str) -> str:
    return f"private key {key_id}"


def _entry(key: RingKey, sealed: bytes) -> dict[str, Any]:
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
