"""Serves the page of a run that goes on, to readers of this machine who know its address."""

from __future__ import annotations

import contextlib
import re
import secrets
import socket
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import ThreadingMixIn
from typing import Any

import orjson
from jinja2 import Environment, PackageLoader, StrictUndefined

from harness.report.explore.embed import program
from harness.report.live.follow import Follower
from harness.report.live.readers import Readers
from harness.report.palette import style_sheet

READ_TIMEOUT_S = 5.0
"""For one read or write of a connection; `readers.ANSWER_DEADLINE_S` is for all of them."""
_AFTER = re.compile(r"after=(\d{1,9}),(\d{1,9})", re.ASCII)


class PageServer(ThreadingMixIn, HTTPServer):
    """Answers `GET /<token>/` with the page and `GET /<token>/data?after=<rows>,<failures>` with what is new.

    Everything else is refused: another path, another method, a `Host` that is not this server's own address,
    which is what a page of the web would send whose name was rebound to loopback. Of who does not show the
    token nothing but the first line is read.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, listening: socket.socket, token: str, follower: Follower) -> None:
        address = listening.getsockname()
        super().__init__(address, _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listening
        self.server_address = address
        self.path = f"/{token}/"
        self.follower = follower
        self.hosts = frozenset(f"{name}:{address[1]}" for name in ("127.0.0.1", "localhost"))
        self.page, self.policy = _page()
        self.readers = Readers()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread, once there is room."""
        if not self.readers.admit(request):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # the machine has no thread to give
            self.readers.leave(request)
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, and give the place back."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.readers.leave(request)

    def service_actions(self) -> None:
        """Look now and then who has been here for too long."""
        self.readers.hang_up_on_late()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Tell of a bug; a reader who goes away in the midst of an answer is no event."""
        if not isinstance(sys.exception(), OSError):
            with contextlib.suppress(OSError):  # the log is full
                super().handle_error(request, client_address)

    def knows(self, line: bytes) -> bool:
        """Whether the first line of a request asks for something below the path that nobody can guess."""
        _, _, target = line.partition(b" ")
        wanted = self.path.encode()
        return secrets.compare_digest(target[: len(wanted)], wanted)


class _Handler(BaseHTTPRequestHandler):
    server: PageServer
    raw_requestline: bytes
    server_version = "harness"
    sys_version = ""
    timeout = READ_TIMEOUT_S

    def parse_request(self) -> bool:
        """Look for the token first: who does not have it makes the server parse nothing."""
        if self.server.knows(self.raw_requestline):
            self.server.readers.recognise(self.connection)
            return super().parse_request()
        self.close_connection = True
        # What `send_response` and `end_headers` want to know, and parsing would have said.
        self.requestline, self.request_version, self.command = "", "HTTP/1.0", ""
        self._answer(HTTPStatus.NOT_FOUND, b"There is nothing here.\n")
        return False

    def do_GET(self) -> None:
        """Refuse, or answer."""
        if self.headers.get("Host", "") not in self.server.hosts:
            self._answer(HTTPStatus.MISDIRECTED_REQUEST, b"This server answers to its own address only.\n")
            return
        # Plain words, no addresses: there is nothing to resolve or to unescape in what this server has.
        below, _, query = self.path.removeprefix(self.server.path).partition("?")
        if below == "":
            self._answer(HTTPStatus.OK, self.server.page, "text/html; charset=utf-8")
        elif below == "data":
            self._answer(HTTPStatus.OK, self._data(query), "application/json")
        else:
            self._answer(HTTPStatus.NOT_FOUND, b"There is nothing here.\n")

    def _data(self, query: str) -> bytes:
        had = _AFTER.fullmatch(query)
        rows, failures = (int(had[1]), int(had[2])) if had else (0, 0)
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
