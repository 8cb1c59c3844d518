"""A node is proven by a login and a policy-checked read of its own, with the right release in the answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from harness.deployment.proof import prove_node
from harness.errors import StepError, WaitTimeoutError
from harness.keystone.credentials import Credentials
from tests.keystone_double.scripted import Script, ScriptedNode

ADMIN = Credentials("admin", "pass-word", "Default", "admin", "Default")


@dataclass(frozen=True)
class Known:
    """What is known of the pretended node."""

    url: str
    workers: int = 1
    running: bool = True

    def is_running(self) -> bool:
        return self.running


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def url(script: Script) -> Iterator[str]:
    node = ScriptedNode(script)
    yield node.url
    node.close()


def test_a_node_that_logs_in_and_reads_is_proven_with_two_requests(url: str, script: Script) -> None:
    proof = prove_node(Known(url), ADMIN, "29.1.0", 20)
    assert (proof.release_seen, proof.requests) == ("29.1.0", 2)
    assert script.asked == ["POST /v3/auth/tokens", "GET /v3/users?name=admin"]
    assert script.tokens == ["token"]


def test_the_login_is_scoped_to_the_project(url: str, script: Script) -> None:
    prove_node(Known(url), ADMIN, "29.1.0", 20)
    assert json.loads(script.bodies[0])["auth"]["scope"] == {
        "project": {"name": "admin", "domain": {"name": "Default"}}
    }


def test_a_node_that_still_loads_is_asked_again(url: str, script: Script) -> None:
    script.logins = [503, 500, 201]
    assert prove_node(Known(url), ADMIN, "29.1.0", 20).requests == 4


def test_a_refused_policy_check_is_not_a_proof(url: str, script: Script) -> None:
    script.reads = [403]
    with pytest.raises(WaitTimeoutError) as late:
        prove_node(Known(url), ADMIN, "29.1.0", 0.1)
    assert late.value.last_seen == "the read of users was answered 403 by release 29.1.0"


def test_the_old_release_is_not_a_proof_however_well_it_serves(url: str, script: Script) -> None:
    script.releases = ["27.1.0"]
    with pytest.raises(WaitTimeoutError) as late:
        prove_node(Known(url), ADMIN, "29.1.0", 0.1)
    assert late.value.last_seen == "release 27.1.0 answered the login"


def test_a_release_that_changes_between_login_and_read_is_not_a_proof(url: str, script: Script) -> None:
    script.releases = ["29.1.0", "27.1.0"]
    with pytest.raises(WaitTimeoutError) as late:
        prove_node(Known(url), ADMIN, "29.1.0", 0.1)
    assert "release 27.1.0 answered the" in late.value.last_seen


def test_a_login_without_a_token_is_not_a_proof(url: str, script: Script) -> None:
    script.token = None
    with pytest.raises(WaitTimeoutError) as late:
        prove_node(Known(url), ADMIN, "29.1.0", 0.1)
    assert late.value.last_seen == "the login was answered 201 without a token"


def test_a_node_that_refuses_connections_is_named_with_the_reason() -> None:
    with pytest.raises(WaitTimeoutError) as late:
        prove_node(Known("http://127.0.0.1:1"), ADMIN, "29.1.0", 0.1)
    assert late.value.label == "http://127.0.0.1:1 to serve Keystone 29.1.0 by itself"
    assert "Connection refused" in late.value.last_seen


def test_nobody_waits_for_a_server_that_has_ended() -> None:
    with pytest.raises(StepError) as dead:
        prove_node(Known("http://127.0.0.1:1", running=False), ADMIN, "29.1.0", 600)
    assert str(dead.value) == "the server behind 127.0.0.1:1 ended by itself before it had served"


def test_a_proxy_of_the_person_is_not_used(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert prove_node(Known(url), ADMIN, "29.1.0", 20).requests == 2


def test_a_node_is_proven_once_each_of_its_workers_has_answered_a_policy_checked_read(
    url: str, script: Script
) -> None:
    # Login and read by turns: the first worker alone, then both at once.
    script.workers = ["1", "1", "1", "1", "1", "2", "2"]
    proof = prove_node(Known(url, workers=2), ADMIN, "29.1.0", 20)
    assert proof.requests >= 6
    assert script.asked.count("GET /v3/users?name=admin") == proof.requests / 2


def test_a_worker_that_never_answers_is_missed(url: str) -> None:
    with pytest.raises(WaitTimeoutError) as late:
        prove_node(Known(url, workers=3), ADMIN, "29.1.0", 0.5)
    assert late.value.last_seen == "2 of its 3 workers have not answered yet"


def test_a_second_worker_of_the_old_release_is_not_a_proof(url: str, script: Script) -> None:
    script.releases = ["29.1.0", "29.1.0", "27.1.0"]
    with pytest.raises(WaitTimeoutError) as late:
        prove_node(Known(url, workers=2), ADMIN, "29.1.0", 0.5)
    assert late.value.last_seen == "release 27.1.0 answered the login"
