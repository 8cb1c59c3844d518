"""What HAProxy's counters say of a node, read from a pretended admin socket."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.deployment.haproxy_socket import HaproxyBalancer
from harness.errors import StepError

HEADER = "# pxname,svname,qcur,scur,stot,econ,status,check_status,"


class HAProxy(socketserver.ThreadingUnixStreamServer):
    """Answers each command with what the test put there."""

    daemon_threads = True
    answers: dict[str, str]
    asked: list[str]


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        command = self.rfile.readline().decode().strip()
        assert isinstance(self.server, HAProxy)
        self.server.asked.append(command)
        self.wfile.write(self.server.answers.get(command, "\n").encode())


@pytest.fixture
def haproxy(short_path: Path) -> Iterator[HAProxy]:
    server = HAProxy(str(short_path / "lb.sock"), _Handler)
    server.answers, server.asked = {}, []
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def balancer(haproxy: HAProxy) -> HaproxyBalancer:
    return HaproxyBalancer(Path(str(haproxy.server_address)), "keystone")


def tell(haproxy: HAProxy, *rows: str) -> None:
    haproxy.answers["show stat"] = "\n".join([HEADER, *rows]) + "\n\n"


@pytest.mark.parametrize(
    ("row", "up"),
    [
        ("keystone,node-1,0,0,5,0,UP,L7OK,", True),
        ("keystone,node-1,0,0,5,0,UP,* L7OK,", True),
        ("keystone,node-1,0,0,0,0,UP,INI,", False),  # HAProxy has just started and checked nothing
        ("keystone,node-1,0,0,5,0,UP 1/5,L7OK,", False),  # out of maint: it gets sessions, but unchecked
        ("keystone,node-1,0,0,5,0,UP 4/5,L4CON,", False),
        ("keystone,node-1,0,0,5,0,DOWN 1/2,L7OK,", False),
        ("keystone,node-1,0,0,5,0,DRAIN,L7OK,", False),
        ("keystone,node-1,0,0,5,0,MAINT,,", False),
        ("keystone,node-1,0,0,5,0,no check,,", False),
    ],
)
def test_a_node_is_up_when_it_gets_sessions_and_its_check_has_passed(
    haproxy: HAProxy, balancer: HaproxyBalancer, row: str, up: bool
) -> None:
    tell(haproxy, row)
    assert balancer.is_up("node-1") is up


def test_sessions_are_those_with_the_node_and_those_that_queue_for_it(
    haproxy: HAProxy, balancer: HaproxyBalancer
) -> None:
    tell(haproxy, "keystone,node-1,2,3,5,0,DRAIN,L7OK,")
    assert balancer.sessions("node-1") == 5


def test_counters_are_numbers_and_words_per_server_frontend_and_backend(
    haproxy: HAProxy, balancer: HaproxyBalancer
) -> None:
    tell(
        haproxy,
        "public,FRONTEND,,1,7,,OPEN,,",
        "keystone,node-1,0,0,7,2,UP,L7OK,",
        "keystone,BACKEND,0,0,7,2,UP,,",
    )
    counters = balancer.counters()
    assert set(counters) == {"FRONTEND", "node-1", "BACKEND"}
    assert (counters["node-1"]["econ"], counters["node-1"]["status"]) == (2, "UP")
    assert counters["FRONTEND"]["stot"] == 7


def test_a_state_is_set_in_haproxys_own_words(haproxy: HAProxy, balancer: HaproxyBalancer) -> None:
    balancer.set_state("node-1", "drain")
    assert haproxy.asked == ["set server keystone/node-1 state drain"]


def test_an_objection_of_haproxy_is_an_error(haproxy: HAProxy, balancer: HaproxyBalancer) -> None:
    haproxy.answers["set server keystone/node-9 state ready"] = "No such server.\n\n"
    with pytest.raises(StepError) as refused:
        balancer.set_state("node-9", "ready")
    assert str(refused.value) == "HAProxy did not put node-9 into ready: No such server."


def test_an_unknown_state_does_not_reach_haproxy(haproxy: HAProxy, balancer: HaproxyBalancer) -> None:
    with pytest.raises(StepError, match="the balancer knows the states drain, maint, ready, not 'off'"):
        balancer.set_state("node-1", "off")
    assert haproxy.asked == []


def test_an_unknown_node_is_an_error_with_those_there_are(
    haproxy: HAProxy, balancer: HaproxyBalancer
) -> None:
    tell(haproxy, "keystone,node-1,0,0,5,0,UP,L7OK,")
    with pytest.raises(StepError) as refused:
        balancer.is_up("node-2")
    assert str(refused.value) == "HAProxy knows no server node-2; it knows node-1"


def test_a_dead_haproxy_is_an_error_that_names_the_question(short_path: Path) -> None:
    with pytest.raises(StepError, match="HAProxy does not answer 'show stat' on its admin socket"):
        HaproxyBalancer(short_path / "nobody.sock", "keystone").counters()
