"""Serves the page of a run that goes on, to readers of this machine who know its address."""

from __future__ import annotations

import contextlib
import secrets
import socket
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import ThreadingMixIn
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
from jinja2 import Environment, PackageLoader, StrictUndefined

from harness.report.explore.embed import program
from harness.report.live.follow import Follower
from harness.report.palette import style_sheet

THREADS_MAX = 8
"""A page asks one thing at a time; more readers than this wait their turn at the browser's next attempt."""
READ_TIMEOUT_S = 5.0
ANSWER_DEADLINE_S = 15.0
"""A reader who drips or does not read is hung up on: all he can hold is one of the threads, for so long."""


class PageServer(ThreadingMixIn, HTTPServer):
    """Answers `GET /<token>/` with the page and `GET /<token>/data?after=<rows>,<failures>` with what is new.

    Everything else is refused: another path, another method, a `Host` that is not this server's own address,
    which is what a page of the web would send whose name was rebound to loopback.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 16

    def __init__(self, listening: socket.socket, token: str, follower: Follower) -> None:
        address = listening.getsockname()
        super().__init__(address, _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listening
        self.server_address = address
        self.token = token
        self.follower = follower
        self.hosts = frozenset(f"{name}:{address[1]}" for name in ("127.0.0.1", "localhost"))
        self.page, self.policy = _page()
        self._free_threads = threading.BoundedSemaphore(THREADS_MAX)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread, if one is free; else hang up at once."""
        if not self._free_threads.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # the machine has no thread to give
            self._free_threads.release()
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, within the deadline."""
        watch = threading.Timer(ANSWER_DEADLINE_S, _hang_up, (request,))
        watch.daemon = True
        watch.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            watch.cancel()
            self._free_threads.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Tell of a bug; a reader who goes away in the midst of an answer is no event."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def _hang_up(request: socket.socket) -> None:
    with contextlib.suppress(OSError):
        request.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    server: PageServer
    server_version = "harness"
    sys_version = ""
    timeout = READ_TIMEOUT_S

    def do_GET(self) -> None:
        """Refuse, or answer."""
        if self.headers.get("Host", "") not in self.server.hosts:
            self._answer(HTTPStatus.MISDIRECTED_REQUEST, b"This server answers to its own address only.\n")
            return
        url = urlsplit(self.path)
        parts = url.path.split("/")
        known = len(parts) == 3 and secrets.compare_digest(parts[1].encode(), self.server.token.encode())
        if known and parts[2] == "":
            self._answer(HTTPStatus.OK, self.server.page, "text/html; charset=utf-8")
        elif known and parts[2] == "data":
            self._answer(HTTPStatus.OK, self._data(url.query), "application/json")
        else:
            self._answer(HTTPStatus.NOT_FOUND, b"There is nothing here.\n")

    def _data(self, query: str) -> bytes:
        had = parse_qs(query).get("after", ["0,0"])[0].split(",")
        rows, failures = (
            int(part) if part.isascii() and part.isdigit() else 0 for part in (*had, "", "")[:2]
        )
        return orjson.dumps(self.server.follower.told(rows, failures))

    def _answer(self, status: HTTPStatus, body: bytes, kind: str = "text/plain; charset=utf-8") -> None:
        self.send_response(status)
        for name, value in (
            ("Content-Type", kind),
            ("Content-Length", str(len(body))),
            ("Content-Security-Policy", f"{self.server.policy}; frame-ancestors 'none'"),
            ("Cache-Control", "no-store"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Referrer-Policy", "no-referrer"),
            ("X-Content-Type-Options", "nosniff"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the address holds the token."""


def _page() -> tuple[bytes, str]:
    made = program("live.js", connect="'self'")
    environment = Environment(
        loader=PackageLoader("harness.report"), autoescape=True, undefined=StrictUndefined
    )
    page = environment.get_template("live.html.j2").render(program=made, colours=style_sheet())
    return page.encode(), made.policy
