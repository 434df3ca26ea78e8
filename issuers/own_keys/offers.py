"""Offered keys: an assessor names a public key, proves that it holds the private one, and a registrar approves."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from pymongo import DESCENDING, IndexModel
from pymongo.collection import Collection
from pymongo.database import Database

from keys.errors import Refused
from keys.jws import decode_base64url
from keys.pair import PublicKey
from registry.keyrings import Keyrings

CHALLENGE_BYTES = 32
SHOWN = 100


class OfferState(StrEnum):
    """``offered`` -> ``proved`` -> ``approved`` or ``refused``."""

    OFFERED = "offered"
    PROVED = "proved"
    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True)
class Offer:
    """One offered key. ``challenge`` is the text that its private key signs, as UTF-8."""

    id: str
    owner: str
    public: PublicKey
    challenge: str
    state: OfferState
    by: str
    at: datetime


class Offers:
    """The own_keys collection."""

    def __init__(self, database: Database[dict[str, Any]], keyrings: Keyrings) -> None:
        self._offers: Collection[dict[str, Any]] = database["own_keys"]
        self._keyrings = keyrings

    def prepare(self) -> None:
        """Make the indexes; does nothing where they are."""
        self._offers.create_indexes(
            [IndexModel([("owner", 1), ("at", -1)]), IndexModel([("state", 1), ("at", -1)])]
        )

    def offer(self, owner: str, multikey: str, *, by: str, at: datetime) -> Offer:
        """Take a public key in and give the challenge. Refused ``key.malformed``, ``key.duplicate``."""
        try:
            public = PublicKey.from_multikey(multikey)
        except Refused as refused:
            raise refused.at("multikey") from None
        ring = self._keyrings.ring(owner)
        if any(key.public == public for key in ring.keys):
            raise Refused("key.duplicate", field="multikey")
        nonce = secrets.token_hex(CHALLENGE_BYTES)
        challenge = f"skills-registry possession of key\n{ring.controller}#{multikey}\n{nonce}"
        made = Offer(secrets.token_hex(8), owner, public, challenge, OfferState.OFFERED, by, at)
        self._offers.insert_one(_to_document(made))
        return made

    def prove(self, owner: str, offer_id: str, signature: str) -> Offer:
        """Take the signature of the challenge (base64url, 64 bytes).

        Refused ``own_key.unknown``, ``own_key.signature``.
        """
        offer = self.find(owner, offer_id)
        try:
            signed = offer.public.verify(decode_base64url(signature.strip()), offer.challenge.encode())
        except Refused:
            signed = False
        if not signed:
            raise Refused("own_key.signature", field="signature")
        return self._move(offer, (OfferState.OFFERED, OfferState.PROVED), OfferState.PROVED)

    def approve(self, offer_id: str, *, at: datetime) -> Offer:
        """Put a proved key into its owner's ring, active; the one before retires. Refused ``own_key.unknown``."""
        offer = self._move(self._proved(offer_id), (OfferState.PROVED,), OfferState.APPROVED)
        self._keyrings.adopt(offer.owner, offer.public, at=at)
        return offer

    def refuse(self, offer_id: str) -> Offer:
        """Leave the ring as it is. Refused ``own_key.unknown``."""
        return self._move(self._proved(offer_id), (OfferState.PROVED,), OfferState.REFUSED)

    def find(self, owner: str, offer_id: str) -> Offer:
        """An owner's offer. Refused ``own_key.unknown``, for another's too."""
        found = self._offers.find_one({"_id": offer_id, "owner": owner})
        if found is None:
            raise Refused("own_key.unknown", field="id")
        return _from_document(found)

    def of_owner(self, owner: str) -> list[Offer]:
        """The owner's offers, newest first."""
        found = self._offers.find({"owner": owner}).sort("at", DESCENDING).limit(SHOWN)
        return [_from_document(one) for one in found]

    def waiting(self) -> list[Offer]:
        """Proved keys that wait for a registrar, newest first."""
        found = self._offers.find({"state": OfferState.PROVED.value}).sort("at", DESCENDING).limit(SHOWN)
        return [_from_document(one) for one in found]

    def _proved(self, offer_id: str) -> Offer:
        found = self._offers.find_one({"_id": offer_id, "state": OfferState.PROVED.value})
        if found is None:
            raise Refused("own_key.unknown", field="id")
        return _from_document(found)

    def _move(self, offer: Offer, before: tuple[OfferState, ...], to: OfferState) -> Offer:
        states = [state.value for state in before]
        found = self._offers.find_one_and_update(
            {"_id": offer.id, "state": {"$in": states}}, {"$set": {"state": to.value}}, return_document=True
        )
        if found is None:
            raise Refused("own_key.unknown", field="id")
        return _from_document(found)


def _to_document(offer: Offer) -> dict[str, Any]:
    return {
        "_id": offer.id,
        "owner": offer.owner,
        "multikey": offer.public.multikey,
        "challenge": offer.challenge,
        "state": offer.state.value,
        "by": offer.by,
        "at": offer.at,
    }


def _from_document(document: Mapping[str, Any]) -> Offer:
    return Offer(
        document["_id"],
        document["owner"],
        PublicKey.from_multikey(document["multikey"]),
        document["challenge"],
        OfferState(document["state"]),
        document["by"],
        document["at"],
    )
