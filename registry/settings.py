"""Settings: read from the environment once, into one frozen object.

Each setting has a default, a line of help and a flag that says whether its value may be shown. No setting holds a
secret itself: secrets come from the file that ``MASTER_KEY_FILE`` names, or from inside ``MONGODB_URI`` and
``SMTP_URL``, which are therefore never shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from urllib.parse import urlsplit

from keys.errors import Refused
from registry.mail import MailServer, check_address, parse_mail_server

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
HOST = re.compile(r"[a-z0-9.-]+|\[[0-9a-f:.]+\]")
MAX_PORT = 65_535
MAX_PROXIES = 8  # more than anybody has in a row


def _setting(default: str, help_line: str, *, secret: bool = False) -> str:
    described: str = field(default=default, metadata={"help": help_line, "secret": secret})
    return described


@dataclass(frozen=True)
class Settings:
    """All settings as the environment gives them, as text; properties give the checked values."""

    host: str = _setting("127.0.0.1", "address to listen on")
    port: str = _setting("8000", "port to listen on")
    base_url: str = _setting("", "public address, as printed into QR codes; default http://127.0.0.1:PORT")
    data_dir: str = _setting(".data", "folder for the local MongoDB, the demo's master key and demo.json")
    mongodb_uri: str = _setting("", "MongoDB to use; empty starts a local one in DATA_DIR", secret=True)
    mongodb_database: str = _setting("skills_registry", "name of the database")
    master_key_file: str = _setting("", "file with the master key, mode 0600; default DATA_DIR/master.key")
    workers: str = _setting("2", "server processes")
    threads: str = _setting(
        "4", "requests one process serves side by side; more of them wait, and cost nothing"
    )

    webhook_loopback: str = _setting(
        "", "yes lets webhooks go to http on this machine; for tests and the demo only"
    )
    second_factor: str = _setting(
        "", "required makes registrars, inspectors and signers set up a second factor at their next sign-in"
    )
    proxies: str = _setting(
        "0", "proxies in front whose X-Forwarded-For is believed; a limit on guessing counts by that address"
    )

    smtp_url: str = _setting(
        "", "mail server, smtps://USER:PASSWORD@HOST or smtp:// with STARTTLS; empty sends none", secret=True
    )
    smtp_from: str = _setting("", "address that e-mail comes from; needed with SMTP_URL")

    def __post_init__(self) -> None:
        if not (self.port.isascii() and self.port.isdecimal() and 0 < int(self.port) <= MAX_PORT):
            raise Refused("settings.port", field="PORT")
        for name in ("workers", "threads"):
            value: str = getattr(self, name)
            if not (value.isdecimal() and 0 < int(value) <= 256):
                raise Refused("settings.count", field=name.upper())
        if not (self.proxies.isascii() and self.proxies.isdecimal() and int(self.proxies) <= MAX_PROXIES):
            raise Refused("settings.proxies", field="PROXIES", limit=MAX_PROXIES)
        if self.second_factor not in {"", "required"}:
            raise Refused("settings.second_factor", field="SECOND_FACTOR")
        _check_base_url(self.origin)
        if self.webhook_loopback and (
            self.webhook_loopback != "yes" or urlsplit(self.origin).hostname not in LOOPBACK_HOSTS
        ):
            raise Refused("settings.webhook_loopback", field="WEBHOOK_LOOPBACK")
        _check_mail(self.smtp_url, self.smtp_from)

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{f.name}={getattr(self, f.name)!r}" for f in fields(self) if not f.metadata["secret"]
        )
        return f"Settings({shown})"

    @property
    def origin(self) -> str:
        """The public address without a slash at its end."""
        return (self.base_url or f"http://127.0.0.1:{self.port}").rstrip("/")

    @property
    def mail_server(self) -> MailServer | None:
        """Where e-mail is handed in; None where none is sent."""
        return parse_mail_server(self.smtp_url) if self.smtp_url else None

    @property
    def is_secure(self) -> bool:
        """Whether the public address is HTTPS, so that cookies must be sent over HTTPS only."""
        return self.origin.startswith("https://")

    @property
    def data_path(self) -> Path:
        """The data folder, absolute."""
        return Path(self.data_dir).expanduser().absolute()

    @property
    def master_key_path(self) -> Path:
        """The file that holds the master key."""
        return (
            Path(self.master_key_file).expanduser() if self.master_key_file else self.data_path / "master.key"
        )


def read_settings(environ: Mapping[str, str]) -> Settings:
    """The settings found in ``environ``; Refused ``settings.*`` stops an unsafe or impossible start."""
    given = {f.name: environ[f.name.upper()] for f in fields(Settings) if environ.get(f.name.upper())}
    return Settings(**given)


def describe_settings() -> list[tuple[str, str, str, bool]]:
    """Rows (name, default, help, secret) for the documentation and for ``skills-registry doctor``."""
    return [(f.name.upper(), str(f.default), *_description(f)) for f in fields(Settings)]


def _description(described: Field[str]) -> tuple[str, bool]:
    return str(described.metadata["help"]), bool(described.metadata["secret"])


def _check_mail(server: str, sender: str) -> None:
    if bool(server) != bool(sender):
        raise Refused("settings.smtp_pair", field="SMTP_FROM" if server else "SMTP_URL")
    if server:
        parse_mail_server(server)
        check_address(sender, field="SMTP_FROM")


def _check_base_url(origin: str) -> None:
    try:
        parts = urlsplit(origin)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:  # a port out of range, brackets that do not match; it might quote a password
        raise Refused("settings.base_url", field="BASE_URL") from None
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    # nothing but scheme, host and port: no path, query or fragment, no name and password
    whole = f"{parts.scheme}://{host}{port}"
    if parts.scheme not in {"http", "https"} or not HOST.fullmatch(host) or origin.lower() != whole:
        raise Refused("settings.base_url", field="BASE_URL")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
        raise Refused("settings.base_url_insecure", field="BASE_URL")
