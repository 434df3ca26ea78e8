import socket

import pytest


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1", "registry.example"])
def test_a_socket_beyond_this_machine_is_refused_and_noted(address: str, strayed: list[str]) -> None:
    with pytest.raises(OSError, match="tests have no network"):
        socket.create_connection((address, 9), timeout=1)
    assert strayed == [address]
    strayed.clear()


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(("localhost", server.getsockname()[1]), timeout=1).close()
