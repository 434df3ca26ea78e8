"""Offers to a wallet (OpenID4VCI 1.0, pre-authorized code): once, for a short time, a few tries at the PIN.

Secrets lie in MongoDB as hashes. The code of the QR and the transaction code are made anew from the master key when
their owner's page asks for them; the access token is random and given once.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.collection import Collection
from pymongo.database import Database

from keys.errors import Refused
from keys.vault import Vault

OFFER_LIFE = timedelta(minutes=10)
"""As long as it takes to find the wallet app and scan."""
ACCESS_LIFE = timedelta(minutes=5)
"""A wallet asks for the credential within seconds."""
TRIES = 5
"""At the transaction code: five of a million, and the offer is dead."""
TX_DIGITS = 6
MOST_CREDENTIALS = 4
"""One offer gives so many: each format, and a second try of each where the wallet lost the answer."""
MOST_OFFERS = 20
"""Of an archive in a day."""
KEEP = timedelta(days=1)  # after its end: what counts towards the limit of a day
CODE_PURPOSE, TX_PURPOSE = "wallet code", "wallet transaction code"


class OfferState(StrEnum):
    """What became of an offer. ``fetching``: the digits were right, and the wallet has not asked for the rest yet."""

    WAITING = "waiting"
    FETCHING = "fetching"
    TAKEN = "taken"
    BLOCKED = "blocked"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Offer:
    """An offer of the certificate ``code``. ``tries`` at its transaction code are counted, right ones too."""

    id: str
    archive: str
    code: str
    made_at: datetime
    expires_at: datetime
    redeemed_at: datetime | None
    issued: int
    tries: int = 0

    def state(self, at: datetime) -> OfferState:
        """What became of it by then."""
        if self.issued:
            return OfferState.TAKEN
        if self.redeemed_at:
            return OfferState.FETCHING if at < self.redeemed_at + ACCESS_LIFE else OfferState.EXPIRED
        if at >= self.expires_at:
            return OfferState.EXPIRED
        return OfferState.BLOCKED if self.tries >= TRIES else OfferState.WAITING


class Offers:
    """The wallet_offers collection."""

    def __init__(self, database: Database[dict[str, Any]], vault: Vault) -> None:
        self._offers: Collection[dict[str, Any]] = database["wallet_offers"]
        self._used: Collection[dict[str, Any]] = database["wallet_nonces"]
        self._vault = vault

    def prepare(self) -> None:
        """Make the indexes; does nothing where they are."""
        sparse = {"access": {"$exists": True}}
        self._offers.create_indexes(
            [
                IndexModel("grant", name="grant", unique=True),
                IndexModel("access", name="access", unique=True, partialFilterExpression=sparse),
                IndexModel([("archive", ASCENDING), ("made_at", ASCENDING)], name="archive"),
                IndexModel("until", expireAfterSeconds=0),
            ]
        )
        self._used.create_indexes([IndexModel("until", expireAfterSeconds=0)])

    def make(self, archive: str, code: str, *, at: datetime) -> Offer:
        """A new offer. Refused ``wallet.too_many``."""
        recent = {"archive": archive, "made_at": {"$gt": at - KEEP}}
        if self._offers.count_documents(recent, limit=MOST_OFFERS) >= MOST_OFFERS:
            raise Refused("wallet.too_many", limit=MOST_OFFERS)
        offer = Offer(token_urlsafe(12), archive, code, at, at + OFFER_LIFE, None, 0)
        row = {name: value for name, value in vars(offer).items() if name != "id"}
        kept = {
            "_id": offer.id,
            "grant": _hash(self.grant(offer)),
            "until": offer.expires_at + KEEP,
        }
        self._offers.insert_one(row | kept)
        return offer

    def grant(self, offer: Offer) -> str:
        """The pre-authorized code: 128 bits."""
        digest = self._vault.digest(offer.id.encode(), purpose=CODE_PURPOSE)[:16]
        return urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")

    def tx_code(self, offer: Offer) -> str:
        """The transaction code that the worker types into the wallet, six digits."""
        number = int.from_bytes(self._vault.digest(offer.id.encode(), purpose=TX_PURPOSE)[:8], "big")
        return f"{number % 10**TX_DIGITS:0{TX_DIGITS}}"

    def find(self, offer_id: str) -> Offer | None:
        """By id: what an offer by reference asks for."""
        return _from(self._offers.find_one({"_id": offer_id}))

    def own(self, offer_id: str, archives: Sequence[str]) -> Offer:
        """One offer of a person. Refused ``wallet.unknown``, for another's too."""
        found = _from(self._offers.find_one({"_id": offer_id, "archive": {"$in": list(archives)}}))
        if found is None:
            raise Refused("wallet.unknown", field="id")
        return found

    def of_archive(self, archives: Sequence[str]) -> list[Offer]:
        """The offers of a person that are still kept, newest first."""
        found = self._offers.find({"archive": {"$in": list(archives)}}).sort("made_at", DESCENDING)
        return [offer for one in found if (offer := _from(one))]

    def redeem(self, grant: str, tx_code: str, *, at: datetime) -> str | None:
        """An access token for a code and its transaction code; None where they are wrong, late, or used before.

        The try is counted before it is judged: many at once get no more than `TRIES`.
        """
        living = {"grant": _hash(grant), "redeemed_at": None, "expires_at": {"$gt": at}}
        offer = _from(
            self._offers.find_one_and_update(living | {"tries": {"$lt": TRIES}}, {"$inc": {"tries": 1}})
        )
        if offer is None or not hmac.compare_digest(self.tx_code(offer).encode(), tx_code.encode()):
            return None
        token = token_urlsafe(32)
        redeemed = {"redeemed_at": at, "access": _hash(token), "access_until": at + ACCESS_LIFE}
        changed = self._offers.update_one({"_id": offer.id, "redeemed_at": None}, {"$set": redeemed})
        return token if changed.modified_count else None

    def by_access(self, token: str, *, at: datetime) -> Offer | None:
        """The offer that an access token stands for, while it lives."""
        return _from(self._offers.find_one({"access": _hash(token), "access_until": {"$gt": at}}))

    def count(self, offer: Offer) -> bool:
        """Count a credential about to be given; False when the offer gave all it gives."""
        wanted = {"_id": offer.id, "issued": {"$lt": MOST_CREDENTIALS}}
        return self._offers.update_one(wanted, {"$inc": {"issued": 1}}).modified_count == 1

    def use_nonce(self, nonce: str, *, until: datetime) -> bool:
        """Whether a nonce is used for the first time; kept as a hash until it is no longer good anyway."""
        done = self._used.update_one({"_id": _hash(nonce)}, {"$setOnInsert": {"until": until}}, upsert=True)
        return done.upserted_id is not None

    def forget(self, archives: Sequence[str]) -> None:
        """Erase every offer of a person."""
        self._offers.delete_many({"archive": {"$in": list(archives)}})


def _hash(secret: str) -> bytes:
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _from(document: Mapping[str, Any] | None) -> Offer | None:
    if document is None:
        return None
    names = ("archive", "code", "made_at", "expires_at", "redeemed_at", "issued", "tries")
    return Offer(id=document["_id"], **{name: document[name] for name in names})
