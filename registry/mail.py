"""Sending e-mail by SMTP, from the standard library. TLS always, but to this very machine.

``smtps://user:password@host`` speaks TLS from the first byte (port 465, RFC 8314 section 3.3), ``smtp://`` turns to
it by STARTTLS (port 587) and sends nothing where the server does not offer it. Server certificates are checked.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from keys.errors import Refused

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
PORTS = {"smtps": 465, "smtp": 587}
SECONDS = 10.0  # for each step of the conversation
MAX_ADDRESS = 254  # characters: RFC 5321 section 4.5.3.1.3 less the angle brackets
# What every mail server takes: no quoted local part, no address literal, no header hidden behind a line break.
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")


@dataclass(frozen=True)
class MailServer:
    """A mail server and how to talk to it. ``is_tls``: TLS at once; else STARTTLS, or plain where ``is_here``."""

    host: str
    port: int
    is_tls: bool
    is_here: bool
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


def parse_mail_server(url: str) -> MailServer:
    """The server of ``SMTP_URL``. Refused ``settings.smtp_url``, whose words repeat nothing of it."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Refused("settings.smtp_url", field="SMTP_URL") from None
    is_whole = parts.scheme in PORTS and host and not (parts.path.strip("/") or parts.query or parts.fragment)
    if not is_whole or (parts.username is None) != (parts.password is None):
        raise Refused("settings.smtp_url", field="SMTP_URL")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not (user.isascii() and password.isascii()):  # smtplib signs in with ASCII only
        raise Refused("settings.smtp_url", field="SMTP_URL")
    return MailServer(
        host, port or PORTS[parts.scheme], parts.scheme == "smtps", host in LOOPBACK, user, password
    )


def check_address(text: str, *, field: str) -> str:
    """An e-mail address. Refused ``mail.address``."""
    if len(text) > MAX_ADDRESS or not ADDRESS.fullmatch(text):
        raise Refused("mail.address", field=field)
    return text


def send_mail(server: MailServer, message: EmailMessage) -> None:
    """Hand a message to the server.

    Refused ``mail.no_answer`` (nobody there, no TLS, or not in time), ``mail.rejected`` (it took the message not).
    """
    try:
        with _connect(server) as connection:
            if not (server.is_tls or server.is_here):
                connection.starttls(context=ssl.create_default_context())
            if server.user:
                connection.login(server.user, server.password)
            connection.send_message(message)
    except (
        smtplib.SMTPRecipientsRefused,
        smtplib.SMTPSenderRefused,
        smtplib.SMTPDataError,
        smtplib.SMTPAuthenticationError,
    ):
        raise Refused("mail.rejected") from None  # the cause quotes addresses
    except (smtplib.SMTPException, OSError):
        raise Refused("mail.no_answer") from None


def _connect(server: MailServer) -> smtplib.SMTP:
    if server.is_tls:
        return smtplib.SMTP_SSL(
            server.host, server.port, timeout=SECONDS, context=ssl.create_default_context()
        )
    return smtplib.SMTP(server.host, server.port, timeout=SECONDS)
