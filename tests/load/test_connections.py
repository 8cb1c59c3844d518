"""New connections are new, reused ones are really reused, and stale ones are seen before anything is sent."""

from __future__ import annotations

import time

import gevent
import pytest

from harness.evidence.names import Connection
from harness.keystone.api import Request
from harness.load import connections
from harness.load.client import Answer, Client
from tests.keystone_double import FakeKeystone, Reply, answer

PING = Request("GET", "/v3/ping")


@pytest.fixture(autouse=True)
def _ponging(server: FakeKeystone) -> None:
    server.behave("GET /v3/ping", answer(Reply(200, {})))


def test_the_new_lane_opens_a_connection_for_each_request_and_says_so(server: FakeKeystone) -> None:
    client = Client(server.endpoint, Connection.NEW)
    for number in range(3):
        client.send(PING, 5.0, f"req-{number}")
    assert [seen.connection for seen in server.requests] == [0, 1, 2]
    assert {seen.headers["connection"] for seen in server.requests} == {"close"}


def test_the_reused_lane_sends_everything_over_one_connection(server: FakeKeystone) -> None:
    client = Client(server.endpoint, Connection.REUSED)
    for number in range(4):
        client.send(PING, 5.0, f"req-{number}")
    assert [seen.connection for seen in server.requests] == [0, 0, 0, 0]
    assert (client.counts.opened, client.counts.reused) == (1, 3)


def test_a_connection_carries_one_request_at_a_time(server: FakeKeystone) -> None:
    server.thawed.clear()
    client = Client(server.endpoint, Connection.REUSED)
    sending = [gevent.spawn(client.send, PING, 5.0, f"req-{number}") for number in range(3)]
    while server.count() < 3:
        gevent.sleep(0.01)
    server.thawed.set()
    gevent.joinall(sending)
    assert sorted(seen.connection for seen in server.requests) == [0, 1, 2]


def test_a_connection_closed_while_idle_is_replaced_and_nothing_fails(server: FakeKeystone) -> None:
    server.linger_s = 0.0
    client = Client(server.endpoint, Connection.REUSED)
    client.send(PING, 5.0, "req-0")
    _until_closed(client)
    exchange = client.send(PING, 5.0, "req-1")
    assert isinstance(exchange.end, Answer)
    assert [seen.connection for seen in server.requests] == [0, 1]
    assert (client.counts.stale, client.counts.opened) == (1, 2)


def test_a_connection_idle_for_too_long_is_given_up_before_the_peer_does(
    server: FakeKeystone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "IDLE_S_MAX", 0.0)
    client = Client(server.endpoint, Connection.REUSED)
    client.send(PING, 5.0, "req-0")
    client.send(PING, 5.0, "req-1")
    assert [seen.connection for seen in server.requests] == [0, 1]
    assert client.counts.expired == 1


def test_an_answer_that_says_close_ends_its_connection(server: FakeKeystone) -> None:
    server.behave("GET /v3/ping", answer(Reply(200, {}, {"Connection": "close"})), times=1)
    client = Client(server.endpoint, Connection.REUSED)
    client.send(PING, 5.0, "req-0")
    client.send(PING, 5.0, "req-1")
    assert [seen.connection for seen in server.requests] == [0, 1]
    assert client.counts.stale == 0


def _until_closed(client: Client) -> None:
    """Wait until the idle connection has seen the peer's close."""
    until = time.monotonic() + 5
    sock = client._connections._idle[0][0]
    while not connections._peer_has_closed(sock):
        assert time.monotonic() < until, "the server did not close the idle connection"
        gevent.sleep(0.01)
