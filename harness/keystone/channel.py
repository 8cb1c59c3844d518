"""One HTTP request to one endpoint, sent once, under one total deadline; its failure is an answer too."""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from collections.abc import Mapping
from typing import Any

import orjson

from harness.evidence.clock import now_ns
from harness.keystone import api
from harness.keystone.endpoint import Endpoint
from harness.keystone.reply import Reply

BODY_BYTES_MAX = 64 << 20
"""The list of everything in a crowded lab takes some MiB; an answer without end must not fill the memory."""
SAID_CHARS_MAX = 600
"""Of the body of an error: Keystone's own are shorter, a balancer's page says what it is at its start."""
_ERROR = 400
_HEADERS = {"Accept": "application/json", "Content-Type": "application/json"}


class Channel:
    """Sends requests to one endpoint, each over a connection of its own; threads may share it.

    Nothing is retried, redirected or logged in again, and no proxy is used.
    """

    def __init__(self, endpoint: Endpoint, deadline_s: float, *, tls: ssl.SSLContext | None = None) -> None:
        """`tls` says whom to trust at an https endpoint; None: whom this machine trusts."""
        self._endpoint = endpoint
        self._deadline_s = deadline_s
        self._tls = tls or (ssl.create_default_context() if endpoint.scheme == "https" else None)

    def send(self, request: api.Request, deadline_s: float | None = None) -> Reply:
        """Send one request and return how it ended, at the latest after `deadline_s`, else the channel's."""
        within_s = self._deadline_s if deadline_s is None else deadline_s
        sent_ns = now_ns()
        try:
            return self._attempt(request, sent_ns, time.monotonic() + within_s)
        except TimeoutError:
            why = TimeoutError.__name__, f"no answer within {within_s:g} s"
        except (OSError, http.client.HTTPException) as error:
            why = type(error).__name__, str(error)
        return Reply(sent_ns, now_ns(), 0, error=why[0], detail=why[1])

    def _attempt(self, request: api.Request, sent_ns: int, until_s: float) -> Reply:
        connection = _Connection(self._endpoint, self._tls, until_s)
        try:
            path = self._endpoint.path + request.path
            connection.request(request.method, path, request.body, {**_HEADERS, **dict(request.headers)})
            answer = connection.getresponse()
            raw = _whole_body(answer)
        finally:
            connection.end()
        ended_ns, body = now_ns(), _object(raw)
        return Reply(
            sent_ns,
            ended_ns,
            answer.status,
            node=answer.getheader(api.NODE_HEADER) or None,
            release=answer.getheader(api.RELEASE_HEADER) or None,
            worker=answer.getheader(api.WORKER_HEADER) or None,
            request_id=answer.getheader(api.REQUEST_ID),
            body=body,
            said=_said(raw, body) if answer.status >= _ERROR else "",
            token=answer.getheader(api.SUBJECT_TOKEN),
        )


class _Connection(http.client.HTTPConnection):
    """A connection whose whole life ends at one instant."""

    def __init__(self, endpoint: Endpoint, tls: ssl.SSLContext | None, until_s: float) -> None:
        super().__init__(endpoint.host, endpoint.port)
        self._tls = tls
        self._until_s = until_s
        self._open: socket.socket | None = None

    def connect(self) -> None:
        """Connect to the first address of the host: one attempt."""
        host = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        family, kind, protocol, _, address = host[0]
        self._open = socket.socket(family, kind, protocol)
        self._open.settimeout(_left_s(self._until_s))
        # Head and body leave in two parts: without this the second may wait for the first to be acknowledged.
        self._open.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._open.connect(address)
        if self._tls is not None:
            self._open = self._tls.wrap_socket(self._open, server_hostname=self.host)
        self.sock = _TimedSocket(self._open, self._until_s)

    def end(self) -> None:
        """Close it in earnest."""
        self.close()
        if self._open is not None:
            self._open.close()


class _TimedSocket:
    """As much of a socket as `http.client` uses, each call of which may take what is left of the time."""

    def __init__(self, sock: socket.socket, until_s: float) -> None:
        self._sock = sock
        self._until_s = until_s

    def sendall(self, data: bytes) -> None:
        self._sock.settimeout(_left_s(self._until_s))
        self._sock.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self._sock, self._until_s))

    def close(self) -> None:
        """Nothing yet: `http.client` calls this before it reads the body of an answer that is the last."""


class _TimedReader(io.RawIOBase):
    """Reads until an instant, however slowly the bytes come."""

    def __init__(self, sock: socket.socket, until_s: float) -> None:
        self._sock = sock
        self._until_s = until_s

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(_left_s(self._until_s))
        return self._sock.recv_into(buffer)


def _left_s(until_s: float) -> float:
    """Seconds until an instant.

    Raises:
        TimeoutError: it is over.
    """
    left_s = until_s - time.monotonic()
    if left_s <= 0:
        raise TimeoutError
    return left_s


def _whole_body(answer: http.client.HTTPResponse) -> bytes:
    """Everything that was announced.

    Raises:
        http.client.HTTPException: less came, or more than `BODY_BYTES_MAX`.
    """
    raw = answer.read(BODY_BYTES_MAX + 1)
    if len(raw) > BODY_BYTES_MAX:
        raise http.client.HTTPException(f"the body is over {BODY_BYTES_MAX} bytes")
    if answer.length:
        raise http.client.IncompleteRead(raw, answer.length)
    return raw


def _said(raw: bytes, body: Mapping[str, Any]) -> str:
    """Keystone's own message, or else the start of whatever came."""
    error = body.get("error")
    message = error.get("message") if isinstance(error, Mapping) else None
    text = message if isinstance(message, str) else raw[: 4 * SAID_CHARS_MAX].decode("utf-8", "replace")
    return text[:SAID_CHARS_MAX]


def _object(raw: bytes) -> Mapping[str, Any]:
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}
