"""Each way in which a request can go wrong is told by its right name, and arrives once."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
from geventhttpclient.header import Headers

from harness.evidence.names import REFERENCE_BODY, Connection, Error, Operation, Outcome
from harness.load.client import Answer, Client, Exchange
from harness.load.operations import (
    BadAnswerError,
    Call,
    Grant,
    MadeProject,
    MadeUser,
    Password,
    PasswordChange,
    Ping,
    ProjectCreate,
    ProjectDelete,
    ProjectList,
    RoleGrant,
    RoleHeld,
    RoleRevoke,
    TokenIssue,
    TokenValidate,
    UserCreate,
    UserDelete,
    UserGet,
    UserUpdate,
)
from harness.load.operations.application_credentials import ApplicationCredentialCreate
from harness.load.result import Result, judge_exchange
from tests.keystone_double import (
    PROJECT_ID,
    Behaviour,
    FakeKeystone,
    Reply,
    account,
    answer,
    babble,
    cut,
    drip,
    flood,
    hang,
    reset,
    truncate,
)

LOGIN = TokenIssue(account("probe"))


def carry_out(server: FakeKeystone, call: Call[Any], deadline_s: float = 5.0) -> Result[Any]:
    client = Client(server.endpoint, Connection.NEW)
    return judge_exchange(call, client.send(call.request(), deadline_s, "req-1"), "req-1")


def token(server: FakeKeystone) -> str:
    issued = carry_out(server, LOGIN).value
    assert issued is not None
    return str(issued.token)


def test_every_operation_succeeds_against_a_healthy_server_and_names_who_answered(
    server: FakeKeystone,
) -> None:
    mine = token(server)
    first, second = Password(1, "first"), Password(2, "second")
    made = carry_out(server, UserCreate(mine, "kuh-1-a", (("email", "a@b.example"),), first)).value
    project = carry_out(server, ProjectCreate(mine, "kuh-1-p", "as made")).value
    assert made is not None
    assert project is not None
    grant = Grant(made, project, RoleHeld("id-of-role-member", "member"))
    calls: list[Call[Any]] = [
        LOGIN,
        TokenValidate(mine, mine, "id-of-probe"),
        UserCreate(mine, "kuh-1-b"),
        UserGet(mine, made.user_id, "kuh-1-a"),
        UserUpdate(mine, made.user_id, "kuh-1-a", (("description", "changed"), ("enabled", False))),
        PasswordChange(mine, made.user_id, "kuh-1-a", first, second),
        ProjectCreate(mine, "kuh-1-q", "as made"),
        RoleGrant(mine, grant),
        RoleRevoke(mine, grant),
        ProjectDelete(mine, project.project_id, "kuh-1-p"),
        ApplicationCredentialCreate(mine, made.user_id, PROJECT_ID, "kuh-1-c"),
        UserDelete(mine, made.user_id, "kuh-1-a"),
        ProjectList(mine, PROJECT_ID),
    ]
    assert {call.op for call in calls} == set(Operation) - {Operation.PING}  # the reference target's
    for call in calls:
        result = carry_out(server, call)
        assert (result.outcome, result.error, result.detail) == (Outcome.OK, None, None), call.op
        assert (result.node, result.release) == ("node1", "27.1.0")
        assert result.status == call.status_due


BROKEN: list[tuple[Behaviour, Error, int]] = [
    (cut, Error.CLOSED, 0),
    (reset, Error.RESET, 0),
    (hang, Error.TIMEOUT, 0),
    (drip, Error.TIMEOUT, 0),
    (truncate, Error.TRUNCATED, 201),
    (babble, Error.BAD_BODY, 0),
    (answer(Reply(500, {"error": {}})), Error.HTTP_5XX, 500),
    (answer(Reply(502, None, {"X-Keystone-Node": ""})), Error.HTTP_5XX, 502),
    (answer(Reply(201, ["not an object"], {"X-Subject-Token": "t"})), Error.BAD_BODY, 201),
]


@pytest.mark.parametrize(("behaviour", "error", "status"), BROKEN)
def test_a_write_that_was_sent_and_broken_may_have_happened(
    server: FakeKeystone, behaviour: Behaviour, error: Error, status: int
) -> None:
    server.behave("POST /v3/auth/tokens", behaviour)
    result = carry_out(server, LOGIN, deadline_s=0.5)
    assert (result.outcome, result.error, result.status) == (Outcome.UNKNOWN, error, status)
    assert server.count() == 1


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (503, Error.HTTP_5XX),
        (401, Error.HTTP_4XX),
        (403, Error.HTTP_4XX),
        (302, Error.UNEXPECTED_STATUS),
    ],
)
def test_a_write_that_was_declined_has_certainly_not_happened(
    server: FakeKeystone, status: int, error: Error
) -> None:
    server.behave("POST /v3/auth/tokens", answer(Reply(status, {})))
    result = carry_out(server, LOGIN)
    assert (result.outcome, result.error, result.status) == (Outcome.FAILED, error, status)
    assert server.count() == 1


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        (cut, Error.CLOSED),
        (hang, Error.TIMEOUT),
        (truncate, Error.TRUNCATED),
        (flood, Error.BAD_BODY),
        (answer(Reply(500)), Error.HTTP_5XX),
        (answer(Reply(404)), Error.HTTP_4XX),
        (answer(Reply(204)), Error.UNEXPECTED_STATUS),
    ],
)
def test_a_read_that_was_broken_failed(server: FakeKeystone, behaviour: Behaviour, error: Error) -> None:
    mine = token(server)
    server.behave("GET /v3/projects", behaviour)
    result = carry_out(server, ProjectList(mine, PROJECT_ID), deadline_s=2.0)
    assert (result.outcome, result.error) == (Outcome.FAILED, error)
    assert server.count("GET /v3/projects") == 1


def test_a_write_that_never_left_has_certainly_not_happened() -> None:
    server = FakeKeystone()
    server.close()
    result = carry_out(server, LOGIN)
    assert (result.outcome, result.error) == (Outcome.FAILED, Error.REFUSED)


def test_the_deadline_is_a_total_also_for_a_server_that_drips(server: FakeKeystone) -> None:
    server.behave("POST /v3/auth/tokens", drip)
    with gevent.Timeout(20):  # dripped to its end, the answer takes over 30 s
        result = carry_out(server, LOGIN, deadline_s=0.3)
    assert result.error == Error.TIMEOUT
    assert result.end_ns - result.start_ns >= 300_000_000
    assert result.detail == "no whole answer in 0.3 s"


LIES: list[tuple[str, Call[Any], Reply, str]] = [
    (
        "POST /v3/auth/tokens",
        LOGIN,
        Reply(201, {"token": {"user": {"id": "id-of-someone"}}}, {"X-Subject-Token": "t"}),
        "token.user.id is 'id-of-someone' instead of 'id-of-probe'",
    ),
    (
        "POST /v3/auth/tokens",
        LOGIN,
        Reply(201, {"token": {"user": {"id": "id-of-probe"}}}, {"X-Subject-Token": "t"}),
        "token.project is missing",
    ),
    ("POST /v3/auth/tokens", LOGIN, Reply(201, {"token": {}}), "the answer has no X-Subject-Token"),
    (
        "GET /v3/auth/tokens",
        TokenValidate("t", "t", "id-of-probe"),
        Reply(200, {"token": {"user": {"id": "id-of-someone"}}}),
        "token.user.id is 'id-of-someone' instead of 'id-of-probe'",
    ),
    (
        "GET /v3/auth/tokens",
        TokenValidate("t", "t", "id-of-probe"),
        Reply(200),
        "the body of 0 bytes is not JSON",
    ),
    (
        "POST /v3/users",
        UserCreate("t", "kuh-1-a"),
        Reply(201, {"user": {"id": "1", "name": "other"}}),
        "user.name is 'other' instead of 'kuh-1-a'",
    ),
    (
        "POST /v3/users",
        UserCreate("t", "kuh-1-a"),
        Reply(201, {"user": {"name": "kuh-1-a"}}),
        "user.id is missing",
    ),
    (
        "GET /v3/users",
        UserGet("t", "1", "kuh-1-a"),
        Reply(200, {"user": {"id": "2", "name": "kuh-1-a"}}),
        "user.id is '2' instead of '1'",
    ),
    (
        "GET /v3/projects",
        ProjectList("t", PROJECT_ID),
        Reply(200, {"projects": [{"id": "other"}]}),
        "the own project is not among the 1 listed",
    ),
]


@pytest.mark.parametrize(("what", "call", "lie", "sentence"), LIES)
def test_a_right_status_about_the_wrong_thing_is_no_success(
    server: FakeKeystone, what: str, call: Call[Any], lie: Reply, sentence: str
) -> None:
    server.behave(what, answer(lie))
    result = carry_out(server, call)
    assert not result.ok
    assert (result.error, result.detail) == (Error.BAD_BODY, sentence)


def test_an_error_made_by_the_balancer_names_no_node_but_the_server_it_had_chosen(
    server: FakeKeystone,
) -> None:
    headers = {"X-Keystone-Node": "", "X-Keystone-Release": "", "X-Balancer-Server": "node2"}
    server.behave("POST /v3/auth/tokens", answer(Reply(502, None, headers)))
    result = carry_out(server, LOGIN)
    assert (result.node, result.release) == (None, None)
    assert result.detail == "502 Said So from balancer, server node2"


def test_the_request_id_and_the_token_travel_in_headers(server: FakeKeystone) -> None:
    mine = token(server)
    carry_out(server, ProjectList(mine, PROJECT_ID))
    seen = server.requests[-1]
    assert seen.headers["x-openstack-request-id"] == "req-1"
    assert seen.headers["x-auth-token"] == mine


def test_an_exchange_keeps_its_times_in_order(server: FakeKeystone) -> None:
    exchange: Exchange = Client(server.endpoint, Connection.NEW).send(LOGIN.request(), 5.0, "req-1")
    assert exchange.start_ns < exchange.end_ns


USER = {"id": "u1", "name": "kuh-1-a", "domain_id": "default", "enabled": True, "email": "a@b.example"}
PROJECT = {"id": "p1", "name": "kuh-1-p", "domain_id": "default", "enabled": True, "description": "as made"}
CREATE = UserCreate("t", "kuh-1-a", (("email", "a@b.example"),), Password(1, "first"))
UPDATE = UserUpdate("t", "u1", "kuh-1-a", (("enabled", False),))
PROJECT_CREATE = ProjectCreate("t", "kuh-1-p", "as made")
MADE_GRANT = Grant(MadeUser("u1", "kuh-1-a"), MadeProject("p1", "kuh-1-p"), RoleHeld("r1", "member"))


@pytest.mark.parametrize(
    ("call", "reply", "words"),
    [
        (CREATE, {"user": {**USER, "email": "other"}}, "user.email is 'other' instead of 'a@b.example'"),
        (CREATE, {"user": {**USER, "enabled": 1}}, "user.enabled is '1' instead of True"),
        (CREATE, {"user": {**USER, "domain_id": "x"}}, "user.domain_id is 'x' instead of 'default'"),
        (CREATE, {"user": {**USER, "id": ""}}, "user.id is not a text"),
        (
            CREATE,
            {"user": {key: USER[key] for key in ("id", "name", "domain_id")}},
            "user.enabled is missing",
        ),
        (UPDATE, {"user": USER}, "user.enabled is 'True' instead of False"),
        (UPDATE, {"user": {**USER, "id": "u2"}}, "user.id is 'u2' instead of 'u1'"),
        (
            PROJECT_CREATE,
            {"project": {**PROJECT, "description": ""}},
            "project.description is '' instead of 'as made'",
        ),
        (PROJECT_CREATE, {"user": USER}, "project is missing"),
    ],
)
def test_an_answer_that_is_not_about_what_was_asked_leaves_the_write_in_doubt(
    server: FakeKeystone, call: Call[Any], reply: Any, words: str
) -> None:
    request = call.request()
    server.behave(f"{request.method} {request.path}", answer(Reply(call.status_due, reply)))
    result = carry_out(server, call)
    assert (result.outcome, result.error, result.detail) == (Outcome.UNKNOWN, Error.BAD_BODY, words)


@pytest.mark.parametrize(
    "call",
    [
        PasswordChange("t", "u1", "kuh-1-a", Password(1, "first"), Password(2, "second")),
        RoleGrant("t", MADE_GRANT),
        RoleRevoke("t", MADE_GRANT),
        ProjectDelete("t", "p1", "kuh-1-p"),
        UserDelete("t", "u1", "kuh-1-a"),
    ],
)
@pytest.mark.parametrize(("status", "outcome"), [(200, Outcome.UNKNOWN), (404, Outcome.FAILED)])
def test_a_write_without_a_body_is_acknowledged_by_its_status_alone(
    server: FakeKeystone, call: Call[Any], status: int, outcome: Outcome
) -> None:
    request = call.request()
    server.behave(f"{request.method} {request.path}", answer(Reply(status, {})))
    assert carry_out(server, call).outcome == outcome


def test_what_a_write_asks_is_told_to_the_ledger_without_the_password() -> None:
    change = CREATE.change()
    assert (change.name, change.entity_id) == ("kuh-1-a", None)
    assert change.asked == {"enabled": True, "email": "a@b.example", "password": 1}
    assert RoleGrant("t", MADE_GRANT).change().entity_id == "u1/p1/r1"
    assert "first" not in repr(CREATE)


def test_a_ping_succeeds_only_with_the_whole_answer_of_the_reference_target() -> None:
    Ping().check(Answer(200, "OK", Headers(), REFERENCE_BODY))
    with pytest.raises(BadAnswerError, match="instead of"):
        Ping().check(Answer(200, "OK", Headers(), b"{}"))
