"""Which servers ended though nobody here ended them, and how."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

from harness.deployment.local.folder import LabFolder
from harness.deployment.local.processes import Fallen, Processes
from tests.deployment.test_processes import SLEEP, eventually, folder, processes, start

__all__ = ["folder", "processes"]


def test_one_that_was_killed_from_outside_has_fallen_and_the_signal_is_known(
    processes: Processes, folder: LabFolder
) -> None:
    server = start(processes, folder, SLEEP)
    assert processes.fallen() == []
    os.kill(server.identity.pid, signal.SIGKILL)
    assert eventually(lambda: bool(processes.fallen()))
    assert processes.fallen() == [Fallen("server", signal.SIGKILL)]


def test_one_that_ended_by_itself_has_fallen_with_its_status(processes: Processes, folder: LabFolder) -> None:
    start(processes, folder, ["/bin/sh", "-c", "exit 7"])
    assert eventually(lambda: bool(processes.fallen()))
    (fallen,) = processes.fallen()
    assert os.waitstatus_to_exitcode(fallen.wait_status or 0) == 7


def test_who_was_ended_here_has_not_fallen(processes: Processes, folder: LabFolder) -> None:
    for name in ("stopped", "ended", "killed"):
        start(processes, folder, SLEEP, name)
    processes.stop("stopped", signal.SIGTERM, 20)
    processes.end(["ended"], 20)
    processes.kill(["killed"])
    assert processes.fallen() == []


def test_one_that_had_fallen_before_it_was_to_be_ended_is_not_forgotten(
    processes: Processes, folder: LabFolder
) -> None:
    server = start(processes, folder, SLEEP)
    os.kill(server.identity.pid, signal.SIGKILL)
    assert eventually(lambda: not server.identity.is_alive())
    processes.stop("server", signal.SIGTERM, 20)
    assert processes.found() == []
    assert [fallen.name for fallen in processes.fallen()] == ["server"]


def test_a_command_that_ends_is_no_server(processes: Processes, folder: LabFolder, tmp_path: Path) -> None:
    """Its record is there until it has been waited for."""
    seen: list[Fallen] = []
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            seen.extend(processes.fallen())

    looker = threading.Thread(target=look)
    looker.start()
    for _ in range(20):
        processes.run("command", ["/bin/false"], log=tmp_path / "log", cwd=tmp_path, deadline_s=20)
    for _ in range(20):
        start(processes, folder, SLEEP)
        processes.kill(["server"])
    over.set()
    looker.join()
    assert seen == []


def test_a_server_of_another_process_is_left_to_that_one(processes: Processes, folder: LabFolder) -> None:
    server = start(processes, folder, SLEEP)
    os.kill(server.identity.pid, signal.SIGKILL)
    assert eventually(lambda: not server.identity.is_alive())
    assert Processes(folder).fallen() == []


def test_a_server_is_to_run_until_it_is_to_be_ended_here(processes: Processes, folder: LabFolder) -> None:
    assert not processes.is_to_run("server")
    server = start(processes, folder, SLEEP)
    assert processes.is_to_run("server")
    assert not Processes(folder).is_to_run("server")
    os.kill(server.identity.pid, signal.SIGKILL)
    assert processes.is_to_run("server")
    processes.kill(["server"])
    assert not processes.is_to_run("server")
