"""Sending one webhook: one connection, one request, the status line, and nothing more is read or followed."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Mapping
from threading import Timer

from keys.errors import Refused
from registry.webhooks.address import Target, resolve

STEP_SECONDS = 5.0  # for each of connecting, shaking hands, an answer's first bytes
WHOLE_SECONDS = 10.0  # for everything: a receiver that drips a byte now and then is cut off
AGENT = "skills-registry-webhook/1"


def post(target: Target, body: bytes, headers: Mapping[str, str], *, loopback: bool) -> int:
    """The status that the receiver answered. No redirect is followed: another address was not checked.

    Refused ``webhook.unresolved``, ``webhook.not_public``, ``webhook.no_answer``.
    """
    address = resolve(target, loopback=loopback)
    try:
        raw = socket.create_connection((address, target.port), timeout=STEP_SECONDS)
    except OSError:
        raise Refused("webhook.no_answer", field="url") from None
    cut = Timer(WHOLE_SECONDS, _cut, (raw,))
    cut.daemon = True
    cut.start()
    try:
        return _exchange(raw, target, body, headers)
    except (OSError, http.client.HTTPException):
        raise Refused("webhook.no_answer", field="url") from None
    finally:
        cut.cancel()
        raw.close()


def _exchange(raw: socket.socket, target: Target, body: bytes, headers: Mapping[str, str]) -> int:
    connection = http.client.HTTPConnection(target.host, target.port, timeout=STEP_SECONDS)
    connection.sock = _secured(raw, target.host) if target.is_secure else raw
    try:
        sent = {"Host": target.authority, "User-Agent": AGENT, "Connection": "close", **headers}
        connection.request("POST", target.path, body, sent)
        return connection.getresponse().status
    finally:
        connection.close()


def _secured(raw: socket.socket, host: str) -> socket.socket:
    return ssl.create_default_context().wrap_socket(raw, server_hostname=host)


def _cut(raw: socket.socket) -> None:
    try:
        raw.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # closed meanwhile
