"""What counts as one client when attempts are counted."""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network, ip_address

NETWORK_BITS = 64  # of an IPv6 address: a subscriber has all the addresses below


def client_network(address: str | None) -> str:
    """An IPv4 address, or the network of an IPv6 address."""
    try:
        parsed = ip_address(address or "")
    except ValueError:  # no address: a test, a socket without one
        return "unknown"
    if isinstance(parsed, IPv6Address) and not parsed.ipv4_mapped:
        return str(IPv6Network((parsed, NETWORK_BITS), strict=False))
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)
