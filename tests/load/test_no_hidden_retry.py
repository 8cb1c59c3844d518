"""One request is one attempt: a server that breaks it counts what arrived, and nothing is sent again.

geventhttpclient's own client fails this: 2.6.1 sends GET and DELETE again although its retries are 0.
"""

from __future__ import annotations

import pytest
from geventhttpclient import HTTPClient

from harness.evidence.names import Connection, Error
from harness.keystone.api import Request
from harness.load.client import Answer, Client, Cut
from tests.keystone_double import Behaviour, FakeKeystone, Reply, answer, cut, reset

METHODS = ("GET", "POST", "DELETE")


def request(method: str) -> Request:
    return Request(method, "/v3/thing", (), b'{"a": 1}' if method == "POST" else None)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", [Connection.NEW, Connection.REUSED])
@pytest.mark.parametrize(("breaking", "error"), [(cut, Error.CLOSED), (reset, Error.RESET)])
def test_a_first_request_that_is_broken_arrives_once_and_fails(
    server: FakeKeystone, method: str, kind: Connection, breaking: Behaviour, error: Error
) -> None:
    server.behave(f"{method} /v3/thing", breaking, times=1)
    client = Client(server.endpoint, kind)

    exchange = client.send(request(method), 5.0, "req-1")

    assert isinstance(exchange.end, Cut)
    assert exchange.end.error == error
    assert exchange.end.sent
    assert server.count() == 1


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("breaking", "error"), [(cut, Error.CLOSED), (reset, Error.RESET)])
def test_a_request_broken_on_a_reused_connection_arrives_once_and_fails(
    server: FakeKeystone, method: str, breaking: Behaviour, error: Error
) -> None:
    client = Client(server.endpoint, Connection.REUSED)
    server.behave(f"{method} /v3/thing", breaking, times=1)
    server.behave(f"{method} /v3/thing", answer(Reply(200, {})), times=1)

    first = client.send(request(method), 5.0, "req-1")
    second = client.send(request(method), 5.0, "req-2")

    assert isinstance(first.end, Answer)
    assert isinstance(second.end, Cut)
    assert second.end.error == error
    assert [seen.connection for seen in server.requests] == [0, 0]
    assert client.counts.reused == 1


@pytest.mark.parametrize("method", METHODS)
def test_a_redirect_is_reported_and_not_followed(server: FakeKeystone, method: str) -> None:
    server.behave(f"{method} /v3/thing", answer(Reply(302, None, {"Location": f"{server.url}/v3/other"})))
    client = Client(server.endpoint, Connection.NEW)

    exchange = client.send(request(method), 5.0, "req-1")

    assert isinstance(exchange.end, Answer)
    assert exchange.end.status == 302
    assert server.count() == 1


def test_a_refused_connection_is_tried_once_and_nothing_was_sent() -> None:
    server = FakeKeystone()
    server.close()
    client = Client(server.endpoint, Connection.NEW)

    exchange = client.send(request("POST"), 5.0, "req-1")

    assert isinstance(exchange.end, Cut)
    assert exchange.end.error == Error.REFUSED
    assert not exchange.end.sent
    assert client.counts.opened == 0


def test_this_server_would_catch_a_client_that_sends_again(server: FakeKeystone) -> None:
    """The control: the library's own client, retries off, turns one cut request into two and reports 200."""
    server.behave("GET /v3/thing", answer(Reply(200, {})))
    server.behave("GET /v3/thing", cut, times=1)
    library = HTTPClient(*server.address)
    assert library.get("/v3/thing").status_code == 200
    assert server.count() == 2
