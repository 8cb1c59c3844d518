"""One request is one attempt under one deadline, and each way in which it can end is told."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from harness.evidence.clock import now_ns
from harness.keystone import api, channel
from harness.keystone.channel import Channel
from harness.keystone.endpoint import Endpoint
from harness.keystone.reply import Reply as Got
from tests.keystone_double import (
    Behaviour,
    DoubleServer,
    FakeKeystone,
    Reply,
    Seen,
    account,
    answer,
    babble,
    cut,
    drip,
    hang,
    reset,
    truncate,
)

LOGIN = api.log_in(account("probe"))


def send(server: FakeKeystone, request: api.Request = LOGIN, deadline_s: float = 5.0) -> Got:
    return Channel(Endpoint.parse(server.url), deadline_s).send(request)


def test_an_answer_tells_who_gave_it_and_what_it_holds(server: FakeKeystone) -> None:
    before_ns = now_ns()
    got = send(server)
    assert (got.status, got.node, got.release, got.error) == (201, "node1", "27.1.0", None)
    assert got.at("token", "user", "id") == "id-of-probe"
    assert got.token
    assert got.words == "answered 201"
    assert before_ns <= got.sent_ns <= got.ended_ns <= now_ns()


def test_a_body_does_not_wait_until_its_head_is_acknowledged(
    server: FakeKeystone, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    class Watched(socket.socket):
        def sendall(self, data: bytes, *flags: int) -> None:  # type: ignore[override]
            if threading.current_thread() is threading.main_thread():  # the server's threads send as well
                seen.append(self.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            super().sendall(data, *flags)

    monkeypatch.setattr(socket, "socket", Watched)
    assert Channel(Endpoint.parse(server.url), 5.0).send(LOGIN).status == 201
    assert len(seen) > 1
    assert all(seen)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(400, {"error": {"code": 400, "message": "No such role."}}), "No such role."),
        (Reply(502, ["<html>", "bad gateway"]), '["<html>", "bad gateway"]'),
        (Reply(500, "x" * 5000), '"' + "x" * 599),
        (Reply(404), ""),
        (Reply(201, {"error": {"message": "all is well"}}), ""),
    ],
)
def test_an_error_says_of_itself_what_keystone_wrote_or_the_start_of_what_came(
    server: FakeKeystone, reply: Reply, said: str
) -> None:
    server.behave("POST", answer(reply))

    assert send(server).said == said


def test_an_answer_shows_no_secret_where_it_is_printed(server: FakeKeystone) -> None:
    got = send(server)
    assert got.token
    assert got.token not in repr(got)
    assert "id-of-probe" not in repr(got)


def test_a_refusal_is_an_answer_like_any_other(server: FakeKeystone) -> None:
    got = send(server, api.list_projects("stale", "default"))
    assert (got.status, got.words, got.token) == (401, "answered 401", None)
    assert got.at("token", "user") is None


def test_an_answer_that_names_nobody_was_given_by_nobody_known(server: FakeKeystone) -> None:
    nameless = Reply(200, {}, {"X-Keystone-Node": "", "X-Keystone-Release": ""})
    server.behave("GET", answer(nameless))
    assert (
        send(server, api.list_projects("t", "default")).node,
        send(server, api.list_projects("t", "default")).release,
    ) == (
        None,
        None,
    )


@pytest.mark.parametrize("body", [["no", "object"], None])
def test_what_is_no_object_holds_nothing(server: FakeKeystone, body: object) -> None:
    server.behave("GET", answer(Reply(200, body)))
    got = send(server, api.list_projects("t", "default"))
    assert (got.status, dict(got.body)) == (200, {})


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        (cut, "RemoteDisconnected"),
        (reset, "ConnectionResetError"),
        (truncate, "IncompleteRead"),
        (babble, "BadStatusLine"),
    ],
)
def test_no_whole_answer_is_told_by_its_cause_after_one_attempt(
    server: FakeKeystone, behaviour: Behaviour, error: str
) -> None:
    server.behave("POST", behaviour)
    got = send(server)
    assert (got.status, got.error, got.words) == (0, error, f"did not answer ({error})")
    assert server.count() == 1


@pytest.mark.parametrize("behaviour", [hang, drip])
def test_the_deadline_is_a_total_however_slowly_the_bytes_come(
    server: FakeKeystone, behaviour: Behaviour
) -> None:
    server.behave("POST", behaviour)
    began_s = time.monotonic()
    got = send(server, deadline_s=0.4)
    assert 0.3 < time.monotonic() - began_s < 2
    assert (got.status, got.is_late, got.words) == (0, True, "did not answer (no answer within 0.4 s)")
    assert server.count() == 1


def test_one_request_may_have_less_time_than_the_others(server: FakeKeystone) -> None:
    server.behave("POST", hang)
    got = Channel(Endpoint.parse(server.url), 30.0).send(LOGIN, deadline_s=0.2)
    assert got.words == "did not answer (no answer within 0.2 s)"


def test_nobody_listening_is_told_in_the_systems_words() -> None:
    got = Channel(Endpoint.parse("http://127.0.0.1:1"), 5.0).send(LOGIN)
    assert (got.status, got.error) == (0, "ConnectionRefusedError")
    assert "Connection refused" in got.detail


def test_an_answer_without_end_is_given_up(server: FakeKeystone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "BODY_BYTES_MAX", 100)
    server.behave("GET", answer(Reply(200, {"long": "x" * 200})))
    got = send(server, api.list_projects("t", "default"))
    assert (got.status, got.error, got.detail) == (0, "HTTPException", "the body is over 100 bytes")


def test_a_redirect_is_not_followed(server: FakeKeystone) -> None:
    server.behave("GET", answer(Reply(302, None, {"Location": "/v3/other"})))
    assert send(server, api.list_projects("t", "default")).status == 302
    assert server.count() == 1


def test_a_body_that_ends_with_its_connection_is_whole(server: FakeKeystone) -> None:
    def last_word(_: DoubleServer, sock: socket.socket, __: Seen) -> bool:
        sock.sendall(b'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"projects": []}')
        return False

    server.behave("GET", last_word)
    assert send(server, api.list_projects("t", "default")).body == {"projects": []}


def test_paths_of_the_api_stand_behind_that_of_the_base_url(server: FakeKeystone) -> None:
    Channel(Endpoint.parse(f"{server.url}/identity/"), 5.0).send(api.list_projects("t", "default"))
    assert server.requests[0].path == "/identity/v3/projects?domain_id=default"


def test_connections_are_closed_once_the_answer_is_there(server: FakeKeystone) -> None:
    send(server)
    until = time.monotonic() + 5
    while server._open and time.monotonic() < until:
        time.sleep(0.01)
    assert not server._open
