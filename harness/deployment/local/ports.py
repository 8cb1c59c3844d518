"""Free ports on loopback, chosen where nothing else takes them while a node is down."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterable
from pathlib import Path

from harness.errors import HarnessError, UsageError

LOOPBACK = "127.0.0.1"

_LOWEST = 20_000
_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
_EPHEMERAL_USUALLY = 32_768
_ROOM_MIN = 1_000
_TRIES_MAX = 500


def free_ports(count: int, taken: Iterable[int] = ()) -> list[int]:
    """Return `count` different ports that are free now, none of them in `taken`.

    They lie below the range from which the system gives ports to outgoing connections. A port out of that
    range can become the near end of some probe's connection while a node is down, and then the node cannot
    start again: the harness itself would have caused that outage.

    Raises:
        HarnessError: there are not that many.
    """
    lowest, end = _range()
    avoid = set(taken)
    found: list[int] = []
    for _ in range(_TRIES_MAX):
        if len(found) == count:
            return found
        port = random.randrange(lowest, end)  # noqa: S311 - not a secret
        if port not in avoid and is_free(port):
            avoid.add(port)
            found.append(port)
    raise HarnessError(f"no {count} free ports between {lowest} and {end} on {LOOPBACK}; end what uses them")


def need_free(port: int) -> None:
    """Check the balancer's port that a scenario fixes.

    Raises:
        UsageError: something listens there.
    """
    if not is_free(port):
        raise UsageError(
            f"port {port} on {LOOPBACK} is in use (deployment.port); free it, or set deployment.port = 0 "
            "to take a free one"
        )


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now; one that was just closed counts as free."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _range() -> tuple[int, int]:
    try:
        first = int(_EPHEMERAL.read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        first = _EPHEMERAL_USUALLY
    if first - _LOWEST < _ROOM_MIN:  # somebody gave nearly all ports to outgoing connections: take any
        return _LOWEST, 65_536
    return _LOWEST, first
