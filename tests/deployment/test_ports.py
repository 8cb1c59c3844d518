"""Ports: free, on loopback, and never one that an outgoing connection could take."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.deployment.local import ports
from harness.errors import HarnessError, UsageError


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_fixed_port_in_use_is_refused_with_the_key_and_the_remedy(busy_port: int) -> None:
    with pytest.raises(UsageError) as refused:
        ports.need_free(busy_port)
    assert str(refused.value) == (
        f"port {busy_port} on 127.0.0.1 is in use (deployment.port); free it, or set deployment.port = 0 "
        "to take a free one"
    )


def test_a_port_whose_connections_were_just_closed_counts_as_free() -> None:
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            accepted, _ = server.accept()
            accepted.close()  # the server closes first, so its side stays in TIME_WAIT
    ports.need_free(port)


def test_free_ports_are_different_and_none_is_taken_already() -> None:
    first = ports.free_ports(5)
    second = ports.free_ports(5, first)
    assert len({*first, *second}) == 10


def test_free_ports_lie_below_those_of_outgoing_connections() -> None:
    lowest_outgoing = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert all(port < lowest_outgoing for port in ports.free_ports(5))


def test_a_machine_without_free_ports_is_an_error_and_not_an_endless_search(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ports, "is_free", lambda _port: False)
    with pytest.raises(HarnessError, match="no 3 free ports between"):
        ports.free_ports(3)
