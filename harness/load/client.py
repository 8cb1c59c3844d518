"""One HTTP request, attempted exactly once, under one total deadline.

geventhttpclient's own client sends a request again when a connection breaks, even with retries set to 0, and
follows redirects. So only its response parser is used here; connections and the one attempt are ours.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass

import gevent
from gevent import socket
from geventhttpclient.header import Headers
from geventhttpclient.response import HTTPParseError, HTTPResponse

from harness.evidence.clock import now_ns
from harness.evidence.names import Connection, Error
from harness.keystone.api import REQUEST_ID_SENT, Request
from harness.keystone.endpoint import Endpoint
from harness.load.connections import ConnectionCounts, Connections

BODY_BYTES_MAX = 4 << 20
"""A project list of a crowded lab is under 1 MiB; an answer without end must not fill the memory."""

_BLOCK_BYTES = 65_536
OWN_LIMITS = frozenset({errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL, errno.ENOBUFS, errno.ENOMEM})
"""Errors of a socket call that say this process or machine ran out of something, not that Keystone failed."""


class GeneratorFaultError(Exception):
    """The generator could not send: out of descriptors, ports or memory. Never charged to Keystone."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer."""

    status: int
    reason: str
    headers: Headers
    body: bytes

    def header(self, name: str) -> str | None:
        """First value of a header, or None."""
        value = self.headers.get(name)
        return value[0] if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Cut:
    """No whole answer came."""

    error: Error
    detail: str
    sent: bool
    """Whether any byte of the request may have left."""
    status: int = 0
    """Of the status line, where that still came."""
    headers: Headers | None = None
    """Likewise."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One attempt; times are CLOCK_MONOTONIC nanoseconds."""

    start_ns: int
    end_ns: int
    end: Answer | Cut


class _OversizeError(Exception):
    """The body passed `BODY_BYTES_MAX`."""


class _Trip:
    """How far one attempt has come, for whoever has to say how it ended."""

    __slots__ = ("parser", "sent", "sock")

    def __init__(self, method: str) -> None:
        self.sock: socket.socket | None = None
        self.sent = False
        self.parser = HTTPResponse(method)


class Client:
    """Sends requests of one lane to one endpoint; any number of greenlets may use it at once."""

    def __init__(self, endpoint: Endpoint, kind: Connection) -> None:
        """`endpoint` speaks plain HTTP; see `Endpoint.loopback`."""
        self._connections = Connections(endpoint.address, kind)
        self._base = endpoint.path
        connection = "keep-alive" if self._connections.keeps else "close"
        self._head = (
            f"Host: {endpoint.authority}\r\n"
            "User-Agent: keystone-upgrade-harness\r\n"
            "Accept: application/json\r\n"
            f"Connection: {connection}\r\n"
        )

    @property
    def counts(self) -> ConnectionCounts:
        """How the lane came by its connections."""
        return self._connections.counts

    def send(self, request: Request, deadline_s: float, request_id: str) -> Exchange:
        """Attempt `request` once and return how it ended, at the latest after `deadline_s`.

        Raises:
            GeneratorFaultError: this process ran out of descriptors, ports or memory; nothing was sent.
        """
        wire = self._wire(request, request_id)
        trip = _Trip(request.method)
        timeout = gevent.Timeout(deadline_s)
        start_ns = now_ns()
        timeout.start()
        try:
            end = self._attempt(trip, wire)
        except gevent.Timeout as expired:
            if expired is not timeout:
                raise
            end = _cut(trip, Error.TIMEOUT, f"no whole answer in {deadline_s:g} s")
        finally:
            timeout.close()
            end_ns = now_ns()
            self._settle(trip)
        return Exchange(start_ns, end_ns, end)

    def close(self) -> None:
        """Close idle connections."""
        self._connections.close()

    def _wire(self, request: Request, request_id: str) -> bytes:
        lines = [
            f"{request.method} {self._base}{request.path} HTTP/1.1\r\n",
            self._head,
            f"{REQUEST_ID_SENT}: {request_id}\r\n",
        ]
        lines += [f"{name}: {value}\r\n" for name, value in request.headers]
        if request.body is None:
            return ("".join(lines) + "\r\n").encode("latin-1")
        lines.append(f"Content-Type: application/json\r\nContent-Length: {len(request.body)}\r\n\r\n")
        return "".join(lines).encode("latin-1") + request.body

    def _attempt(self, trip: _Trip, wire: bytes) -> Answer | Cut:
        try:
            trip.sock = self._connections.take()
        except OSError as error:
            if error.errno in OWN_LIMITS:
                raise GeneratorFaultError(f"no connection could be opened here: {error.strerror}") from error
            return _cut(trip, Error.REFUSED, _words(error))
        trip.sent = True
        try:
            trip.sock.sendall(wire)
            _receive(trip)
        except OSError as error:
            return _cut(trip, Error.RESET, _words(error))
        except HTTPParseError as error:
            return _cut(trip, Error.BAD_BODY, f"not HTTP: {error}")
        except _OversizeError:
            return _cut(trip, Error.BAD_BODY, f"the body is over {BODY_BYTES_MAX} bytes")
        return _ended(trip)

    def _settle(self, trip: _Trip) -> None:
        """Give the connection back; only a whole answer that allows it leaves it fit for another request."""
        if trip.sock is not None:
            self._connections.give_back(trip.sock, reusable=not trip.parser.should_close())


def _receive(trip: _Trip) -> None:
    """Read until the answer is whole or the peer ends the stream.

    Raises:
        OSError: the connection broke.
        HTTPParseError: what came is not HTTP.
        _OversizeError: the body has no acceptable end.
    """
    assert trip.sock is not None  # noqa: S101 - the caller has just taken it
    parser = trip.parser
    # An interim 1xx answer is complete and not the end; the parser starts afresh by itself.
    while not parser.message_complete or parser.status_code < 200:
        block = trip.sock.recv(_BLOCK_BYTES)
        if not block:
            _end_of_stream(parser)
            return
        parser.feed(block)
        if len(parser._body_buffer) > BODY_BYTES_MAX:
            raise _OversizeError


def _end_of_stream(parser: HTTPResponse) -> None:
    """Tell the parser: a body without a length ends here; any other is cut short, which it reports."""
    try:
        parser.feed(b"")
    except HTTPParseError:
        return  # `message_complete` stays false, which is what `_ended` goes by


def _ended(trip: _Trip) -> Answer | Cut:
    parser = trip.parser
    if not parser.headers_complete or parser.status_code < 200:
        return _cut(trip, Error.CLOSED, "the peer closed the connection before an answer")
    if not parser.message_complete:
        came = len(parser._body_buffer)
        due = parser.get("content-length")
        return _cut(trip, Error.TRUNCATED, f"the body ended after {came} bytes of {due or 'unknown length'}")
    return Answer(
        parser.status_code, parser.status_message or "", parser._headers_index, bytes(parser._body_buffer)
    )


def _cut(trip: _Trip, error: Error, detail: str) -> Cut:
    parser = trip.parser
    if parser.headers_complete:
        return Cut(error, detail, trip.sent, parser.status_code, parser._headers_index)
    return Cut(error, detail, trip.sent)


def _words(error: OSError) -> str:
    return error.strerror or str(error) or type(error).__name__
