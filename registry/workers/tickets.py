"""A ticket: somebody has just shown who they are, and may set a passkey or a password for a few minutes.

It is sealed and travels in the form, so that nothing is stored for those who turn back. Pure.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from keys.errors import Refused
from keys.vault import Vault

TICKET_LIFE = timedelta(minutes=20)  # to read the page and think of a password
MAX_TICKET = 1_000  # characters; one of ours has about 300
CONTEXT = "worker ticket"

Way = Literal["claim", "recovery"]


@dataclass(frozen=True)
class Ticket:
    """By which link somebody came, to which archive, and the id of the account: to be made, or to be recovered."""

    way: Way
    token: str = field(repr=False)
    archive: str
    account: str
    until: datetime


def seal_ticket(vault: Vault, ticket: Ticket) -> str:
    """The ticket as text for a form."""
    plain = json.dumps([ticket.way, ticket.token, ticket.archive, ticket.account, ticket.until.isoformat()])
    return urlsafe_b64encode(vault.seal(plain.encode(), context=CONTEXT)).decode()


def open_ticket(vault: Vault, text: str, way: Way, token: str, *, at: datetime) -> Ticket:
    """The ticket of this link. Refused ``worker.ticket``: too old, of another link, or not ours."""
    try:
        if len(text) > MAX_TICKET:
            raise ValueError("too long")
        plain = vault.open(urlsafe_b64decode(text), context=CONTEXT)
    except (Error, ValueError, Refused):
        raise Refused("worker.ticket") from None
    said, named, archive, account, until = json.loads(plain)
    ticket = Ticket(said, named, archive, account, datetime.fromisoformat(until))
    if (ticket.way, ticket.token) != (way, token) or at >= ticket.until:
        raise Refused("worker.ticket")
    return ticket
