"""Injectors: what they do to the lab's own processes, and that it is undone; strangers are left alone."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from harness.deployment.haproxy_socket import HaproxyBalancer
from harness.deployment.local.deployment import LocalDeployment
from harness.deployment.local.faults.balancer import NoServer, forget_maintenance
from harness.deployment.local.faults.freeze import Freeze
from harness.deployment.local.faults.injection import Repeated
from harness.deployment.local.folder import LabFolder
from harness.deployment.local.processes import Processes
from harness.deployment.proof import prove_node
from harness.errors import HarnessError, StepError
from harness.evidence.clock import now_ns
from harness.evidence.journal import Journal, read_journal
from harness.evidence.names import Phase
from harness.procedure.faults import FaultSchedule
from harness.scenario.fault import FaultKind, FaultSettings

STOPPED = psutil.STATUS_STOPPED


@pytest.fixture
def folder(short_path: Path) -> LabFolder:
    folder = LabFolder(short_path / "lab")
    folder.make()
    return folder


@pytest.fixture
def processes(folder: LabFolder) -> Iterator[Processes]:
    processes = Processes(folder)
    yield processes
    processes.kill({server.name for server in processes.found()})


def eventually(seen: Callable[[], bool]) -> bool:
    until_s = time.monotonic() + 20
    while not seen() and time.monotonic() < until_s:
        time.sleep(0.005)
    return seen()


def statuses(processes: Processes, *names: str) -> set[str]:
    return {psutil.Process(each.pid).status() for each in processes.all_of(names)}


# --- freezing


def test_a_freeze_stops_a_node_with_its_workers_and_nobody_else(
    processes: Processes, folder: LabFolder
) -> None:
    sleepers = ["/bin/sh", "-c", "sleep 120 & sleep 120 & wait"]
    for name in ("node-1", "node-2"):
        processes.start(name, sleepers, log=folder.path / "log", cwd=folder.path)
    assert eventually(lambda: len(processes.all_of(["node-1"])) == 3)
    stranger = subprocess.Popen(["/bin/sleep", "120"], start_new_session=True)
    try:
        freeze = Freeze(processes, ["node-1"])
        freeze.begin()
        assert eventually(lambda: statuses(processes, "node-1") == {STOPPED})
        assert STOPPED not in statuses(processes, "node-2")
        assert psutil.Process(stranger.pid).status() != STOPPED
        freeze.end()
        assert eventually(lambda: STOPPED not in statuses(processes, "node-1"))
    finally:
        stranger.kill()
        stranger.wait()
    assert freeze.detail == {"servers": ["node-1"], "processes": 3}


def test_ending_a_freeze_twice_or_before_it_began_is_harmless(
    processes: Processes, folder: LabFolder
) -> None:
    processes.start("node-1", ["/bin/sleep", "120"], log=folder.path / "log", cwd=folder.path)
    freeze = Freeze(processes, ["node-1"])
    freeze.end()
    freeze.begin()
    freeze.end()
    freeze.end()
    assert eventually(lambda: STOPPED not in statuses(processes, "node-1"))


def test_a_node_that_does_not_run_can_not_be_frozen(processes: Processes) -> None:
    with pytest.raises(HarnessError, match="node-1 can not be frozen: it does not run"):
        Freeze(processes, ["node-1"])


# --- the others, without servers


class HalfBrokenBalancer(HaproxyBalancer):
    """Refuses the second server."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def set_state(self, node: str, state: str) -> None:
        if (node, state) == ("node-2", "maint"):
            raise StepError("HAProxy does not answer")
        self.done.append(f"{state} {node}")


def test_servers_taken_half_away_are_all_given_back() -> None:
    balancer = HalfBrokenBalancer()
    injection = NoServer(balancer, ["node-1", "node-2"])
    with pytest.raises(StepError):
        injection.begin()
    injection.end()
    assert balancer.done == ["maint node-1", "ready node-1", "ready node-2"]


def test_a_repeated_act_that_fails_is_told_when_it_is_ended() -> None:
    times: list[int] = []
    failed = threading.Event()

    def act() -> None:
        times.append(now_ns())
        if len(times) == 3:
            failed.set()
            raise HarnessError("the third time")

    repeated = Repeated(act, 0.001)
    repeated.start()
    assert failed.wait(20)
    with pytest.raises(HarnessError, match="the third time"):
        repeated.stop()
    repeated.stop()
    assert len(times) == 3


# --- a real lab


