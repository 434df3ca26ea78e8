"""A closed loop of N connections: each sends its next request when it has its answer. One thread, no library.

Runs in a process of its own. On one core it takes 20,000 answers a second and more, so it is not what is measured;
``busy`` says how much of the time it worked.
"""

from __future__ import annotations

import selectors
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import perf_counter, process_time

PATIENCE = 30.0  # seconds without any answer: the server is gone
CHUNK = 65_536


@dataclass(frozen=True)
class Run:
    """What one run saw: answers a second, each answer's time in seconds, share of the time the client was busy."""

    rate: float
    times: list[float] = field(repr=False)
    busy: float
    bodies: list[bytes] = field(repr=False)


def drive(port: int, requests: list[bytes], connections: int, status: int) -> Run:
    """Send all ``requests`` over ``connections``; every answer must have ``status``."""
    waiting, times, bodies = iter(requests), [], []
    with selectors.DefaultSelector() as selector:
        for _ in range(connections):
            _Connection(port, selector).send_next(waiting)
        began, worked = perf_counter(), process_time()
        while selector.get_map():
            ready = selector.select(PATIENCE)
            if not ready:
                raise TimeoutError(f"no answer for {PATIENCE:.0f} s")
            for key, _ in ready:
                connection: _Connection = key.data
                body = connection.receive(status)
                if body is not None:
                    times.append(perf_counter() - connection.sent)
                    bodies.append(body)
                    connection.send_next(waiting)
        took = perf_counter() - began
        return Run(len(times) / took, times, (process_time() - worked) / took, bodies)


class _Connection:
    def __init__(self, port: int, selector: selectors.BaseSelector) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector = selector
        self._got = b""
        self.sent = 0.0
        selector.register(self._socket, selectors.EVENT_READ, self)

    def send_next(self, waiting: Iterator[bytes]) -> None:
        following = next(waiting, None)
        if following is None:
            self._selector.unregister(self._socket)
            self._socket.close()
            return
        self.sent = perf_counter()
        self._socket.sendall(following)

    def receive(self, status: int) -> bytes | None:
        """The body of the answer once it is whole."""
        chunk = self._socket.recv(CHUNK)
        self._got += chunk
        head, end, body = self._got.partition(b"\r\n\r\n")
        if not chunk:
            raise ConnectionError("the server closed the connection")
        if not end or len(body) < _length(head):
            return None
        if int(head[9:12]) != status:
            raise AssertionError(f"{head[:12].decode()}: {body.decode()}")
        self._got = b""
        return body


def _length(head: bytes) -> int:
    lower = head.lower()
    start = lower.index(b"content-length:") + len(b"content-length:")
    return int(lower[start:].split(b"\r\n", 1)[0])
