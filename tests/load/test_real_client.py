"""Through keystoneauth1 too, each call is one request and each failure has its right name."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from types import SimpleNamespace
from typing import Any

import pytest
from keystoneauth1 import _fair_semaphore

from harness.evidence.names import MEANT_FOR, Error, Operation, Outcome
from harness.load.real_client import RealClient
from harness.load.result import Result
from tests.keystone_double import (
    Behaviour,
    DoubleServer,
    FakeKeystone,
    Reply,
    Seen,
    account,
    answer,
    cut,
    drip,
    hang,
    reset,
    truncate,
)


def logged_in(server: FakeKeystone) -> RealClient:
    client = RealClient(server.endpoint, account("client-0"), 5.0)
    assert client.log_in("req-0").ok
    return client


def list_projects(client: RealClient) -> Result[Any]:
    return client.call(Operation.PROJECT_LIST, 200, "req-1", lambda: client.api.projects.list())


def test_a_login_is_one_request_and_names_who_answered(server: FakeKeystone) -> None:
    client = RealClient(server.endpoint, account("client-0"), 5.0)
    result = client.log_in("req-0")
    assert (result.outcome, result.status, result.node, result.release) == (
        Outcome.OK,
        201,
        "node1",
        "27.1.0",
    )
    assert result.value is not None
    assert [seen.headers["x-openstack-request-id"] for seen in server.requests] == ["req-0"]


def test_a_wall_clock_that_is_set_back_holds_no_request_up(
    server: FakeKeystone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """keystoneauth1 waits its turn by the wall clock, also where it has no rate to keep."""
    client = logged_in(server)
    monkeypatch.setattr(_fair_semaphore, "time", SimpleNamespace(time=lambda: 0.0, sleep=time.sleep))

    assert list_projects(client).outcome == Outcome.OK


@pytest.mark.parametrize(
    ("behaviour", "error", "status"),
    [
        (cut, Error.CLOSED, 0),
        (reset, Error.RESET, 0),
        (truncate, Error.TRUNCATED, 0),
        (answer(Reply(500, {"error": {"message": "Oops."}})), Error.HTTP_5XX, 500),
        (answer(Reply(503)), Error.HTTP_5XX, 503),
        (answer(Reply(401, {"error": {"message": "Who?"}})), Error.HTTP_4XX, 401),
        (answer(Reply(302, None, {"Location": "/v3/other"})), Error.UNEXPECTED_STATUS, 302),
        (answer(Reply(200, ["no", "object"])), Error.BAD_BODY, 200),
        (answer(Reply(200)), Error.BAD_BODY, 200),
    ],
)
def test_a_broken_read_fails_once_under_its_right_name(
    server: FakeKeystone, behaviour: Behaviour, error: Error, status: int
) -> None:
    client = logged_in(server)
    server.behave("GET /v3/", behaviour)
    result = list_projects(client)
    assert (result.outcome, result.error, result.status) == (Outcome.FAILED, error, status), result.detail
    assert server.count("GET") == 1


@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [
        (cut, Outcome.UNKNOWN),
        (answer(Reply(502)), Outcome.UNKNOWN),
        (answer(Reply(503)), Outcome.FAILED),
        (answer(Reply(409)), Outcome.FAILED),
    ],
)
def test_a_broken_write_is_unknown_unless_its_answer_settles_it(
    server: FakeKeystone, behaviour: Behaviour, outcome: Outcome
) -> None:
    client = logged_in(server)
    server.behave("POST /v3/users", behaviour)
    result = client.call(
        Operation.USER_CREATE, 201, "req-1", lambda: client.api.users.create(name="n", domain="default")
    )
    assert result.outcome == outcome
    assert server.count("POST /v3/users") == 1


def test_a_server_that_is_gone_refuses(server: FakeKeystone) -> None:
    client = RealClient(server.endpoint, account("client-0"), 5.0)
    server.close()
    result = client.log_in("req-0")
    assert (result.outcome, result.error) == (Outcome.FAILED, Error.REFUSED)


def test_a_token_about_someone_else_is_no_login(server: FakeKeystone) -> None:
    client = RealClient(server.endpoint, account("client-0"), 5.0)
    lie = server.honest  # the fake issues a token for whoever asks; here it is asked to mix them up
    server.honest = lambda seen: _about_someone_else(lie(seen))  # type: ignore[method-assign]
    result = client.log_in("req-0")
    assert (result.error, result.detail) == (Error.BAD_BODY, "the token is about another user or project")
    assert client.api is None


def test_an_error_of_the_balancer_names_the_server_it_had_chosen(server: FakeKeystone) -> None:
    client = logged_in(server)
    headers = {"X-Keystone-Node": "", "X-Keystone-Release": "", "X-Balancer-Server": "node3"}
    server.behave("GET /v3/projects", answer(Reply(502, None, headers)))
    result = list_projects(client)
    assert result.node is None
    assert result.detail is not None
    assert result.detail.endswith("from balancer, server node3")


def test_an_error_of_the_balancer_that_names_no_server_is_laid_to_none(server: FakeKeystone) -> None:
    client = logged_in(server)
    headers = {"X-Keystone-Node": "", "X-Keystone-Release": ""}
    server.behave("GET /v3/projects", answer(Reply(503, None, headers)))
    result = list_projects(client)
    assert (result.node, result.release) == (None, None)
    assert result.detail is not None
    assert MEANT_FOR not in result.detail  # what stands behind it is taken for the name of a node
    assert result.detail.endswith("from balancer")


def test_who_answered_is_unknown_where_the_headers_are_there_and_empty(server: FakeKeystone) -> None:
    client = logged_in(server)
    body = b'{"projects": [], "links": {}}'
    raw = b"HTTP/1.1 200 OK\r\nX-Keystone-Node:\r\nX-Keystone-Release:\r\nContent-Type: application/json\r\n"

    def nameless(_: DoubleServer, sock: socket.socket, __: Seen) -> bool:
        sock.sendall(raw + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        return True

    server.behave("GET /v3/projects", nameless)
    result = list_projects(client)
    assert (result.outcome, result.node, result.release) == (Outcome.OK, None, None)


@pytest.mark.process
def test_the_deadline_is_a_total_here_too(server: FakeKeystone) -> None:
    """In a process of its own, patched as Locust patches it."""
    server.behave("POST /v3/auth/tokens", drip)
    server.behave("POST /v3/auth/tokens", hang, times=1)
    program = (
        "from gevent import monkey; monkey.patch_all()\n"
        "from harness.keystone.endpoint import Endpoint\n"
        "from harness.load.real_client import RealClient\n"
        "from tests.keystone_double import account\n"
        "for number in (1, 2):\n"
        f"    client = RealClient(Endpoint.parse({server.url!r}), account('client-0'), 0.5)\n"
        "    result = client.log_in(f'req-{number}')\n"
        "    print(result.outcome, result.error, result.detail)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == ["unknown timeout no whole answer in 0.5 s"] * 2, done.stderr
    assert [seen.headers["x-openstack-request-id"] for seen in server.requests] == ["req-1", "req-2"]


def _about_someone_else(reply: Reply) -> Reply:
    reply.body["token"]["user"]["id"] = "id-of-someone"
    return reply
