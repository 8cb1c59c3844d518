"""A server on loopback that can be told to cut, reset, drip, hang, lie and freeze."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable

from harness.keystone.endpoint import Endpoint
from tests.keystone_double.wire import Reply, Seen, read_request

Behaviour = Callable[["DoubleServer", socket.socket, Seen], bool]
"""Answers one request in its own way; returns whether the connection goes on."""


class DoubleServer(ABC):
    """Serves until closed; `requests` holds everything that arrived."""

    def __init__(self) -> None:
        self.requests: list[Seen] = []
        self.closing = threading.Event()
        self.thawed = threading.Event()
        self.thawed.set()
        self.linger_s: float | None = None
        """Close a connection this long after its last answer; None: keep it."""
        self._behaviours: list[tuple[str, Behaviour, int]] = []
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", self.port

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint.parse(self.url)

    def behave(self, what: str, behaviour: Behaviour, times: int = 1_000_000) -> None:
        """From now on, answer the next `times` requests of `what` ("GET /v3/projects", a prefix) this way."""
        with self._lock:
            self._behaviours.insert(0, (what, behaviour, times))

    def freeze(self, seconds: float) -> None:
        """Take requests and answer none of them until the time is over."""
        self.thawed.clear()
        time.sleep(seconds)
        self.thawed.set()

    def count(self, what: str = "") -> int:
        """Requests of `what` that arrived."""
        with self._lock:
            return sum(f"{seen.method} {seen.path}".startswith(what) for seen in self.requests)

    def close(self) -> None:
        self.closing.set()
        self.thawed.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # a bare close lets the thread accept one more
        self._listener.close()
        with self._lock:
            for sock in self._open:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    @abstractmethod
    def honest(self, seen: Seen) -> Reply:
        """What is answered where no behaviour was asked for."""

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                number, self._connections = self._connections, self._connections + 1
                self._open.add(sock)
            threading.Thread(target=self._serve, args=(sock, number), daemon=True).start()

    def _serve(self, sock: socket.socket, number: int) -> None:
        file = sock.makefile("rb")
        try:
            while (seen := read_request(file, number)) is not None and self._answer(sock, seen):
                if self.linger_s is not None:
                    time.sleep(self.linger_s)
                    break
        except OSError:
            pass
        finally:
            with self._lock:
                self._open.discard(sock)
            file.close()
            sock.close()

    def _answer(self, sock: socket.socket, seen: Seen) -> bool:
        with self._lock:
            self.requests.append(seen)
        self.thawed.wait(30)
        behaviour = self._next_behaviour(f"{seen.method} {seen.path}")
        if behaviour is not None:
            return behaviour(self, sock, seen)
        sock.sendall(self.honest(seen).wire())
        return seen.headers.get("connection") != "close"

    def _next_behaviour(self, what: str) -> Behaviour | None:
        with self._lock:
            for index, (prefix, behaviour, times) in enumerate(self._behaviours):
                if what.startswith(prefix) and times > 0:
                    self._behaviours[index] = (prefix, behaviour, times - 1)
                    return behaviour
        return None
