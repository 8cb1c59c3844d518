"""The connections of one lane: a fresh one each time, or kept alive and used by one request at a time."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from gevent import socket

from harness.evidence.clock import now_ns
from harness.evidence.names import Connection

IDLE_S_MAX = 5.0
"""A connection idle for longer is not used again: well under the minute after which the lab's balancer
closes it, so that its close and our request never cross on the wire in a healthy run."""
IDLE_MAX = 64
"""Idle connections kept at most; what a burst opened beyond that is closed at once."""


@dataclass(slots=True)
class ConnectionCounts:
    """How a lane came by its connections; informs, fails nothing."""

    opened: int = 0
    reused: int = 0
    stale: int = 0
    """Idle ones that the peer had closed, seen before anything was sent on them, and replaced."""
    expired: int = 0
    """Idle ones given up by ourselves after `IDLE_S_MAX`."""


class Connections:
    """Sockets to one address. The last one given back is taken first: a quiet lane reuses one connection."""

    def __init__(self, address: tuple[str, int], kind: Connection) -> None:
        """`address` has an IP literal, so that no name resolution hides a second attempt."""
        self._address = address
        self._keeps = kind == Connection.REUSED
        self._idle: deque[tuple[socket.socket, int]] = deque()
        self.counts = ConnectionCounts()

    @property
    def keeps(self) -> bool:
        """Whether connections are kept alive."""
        return self._keeps

    def take(self) -> socket.socket:
        """A connection on which nothing is under way.

        One that the peer closed while it was idle is replaced, as every HTTP client does: no request was sent
        on it, so none failed.

        Raises:
            OSError: a new one could not be made; one attempt.
        """
        while self._idle:
            sock, since_ns = self._idle.pop()
            if now_ns() - since_ns > IDLE_S_MAX * 1e9:
                self.counts.expired += 1
            elif _peer_has_closed(sock):
                self.counts.stale += 1
            else:
                self.counts.reused += 1
                return sock
            sock.close()
        return self._open()

    def give_back(self, sock: socket.socket, *, reusable: bool) -> None:
        """Return a connection after its answer; one that is not fit for another request is closed."""
        if not (reusable and self._keeps):
            sock.close()
            return
        self._idle.append((sock, now_ns()))
        if len(self._idle) > IDLE_MAX:
            self._idle.popleft()[0].close()

    def close(self) -> None:
        """Close every idle connection."""
        while self._idle:
            self._idle.pop()[0].close()

    def _open(self) -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            sock.connect(self._address)
        except BaseException:
            sock.close()
            raise
        self.counts.opened += 1
        return sock


def _peer_has_closed(sock: socket.socket) -> bool:
    """Whether an idle connection is readable: end of stream, a reset, or bytes nobody asked for."""
    sock.settimeout(0.0)
    try:
        sock.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        sock.settimeout(None)
    return True
