"""Takes notices out of the outbox and to their channels, in the worker process."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from email.message import EmailMessage
from email.utils import format_datetime
from threading import Event
from typing import Any
from urllib.parse import urlsplit

from issuers.notices.kinds import write
from issuers.notices.store import Channel, Notices
from keys.errors import Refused
from keys.jcs import canonicalize
from registry.keyrings import REGISTRY
from registry.mail import send_mail
from registry.services import Registry
from registry.threads import in_threads, keep_at
from registry.view import Json, describe_instant
from registry.webhooks.address import parse_target
from registry.webhooks.sending import post
from registry.webhooks.signing import sign_message

IDLE_SECONDS = 1.0  # between two looks at an empty outbox
AWAY_SECONDS = 3.0

log = logging.getLogger("issuers.notices")


def describe_notice(notice: Mapping[str, Any], origin: str) -> Json:
    """What is told: the same to the console and to a webhook. Nothing of a person."""
    words = write(notice["kind"], notice["facts"])
    return {
        "id": notice["_id"],
        "kind": notice["kind"],
        "at": describe_instant(notice["at"]),
        "facts": notice["facts"],
        "zh": words.zh,
        "en": words.en,
        "page": origin + words.page,
    }


def compose(notice: Mapping[str, Any], *, to: str, sender: str, origin: str) -> EmailMessage:
    """The notice as an e-mail in both languages. Its Message-ID is the same at every try."""
    words = write(notice["kind"], notice["facts"])
    message = EmailMessage()
    message["From"], message["To"] = sender, to
    message["Subject"] = f"{words.zh} / {words.en}"
    message["Date"] = format_datetime(notice["at"])
    message["Message-ID"] = f"<{notice['_id'].encode().hex()}@{urlsplit(origin).hostname}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834 section 5: no robot answers it
    page = origin + words.page
    message.set_content(f"{words.zh}\n{words.text_zh}\n\n{words.en}\n{words.text_en}\n\n{page}\n")
    return message


def deliver_once(notices: Notices, registry: Registry, channel: Channel) -> bool:
    """Try one notice that is due by a channel; False when none is."""
    notice = notices.take(channel)
    if notice is None:
        return False
    address = notices.contact(notice["owner"]).address(channel)
    try:
        answer = _SENDERS[channel](notice, address, registry) if address else "none"
        is_taken = not address or answer.startswith(
            "2"
        )  # an address taken away meanwhile: nobody waits for it
    except Refused as refused:
        answer, is_taken = refused.code, False
    notices.settle(notice, channel, answer=answer, is_taken=is_taken)
    return True


def _mail(notice: Mapping[str, Any], address: str, registry: Registry) -> str:
    server = registry.settings.mail_server
    if server is None:
        raise Refused("mail.no_answer")
    sender, origin = registry.settings.smtp_from, registry.settings.origin
    send_mail(server, compose(notice, to=address, sender=sender, origin=origin))
    return "250"  # RFC 5321: the server has taken the message


def _webhook(notice: Mapping[str, Any], url: str, registry: Registry) -> str:
    loopback = bool(registry.settings.webhook_loopback)
    target = parse_target(url, loopback=loopback)
    body = canonicalize(describe_notice(notice, registry.settings.origin))
    key_id, key = registry.signing_key(REGISTRY)
    headers = sign_message(url, body, key_id=key_id, key=key, at=registry.clock())
    return str(post(target, body, headers, loopback=loopback))


_SENDERS: Mapping[Channel, Callable[[Mapping[str, Any], str, Registry], str]] = {
    Channel.MAIL: _mail,
    Channel.WEBHOOK: _webhook,
}


def telling(
    notices: Notices, registry: Registry, *, patience: float = IDLE_SECONDS
) -> AbstractContextManager[None]:
    """Deliver in a thread a channel while the block runs: a slow mail server holds up no webhook."""

    def work_on(channel: Channel) -> Callable[[Event], None]:
        def work(stop: Event) -> None:
            keep_at(
                lambda: deliver_once(notices, registry, channel),
                stop,
                idle_seconds=patience,
                away_seconds=AWAY_SECONDS,
                log=log,
            )

        return work

    return in_threads(*map(work_on, Channel), name="notices")
