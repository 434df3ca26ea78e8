"""The watch desk: takes watches in, notices changes of what is watched, and delivers them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, cast

from flask import current_app

from issuers.employers import Employer
from keys.errors import Refused
from keys.jcs import canonicalize
from registry.certificate import CertificateRecord
from registry.credential import CHINA, parse_credential, read_face
from registry.keyrings import REGISTRY
from registry.services import Registry
from registry.state import State
from registry.view import Json, describe_instant
from registry.webhooks.address import parse_target
from registry.webhooks.pauses import MAX_TRIES, pause
from registry.webhooks.sending import post
from registry.webhooks.signing import sign_message
from verify.services import MAX_CODE
from verify.watch.store import EXPIRED, KEEP, MAX_WATCHES, Document, Watches

EXTENSION = "skills-watch"
MAX_CODES = 1_000  # in one request: as many as one question to the record should name
WORDS = {
    State.SUSPENDED: "suspended",
    State.VALID: "lifted",
    State.REVOKED: "revoked",
    State.SUPERSEDED: "superseded",
}


@dataclass(frozen=True)
class WatchDesk:
    """Watches on the record. One object serves pages, API and the companion."""

    registry: Registry
    watches: Watches

    @property
    def allows_loopback(self) -> bool:
        """Whether webhooks may go to this machine: tests and the demo."""
        return bool(self.registry.settings.webhook_loopback)

    def watch(self, employer: Employer, codes: Sequence[str]) -> tuple[list[Document], list[str]]:
        """Watch certificates by code: the watches, and the codes that the record does not hold.

        Refused ``watch.too_many_codes``, ``watch.full``.
        """
        wanted = list(dict.fromkeys(code.strip() for code in codes if code.strip()))
        if not 0 < len(wanted) <= MAX_CODES:
            raise Refused("watch.too_many_codes", field="codes", limit=MAX_CODES)
        if self.watches.count(employer.id) + len(wanted) > MAX_WATCHES:
            raise Refused("watch.full", field="codes", limit=MAX_WATCHES)
        known = self._records(code for code in wanted if len(code) <= MAX_CODE)
        now = self.registry.clock()
        made = [_watch(employer, known[code], now) for code in wanted if code in known]
        self.watches.add(made)
        # what changed between the look at the record and this moment was nobody's to notice
        self.notice([one["code"] for one in made])
        return made, [code for code in wanted if code not in known]

    def notice(self, codes: Iterable[str]) -> int:
        """Keep every change of these certificates that their watchers have not been told of; how many were new."""
        watches = list(self.watches.of_codes(codes))
        return self._notice(watches)

    def sweep(self) -> None:
        """Notice everything, from the record itself: where the stream of changes has a gap."""
        watches: list[Document] = []
        for watch in self.watches.all():
            watches.append(watch)
            if len(watches) == MAX_CODES:
                self._notice(watches)
                watches = []
        self._notice(watches)

    def expire(self) -> None:
        """Notice the certificates whose time is over."""
        now = self.registry.clock()
        for watch in self.watches.expired(now):
            change = _change(watch, EXPIRED, EXPIRED, watch["expires_at"])
            self.watches.notice([change], at=now)
            self.watches.told_expired(watch)

    def set_webhook(self, employer: Employer, url: str, *, by: str) -> None:
        """Send the employer's changes to ``url``. Refused ``webhook.*``."""
        parse_target(url, loopback=self.allows_loopback)
        self.watches.set_webhook(employer.id, url, by=by, at=self.registry.clock())

    def deliver_once(self) -> bool:
        """Try one delivery that is due; False when none is."""
        change = self.watches.take(at=self.registry.clock())
        if change is None:
            return False
        try:
            status = self._send(change)
            answer, is_taken = str(status), 200 <= status < 300
        except Refused as refused:
            answer, is_taken = refused.code, False
        now = self.registry.clock()
        if is_taken:
            self.watches.settle(change, delivery="delivered", answer=answer, delivered_at=now)
        elif change["tries"] >= MAX_TRIES:
            self.watches.settle(change, delivery="dead", answer=answer)
        else:
            self.watches.settle(change, answer=answer, next_at=now + pause(change["tries"]))
        return True

    def describe(self, change: Mapping[str, Any]) -> Json:
        """What is told of a change: which certificate, what, when. Nothing of the person.

        ``successor`` is the code that took a replaced certificate's place: the old one's page names it to everybody.
        """
        successor = {"successor": change["successor"]} if change.get("successor") else {}
        return successor | {
            "id": change["_id"].partition(" ")[2],
            "code": change["code"],
            "number": change["number"],
            "what": change["what"],
            "at": describe_instant(change["at"]),
            "page": f"{self.registry.settings.origin}/v/{change['code']}",
        }

    def _send(self, change: Document) -> int:
        url = self.watches.webhook(change["employer"])
        if url is None:
            raise Refused("webhook.none")
        target = parse_target(url, loopback=self.allows_loopback)
        body = canonicalize(self.describe(change))
        key_id, key = self.registry.signing_key(REGISTRY)
        headers = sign_message(url, body, key_id=key_id, key=key, at=self.registry.clock())
        return post(target, body, headers, loopback=self.allows_loopback)

    def _notice(self, watches: Sequence[Document]) -> int:
        known = self._records({watch["code"] for watch in watches})
        now = self.registry.clock()
        changes = [
            change
            for watch in watches
            if watch["code"] in known
            for change in _changes_since(watch, known[watch["code"]])
            if change["at"]
            > now - KEEP  # an older one may have been noticed, and deleted when its time was over
        ]
        return self.watches.notice(changes, at=now)

    def _records(self, codes: Iterable[str]) -> dict[str, CertificateRecord]:
        return {found.code: found for found in self.registry.record.find_all(codes=codes, numbers=())}


def open_watch_desk(registry: Registry) -> WatchDesk:
    """The watch desk on a registry."""
    return WatchDesk(registry, Watches(registry.database))


def watch_desk() -> WatchDesk:
    """The watch desk of the current application."""
    return cast("WatchDesk", current_app.extensions[EXTENSION])


def _watch(employer: Employer, record: CertificateRecord, at: datetime) -> Document:
    watch: Document = {
        "employer": employer.id,
        "code": record.code,
        "number": record.number,
        "seen": len(record.changes),
        "since": at,
    }
    appointment = read_face(parse_credential(record.credential)).appointment
    if appointment and appointment.end and _begin(appointment.end) > at:
        watch["expires_at"] = _begin(appointment.end)
    return watch


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), CHINA).astimezone(UTC)


def _changes_since(watch: Document, record: CertificateRecord) -> Iterator[Document]:
    for place, change in enumerate(record.changes):
        if place >= watch["seen"]:
            told = _change(watch, place, WORDS[change.state], change.at)
            yield told | ({"successor": record.replaced_by} if change.state is State.SUPERSEDED else {})


def _change(watch: Document, place: int | str, what: str, at: datetime) -> Document:
    names = ("employer", "code", "number")
    return {name: watch[name] for name in names} | {"place": place, "what": what, "at": at}
