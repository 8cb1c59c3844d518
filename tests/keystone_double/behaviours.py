"""Ways to answer that no Keystone in good health has."""

from __future__ import annotations

import contextlib
import socket
import struct

from tests.keystone_double.server import Behaviour, DoubleServer
from tests.keystone_double.wire import Reply, Seen


def cut(_: DoubleServer, __: socket.socket, ___: Seen) -> bool:
    return False


def reset(_: DoubleServer, sock: socket.socket, __: Seen) -> bool:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def hang(server: DoubleServer, _: socket.socket, __: Seen) -> bool:
    server.closing.wait(30)
    return False


def drip(server: DoubleServer, sock: socket.socket, seen: Seen) -> bool:
    """One byte each 50 ms: every single read is quick, the whole is not."""
    for byte in server.honest(seen).wire():
        if server.closing.wait(0.05):
            break
        sock.sendall(bytes([byte]))
    return False


def truncate(server: DoubleServer, sock: socket.socket, seen: Seen) -> bool:
    sock.sendall(server.honest(seen).wire()[:-5])
    return False


def babble(_: DoubleServer, sock: socket.socket, __: Seen) -> bool:
    sock.sendall(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    return False


def flood(server: DoubleServer, sock: socket.socket, _: Seen) -> bool:
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    with contextlib.suppress(OSError):
        while not server.closing.is_set():
            sock.sendall(b"[" * 65536)
    return False


def answer(reply: Reply) -> Behaviour:
    def behave(_: DoubleServer, sock: socket.socket, __: Seen) -> bool:
        sock.sendall(reply.wire())
        return True

    return behave
