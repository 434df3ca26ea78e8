"""The outbox: every notice is one document with the state of its delivery by each channel inside.

Sending a notice is one insert, so it can stand in the transaction of what it tells of, and nothing is told twice: with
``once`` the same notice of the same owner is kept once for good.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.database import Database

from issuers.notices.kinds import Facts, check_facts
from keys.errors import Refused
from registry.webhooks.pauses import LEASE, MAX_TRIES, pause

KEEP = timedelta(days=400)  # a year's audit and a month for it
PAGE = 50

Document = dict[str, Any]


class Channel(StrEnum):
    """By what a notice leaves the house."""

    MAIL = "mail"
    WEBHOOK = "webhook"


@dataclass(frozen=True)
class Contact:
    """Where an owner wants to be told; None by that channel not at all."""

    mail: str | None = None
    webhook: str | None = None

    def address(self, channel: Channel) -> str | None:
        """The address by a channel."""
        return self.mail if channel is Channel.MAIL else self.webhook


class Notices:
    """The collections notices and notice_contacts. ``has_mail``: whether this registry can send e-mail at all."""

    def __init__(
        self, database: Database[Document], clock: Callable[[], datetime], *, has_mail: bool
    ) -> None:
        self._notices: Collection[Document] = database["notices"]
        self._contacts: Collection[Document] = database["notice_contacts"]
        self._clock = clock
        self._has_mail = has_mail

    def prepare(self) -> None:
        """Make the indexes; does nothing where they are."""
        due = [
            IndexModel(f"{channel}.next_at", partialFilterExpression={f"{channel}.state": "waiting"})
            for channel in Channel
        ]
        dead = [
            IndexModel(
                f"{channel}.state",
                name=f"{channel}_dead",
                partialFilterExpression={f"{channel}.state": "dead"},
            )
            for channel in Channel
        ]
        recent = IndexModel([("owner", ASCENDING), ("at", DESCENDING), ("_id", DESCENDING)])
        unread = IndexModel("owner", name="unread", partialFilterExpression={"read": False})
        kept = IndexModel("keep_until", expireAfterSeconds=0)
        self._notices.create_indexes([recent, unread, kept, *due, *dead])

    def send(
        self, kind: str, owner: str, facts: Facts, *, once: str = "", session: ClientSession | None = None
    ) -> None:
        """Tell an owner (an assessor's id, ``registry``, ``employer:``…) of something.

        ``kind`` and the names of ``facts`` are those of ``issuers/data/notices.toml``; no fact names a person. It is
        shown in the owner's console from now on and leaves by each channel the owner has set. ``once`` names the
        occasion: a second notice with it is not kept.
        """
        check_facts(kind, facts)
        now, contact = self._clock(), self.contact(owner)
        document: Document = {
            "owner": owner,
            "kind": kind,
            "facts": dict(facts),
            "at": now,
            "read": False,
            "keep_until": now + KEEP,
        }
        for channel in Channel:
            if contact.address(channel) and (self._has_mail or channel is not Channel.MAIL):
                document[channel.value] = {"state": "waiting", "tries": 0, "next_at": now}
        id_ = f"{owner} {kind} {once}" if once else secrets.token_hex(12)
        self._notices.update_one({"_id": id_}, {"$setOnInsert": document}, upsert=True, session=session)

    def latest(self, owner: str, *, limit: int = PAGE) -> list[Document]:
        """The owner's notices, newest first."""
        order = [("at", DESCENDING), ("_id", DESCENDING)]
        return list(self._notices.find({"owner": owner}).sort(order).limit(limit))

    def unread(self, owner: str) -> int:
        """How many the owner has not read."""
        return self._notices.count_documents({"owner": owner, "read": False})

    def mark_read(self, owner: str) -> None:
        """The owner has read them all."""
        self._notices.update_many({"owner": owner, "read": False}, {"$set": {"read": True}})

    def dead(self, owner: str, *, limit: int = PAGE) -> list[Document]:
        """The owner's notices that one channel gave up on, newest first."""
        gave_up = [{f"{channel}.state": "dead"} for channel in Channel]
        wanted = {"owner": owner, "$or": gave_up}
        return list(self._notices.find(wanted).sort("at", DESCENDING).limit(limit))

    def count_undelivered(self) -> dict[tuple[Channel, str], int]:
        """How many notices of everybody wait for a channel, and how many it gave up on (``dead``)."""
        return {
            (channel, state): self._notices.count_documents({f"{channel}.state": state}, hint=index)
            for channel in Channel
            for state, index in (("waiting", f"{channel}.next_at_1"), ("dead", f"{channel}_dead"))
        }

    # --- where to ---

    def contact(self, owner: str) -> Contact:
        """Where the owner wants to be told."""
        found = self._contacts.find_one({"_id": owner}) or {}
        return Contact(found.get("mail"), found.get("webhook"))

    def set_contact(self, owner: str, contact: Contact, *, by: str) -> None:
        """Tell the owner there from now on."""
        given = {"mail": contact.mail, "webhook": contact.webhook, "by": by, "at": self._clock()}
        self._contacts.replace_one({"_id": owner}, given, upsert=True)

    # --- delivery ---

    def take(self, channel: Channel) -> Document | None:
        """The next notice that is due by a channel, under a lease."""
        now = self._clock()
        return self._notices.find_one_and_update(
            {f"{channel}.state": "waiting", f"{channel}.next_at": {"$lte": now}},
            {"$set": {f"{channel}.next_at": now + LEASE}, "$inc": {f"{channel}.tries": 1}},
            sort=[(f"{channel}.next_at", ASCENDING)],
            return_document=True,
        )

    def settle(self, notice: Mapping[str, Any], channel: Channel, *, answer: str, is_taken: bool) -> None:
        """Keep how an attempt went; one whose lease ran out meanwhile leaves the other's word."""
        now, tries = self._clock(), notice[channel]["tries"]
        state = "delivered" if is_taken else "dead" if tries >= MAX_TRIES else "waiting"
        found = {"state": state, "answer": answer, "next_at": now + pause(tries)}
        self._notices.update_one(
            {"_id": notice["_id"], f"{channel}.tries": tries},
            {"$set": {f"{channel}.{name}": value for name, value in found.items()}},
        )

    def send_again(self, owner: str, notice: str, channel: Channel) -> None:
        """Have a notice that was given up delivered anew. Refused ``notice.unknown``."""
        anew = {"state": "waiting", "tries": 0, "next_at": self._clock()}
        found = self._notices.update_one(
            {"_id": notice, "owner": owner, f"{channel}.state": "dead"}, {"$set": {channel.value: anew}}
        )
        if not found.matched_count:
            raise Refused("notice.unknown", field="id")
