"""Watches, noticed changes with their delivery, and webhooks in MongoDB.

A change is one document for an employer, a certificate and the place of the change in the certificate's history; its
id is made of these three, so noticing the same change twice, by two processes or after a crash, leaves one document.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel, UpdateOne
from pymongo.collection import Collection
from pymongo.database import Database

from keys.errors import Refused
from registry.webhooks.pauses import LEASE

MAX_WATCHES = 20_000  # an employer's: the staff of a very large one
KEEP = timedelta(days=400)  # of a change: a year's audit and a month for it
EXPIRED = "expired"

Document = dict[str, Any]


class Watches:
    """The collections watches, watch_changes and webhooks."""

    def __init__(self, database: Database[Document]) -> None:
        self._watches: Collection[Document] = database["watches"]
        self._changes: Collection[Document] = database["watch_changes"]
        self._webhooks: Collection[Document] = database["webhooks"]

    def prepare(self) -> None:
        """Make the indexes; does nothing where they are."""
        self._watches.create_indexes(
            [
                IndexModel("code"),
                IndexModel([("employer", ASCENDING), ("_id", ASCENDING)]),
                IndexModel("expires_at", partialFilterExpression={"expires_at": {"$exists": True}}),
            ]
        )
        self._changes.create_indexes(
            [
                IndexModel([("employer", ASCENDING), ("noticed_at", ASCENDING), ("_id", ASCENDING)]),
                IndexModel("next_at", partialFilterExpression={"delivery": "waiting"}),
                IndexModel("keep_until", expireAfterSeconds=0),
            ]
        )

    # --- watches ---

    def count(self, employer: str) -> int:
        """How many certificates the employer watches."""
        return self._watches.count_documents({"employer": employer})

    def add(self, watches: Iterable[Mapping[str, Any]]) -> None:
        """Keep watches (employer, code, number, seen, since, perhaps expires_at); one that stands stays as it is."""
        updates = [
            UpdateOne({"_id": _watch_id(one["employer"], one["code"])}, {"$setOnInsert": one}, upsert=True)
            for one in watches
        ]
        if updates:
            self._watches.bulk_write(updates, ordered=False)

    def remove(self, employer: str, code: str) -> Document:
        """End a watch. Refused ``watch.unknown``."""
        found = self._watches.find_one_and_delete({"_id": _watch_id(employer, code)})
        if found is None:
            raise Refused("watch.unknown", field="code")
        return found

    def of_employer(self, employer: str, *, after: str = "", limit: int) -> list[Document]:
        """The employer's watches by code, those after a code."""
        wanted = {"employer": employer, "_id": {"$gt": _watch_id(employer, after)}}
        return list(self._watches.find(wanted).sort("_id", ASCENDING).limit(limit))

    def of_codes(self, codes: Iterable[str]) -> Iterator[Document]:
        """Everybody's watches on these certificates."""
        yield from self._watches.find({"code": {"$in": list(codes)}})

    def all(self) -> Iterator[Document]:
        """Every watch."""
        yield from self._watches.find()

    def expired(self, at: datetime) -> list[Document]:
        """Watches on certificates whose time is over and of which nobody was told yet."""
        return list(self._watches.find({"expires_at": {"$lte": at}}))

    def told_expired(self, watch: Mapping[str, Any]) -> None:
        """Its expiry is noticed now."""
        self._watches.update_one({"_id": watch["_id"]}, {"$unset": {"expires_at": ""}})

    # --- changes ---

    def notice(self, changes: Iterable[Mapping[str, Any]], *, at: datetime) -> int:
        """Keep changes (employer, code, number, place, what, at); how many were new.

        One is to be delivered where the employer has a webhook at this moment, else it is only shown.
        """
        noticed = list(changes)
        with_hook = {
            one["_id"]
            for one in self._webhooks.find({"_id": {"$in": [c["employer"] for c in noticed]}}, {"_id": 1})
        }
        updates = [
            UpdateOne(
                {"_id": f"{one['employer']} {one['code']}.{one['place']}"},
                {
                    "$setOnInsert": {
                        **one,
                        "noticed_at": at,
                        "keep_until": at + KEEP,
                        "delivery": "waiting" if one["employer"] in with_hook else "none",
                        "tries": 0,
                        "next_at": at,
                    }
                },
                upsert=True,
            )
            for one in noticed
        ]
        return self._changes.bulk_write(updates, ordered=False).upserted_count if updates else 0

    def changes(self, employer: str, *, since: datetime | None, after: str, limit: int) -> list[Document]:
        """The employer's changes in the order noticed, from ``since`` on; of that very moment those after an id."""
        wanted: Document = {"employer": employer}
        if since:
            later = {"noticed_at": {"$gt": since}}
            wanted["$or"] = [
                later,
                {"noticed_at": since, "_id": {"$gt": f"{employer} {after}" if after else ""}},
            ]
        order = [("noticed_at", ASCENDING), ("_id", ASCENDING)]
        return list(self._changes.find(wanted).sort(order).limit(limit))

    def latest(self, employer: str, *, limit: int, delivery: str = "") -> list[Document]:
        """The employer's changes, newest first; those of one state of delivery where it is named."""
        wanted = {"employer": employer} | ({"delivery": delivery} if delivery else {})
        return list(self._changes.find(wanted).sort("noticed_at", DESCENDING).limit(limit))

    # --- deliveries ---

    def take(self, *, at: datetime) -> Document | None:
        """The next delivery that is due, under a lease."""
        return self._changes.find_one_and_update(
            {"delivery": "waiting", "next_at": {"$lte": at}},
            {"$set": {"next_at": at + LEASE}, "$inc": {"tries": 1}},
            sort=[("next_at", ASCENDING)],
            return_document=True,
        )

    def settle(self, change: Mapping[str, Any], **found: object) -> None:
        """Keep how an attempt went; an attempt whose lease ran out meanwhile leaves the other's word."""
        self._changes.update_one({"_id": change["_id"], "tries": change["tries"]}, {"$set": found})

    def send_again(self, employer: str, change: str, *, at: datetime) -> Document:
        """Have a change delivered anew, from the first try on. Refused ``watch.change_unknown``."""
        found = self._changes.find_one_and_update(
            {"_id": f"{employer} {change}", "employer": employer},
            {"$set": {"delivery": "waiting", "tries": 0, "next_at": at}},
            return_document=True,
        )
        if found is None:
            raise Refused("watch.change_unknown", field="id")
        return found

    # --- webhooks ---

    def webhook(self, employer: str) -> str | None:
        """Where the employer's changes go."""
        found = self._webhooks.find_one({"_id": employer})
        return found["url"] if found else None

    def set_webhook(self, employer: str, url: str, *, by: str, at: datetime) -> None:
        """Send the employer's changes there from now on."""
        self._webhooks.replace_one({"_id": employer}, {"url": url, "by": by, "at": at}, upsert=True)

    def remove_webhook(self, employer: str) -> None:
        """Send nothing any more; changes are still shown."""
        self._webhooks.delete_one({"_id": employer})


def _watch_id(employer: str, code: str) -> str:
    return f"{employer} {code}"