@dataclass(frozen=True)
class Anyone:
    """Whoever answers at an address, the balancer as well."""

    url: str
    workers: int = 2

    def is_running(self) -> bool:
        return True


def serves(deployment: LocalDeployment, url: str) -> bool:
    return prove_node(Anyone(url), deployment.admin, "27.1.0", 30.0).release_seen == "27.1.0"


@pytest.mark.lab
def test_all_nodes_freeze_for_the_time_asked_and_go_on_when_the_run_is_cut_short(
    deployment: LocalDeployment, short_path: Path
) -> None:
    journal = Journal(short_path / "journal.jsonl")
    common = {"kind": FaultKind.FREEZE_ALL, "phase": Phase.COOLDOWN}
    faults = [
        FaultSettings.model_validate({**common, "name": "short", "after_s": 0.3, "duration_s": 0.2}),
        FaultSettings.model_validate({**common, "name": "endless", "after_s": 1.0, "duration_s": 600}),
    ]
    schedule = FaultSchedule(faults, journal)
    names = [node.name for node in deployment.nodes]

    def interrupted() -> None:
        with schedule.armed(deployment.faults, short_path / "none"):
            schedule.phase_began(Phase.COOLDOWN)
            assert eventually(lambda: statuses(deployment.processes, *names) == {STOPPED})
            assert eventually(lambda: STOPPED not in statuses(deployment.processes, *names))
            assert eventually(lambda: statuses(deployment.processes, *names) == {STOPPED})
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert STOPPED not in statuses(deployment.processes, *names)
    assert serves(deployment, deployment.url)
    details = [event.detail for event in read_journal(short_path / "journal.jsonl").events]
    measured = {each["fault"]: each["end_ns"] - each["begin_ns"] for each in details if "end_ns" in each}
    # Never shorter than asked; how much longer is the machine's affair, and it is measured, not assumed.
    assert measured["short"] >= 200_000_000
    assert set(measured) == {"short", "endless"}


@pytest.mark.lab
@pytest.mark.parametrize(
    "kind",
    [
        FaultKind.FREEZE_NODE,
        FaultKind.BALANCER_503,
        FaultKind.RESET_CONNECTIONS,
        FaultKind.CUT_DATABASE,
        FaultKind.KILL_NODE,
        FaultKind.STOP_NODE,
        FaultKind.FREEZE_CACHE,
    ],
)
def test_a_deployment_serves_again_after_a_fault(deployment: LocalDeployment, kind: FaultKind) -> None:
    node = deployment.nodes[0]
    fault = FaultSettings(kind=kind, phase=Phase.COOLDOWN, after_s=0, duration_s=0.2, node=node.name)
    injection = deployment.faults.prepare(fault)
    begun_ns = injection.begin()
    time.sleep(0.2)
    ended_ns = injection.end()
    assert ended_ns - begun_ns >= 200_000_000
    assert all(serves(deployment, each.url) for each in deployment.nodes)
    assert eventually(lambda: all(deployment.balancer.is_up(each.name) for each in deployment.nodes))


@pytest.mark.lab
def test_the_caches_forget_and_fill_again(deployment: LocalDeployment) -> None:
    fault = FaultSettings(kind=FaultKind.FLUSH_CACHE, phase=Phase.COOLDOWN, after_s=0)
    deployment.faults.prepare(fault).begin()
    assert serves(deployment, deployment.url)


@pytest.mark.lab
def test_without_a_user_of_the_load_no_row_can_be_hit(deployment: LocalDeployment) -> None:
    fault = FaultSettings(kind=FaultKind.DELETE_USER, phase=Phase.COOLDOWN, after_s=0)
    with pytest.raises(HarnessError, match="no user of the load is older than 2 s"):
        deployment.faults.prepare(fault).begin()


@pytest.mark.lab
def test_a_running_nodes_keys_are_not_changed_under_it(deployment: LocalDeployment) -> None:
    fault = FaultSettings(kind=FaultKind.DIFFERENT_KEYS, node="node-1")
    with pytest.raises(HarnessError, match="node-1 runs and has read its keys"):
        deployment.faults.prepare(fault).begin()


def test_a_forgotten_maintenance_makes_its_node_ready_and_is_not_taken_back() -> None:
    balancer = HalfBrokenBalancer()
    injection = forget_maintenance(balancer, "node-1")
    injection.begin()
    injection.end()

    assert balancer.done == ["ready node-1"]
