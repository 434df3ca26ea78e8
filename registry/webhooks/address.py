"""Where a webhook may go: https to public addresses, so that nobody makes the registry knock on doors inside."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from keys.errors import Refused

MAX_URL = 500  # characters: long enough for any token in a path
# IPv6 that carries an IPv4 address inside, where Python's ``is_global`` does not look into it.
_CARRIERS = tuple(map(IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96")))


@dataclass(frozen=True)
class Target:
    """The parts of a webhook's address. ``path`` has the query with it."""

    url: str
    host: str
    port: int
    path: str
    is_secure: bool

    @property
    def authority(self) -> str:
        """What stands in the ``Host`` header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.is_secure else 80) else f"{host}:{self.port}"


def parse_target(url: str, *, loopback: bool) -> Target:
    """The parts of ``url``; a host written as an address is checked at once, a name when it is resolved.

    ``loopback`` allows this machine, over http too, for tests and the demo.
    Refused ``webhook.url``, ``webhook.not_https``, ``webhook.not_public``.
    """
    if len(url) > MAX_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise Refused("webhook.url", field="url", limit=MAX_URL)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Refused("webhook.url", field="url", limit=MAX_URL) from None
    if not host or parts.username is not None or parts.password is not None or parts.fragment:
        raise Refused("webhook.url", field="url", limit=MAX_URL)
    literal = _literal(host)
    is_here = loopback and literal is not None and literal.is_loopback
    if parts.scheme != "https" and not (is_here and parts.scheme == "http"):
        raise Refused("webhook.not_https", field="url")
    is_secure = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    target = Target(url, host, port or (443 if is_secure else 80), path, is_secure)
    if literal and not is_allowed(literal, loopback=loopback):
        raise Refused("webhook.not_public", field="url")
    return target


def resolve(target: Target, *, loopback: bool) -> str:
    """The address to connect to. One private address among several refuses them all.

    The connection goes to this very address: a name that is resolved again could say something else.
    Refused ``webhook.unresolved``, ``webhook.not_public``.
    """
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Refused("webhook.unresolved", field="url") from None
    addresses = [str(entry[4][0]) for entry in found]
    for text in addresses:
        address = _literal(text)
        if address is None or not is_allowed(address, loopback=loopback):
            raise Refused("webhook.not_public", field="url")
    return addresses[0]


def is_allowed(address: IPv4Address | IPv6Address, *, loopback: bool) -> bool:
    """Whether a webhook may go to ``address``: public, and no disguise of another; or loopback where allowed."""
    if loopback and address.is_loopback:
        return True
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return is_allowed(address.ipv4_mapped, loopback=loopback)
        if any(address in network for network in _CARRIERS) or address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        return None
