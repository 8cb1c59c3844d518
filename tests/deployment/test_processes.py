"""Processes of a lab: recorded before they run, ended by that record and no other."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from harness.deployment.local.folder import LabFolder
from harness.deployment.local.identity import ProcessIdentity
from harness.deployment.local.processes import Processes, Server, tail
from harness.errors import HarnessError, WaitTimeoutError

SLEEP = ["/bin/sleep", "120"]


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


@pytest.fixture
def stranger() -> Iterator[psutil.Process]:
    """A process that has nothing to do with any lab."""
    popen = subprocess.Popen(SLEEP, start_new_session=True)
    yield psutil.Process(popen.pid)
    popen.kill()
    popen.wait()


def start(processes: Processes, folder: LabFolder, argv: list[str], name: str = "server") -> Server:
    return processes.start(name, argv, log=folder.path / f"{name}.log", cwd=folder.path)


def eventually(seen: Callable[[], bool]) -> bool:
    until = time.monotonic() + 20
    while not seen() and time.monotonic() < until:
        time.sleep(0.01)
    return seen()


def test_a_started_process_is_on_the_disk_by_pid_and_start_time(
    processes: Processes, folder: LabFolder
) -> None:
    server = start(processes, folder, SLEEP)
    assert Processes(folder).found() == [server]
    assert server.identity == ProcessIdentity.of(server.identity.pid)
    assert processes.is_running("server")


def test_a_process_leads_a_session_of_its_own_so_that_ctrl_c_does_not_reach_it(
    processes: Processes, folder: LabFolder
) -> None:
    server = start(processes, folder, SLEEP)
    assert os.getsid(server.identity.pid) == server.identity.pid


def test_without_a_record_nothing_runs(processes: Processes, folder: LabFolder) -> None:
    folder.processes.rmdir()
    with pytest.raises(HarnessError, match="server could not be started"):
        start(processes, folder, ["/bin/sh", "-c", "touch ran"])
    assert not (folder.path / "ran").exists()


def test_a_program_that_does_not_exist_is_an_error_or_a_server_that_does_not_run(
    processes: Processes, folder: LabFolder
) -> None:
    try:
        start(processes, folder, ["/does/not/exist"])
    except HarnessError as error:
        assert "could not be started" in str(error)  # noqa: PT017 - either is right, by who is faster
    assert eventually(lambda: not processes.is_running("server"))
    assert "/does/not/exist" in tail(folder.path / "server.log")


def test_a_process_ended_by_its_record_is_gone_with_the_record(
    processes: Processes, folder: LabFolder
) -> None:
    server = start(processes, folder, SLEEP)
    processes.end(["server"], 20)
    assert not psutil.pid_exists(server.identity.pid)
    assert processes.found() == []


def test_only_the_named_servers_are_ended(processes: Processes, folder: LabFolder) -> None:
    start(processes, folder, SLEEP, "node-1")
    start(processes, folder, SLEEP, "node-11")
    processes.end(["node-1"], 20)
    assert not processes.is_running("node-1")
    assert processes.is_running("node-11")


def test_a_process_that_ignores_term_is_killed(processes: Processes, folder: LabFolder) -> None:
    server = start(processes, folder, ["/bin/sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.1; done"])
    assert eventually(lambda: tail(folder.path / "server.log") == "up")
    processes.end(["server"], 0.3)
    assert not psutil.pid_exists(server.identity.pid)


def test_workers_of_a_killed_master_are_ended_too(processes: Processes, folder: LabFolder) -> None:
    server = start(processes, folder, ["/bin/sh", "-c", "sleep 120 & sleep 120 & wait"])
    assert eventually(lambda: len(processes.members(server)) == 3)
    workers = processes.members(server)
    os.kill(server.identity.pid, signal.SIGKILL)
    assert eventually(lambda: not server.identity.is_alive())
    assert processes.is_running("server")
    processes.end(["server"], 20)
    assert not any(worker.is_alive() for worker in workers)


def test_a_pid_that_belongs_to_somebody_else_by_now_is_left_alone(
    processes: Processes, folder: LabFolder, stranger: psutil.Process
) -> None:
    fields = Path(f"/proc/{stranger.pid}/stat").read_text().split()
    fields[21] = str(int(fields[21]) - 1)  # the record is of a process that started earlier
    (folder.processes / "server-1").write_text(" ".join(fields))
    assert [server.identity.pid for server in processes.found()] == [stranger.pid]
    processes.end(["server"], 1)
    processes.kill(["server"])
    assert stranger.is_running()
    assert processes.found() == []


def test_a_torn_record_names_nobody(
    processes: Processes, folder: LabFolder, stranger: psutil.Process
) -> None:
    (folder.processes / "server-1").write_text(f"{stranger.pid} (sle")
    processes.end(["server"], 1)
    assert stranger.is_running()


def test_a_server_that_ignores_its_signal_is_named_with_its_pid_and_goes_on(
    processes: Processes, folder: LabFolder
) -> None:
    server = start(processes, folder, SLEEP)
    with pytest.raises(WaitTimeoutError) as late:
        processes.stop("server", signal.SIGCONT, 0.1)
    assert str(late.value) == (
        f"waited 0.1 s for server to end; last seen: still running: pid [{server.identity.pid}]"
    )
    assert processes.is_running("server")


def test_a_signal_to_stop_goes_to_the_leader_and_the_wait_is_for_the_workers_too(
    processes: Processes, folder: LabFolder
) -> None:
    script = "trap 'exit 0' TERM; sleep 120 & echo $!; while :; do sleep 0.05; done"
    server = start(processes, folder, ["/bin/sh", "-c", script])
    assert eventually(lambda: tail(folder.path / "server.log").isdigit())
    worker = ProcessIdentity.of(int(tail(folder.path / "server.log")))
    assert worker is not None
    with pytest.raises(WaitTimeoutError, match=f"{worker.pid}"):
        processes.stop("server", signal.SIGTERM, 1)
    assert not server.identity.is_alive()
    assert worker.is_alive()


def test_the_exit_code_of_a_command_is_not_lost_to_somebody_who_looks(
    processes: Processes, folder: LabFolder
) -> None:
    looking = threading.Event()

    def look() -> None:
        while not looking.is_set():
            for server in processes.found():
                processes.members(server)

    looker = threading.Thread(target=look)
    looker.start()
    try:
        codes = [
            processes.run(
                "fails", ["/bin/sh", "-c", "exit 3"], log=folder.path / "log", cwd=folder.path, deadline_s=20
            ).exit_code
            for _ in range(20)
        ]
    finally:
        looking.set()
        looker.join()
    assert codes == [3] * 20


def test_a_command_says_how_it_ended_and_leaves_no_record(processes: Processes, folder: LabFolder) -> None:
    log = folder.path / "command.log"
    ended = processes.run(
        "command", ["/bin/sh", "-c", "echo said; exit 3"], log=log, cwd=folder.path, deadline_s=20
    )
    assert ended.exit_code == 3
    assert log.read_text() == "said\n"
    assert log.stat().st_mode & 0o777 == 0o600
    assert processes.found() == []


def test_a_command_over_its_deadline_is_ended_with_what_it_started(
    processes: Processes, folder: LabFolder
) -> None:
    log = folder.path / "command.log"
    with pytest.raises(WaitTimeoutError, match="for the command slow to end"):
        processes.run(
            "slow", ["/bin/sh", "-c", "sleep 120 & echo $!; wait"], log=log, cwd=folder.path, deadline_s=1
        )
    worker = int(log.read_text())
    assert eventually(lambda: ProcessIdentity.of(worker) is None)
    assert processes.found() == []


def test_processes_see_nothing_of_the_persons_own_settings(
    processes: Processes, folder: LabFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OS_PASSWORD", "of-another-cloud")
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    log = folder.path / "command.log"
    processes.run("command", ["/usr/bin/env"], log=log, cwd=folder.path, deadline_s=20, env={"MORE": "1"})
    names = {line.partition("=")[0] for line in log.read_text().splitlines()}
    assert names - {"PWD", "_", "SHLVL", "OLDPWD"} == {"PATH", "HOME", "TMPDIR", "LANG", "TZ", "MORE"}
    assert f"HOME={folder.temporary}" in log.read_text()


def test_files_that_a_process_makes_are_closed_to_others(processes: Processes, folder: LabFolder) -> None:
    log = folder.path / "command.log"
    processes.run("command", ["/bin/sh", "-c", ">made"], log=log, cwd=folder.path, deadline_s=20)
    assert (folder.path / "made").stat().st_mode & 0o777 == 0o600


def test_a_program_with_spaces_and_parentheses_in_its_name_is_told_by_its_start_time() -> None:
    stat = "4321 (od) d (name) S 1 4321 4321 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 987654 0 0"
    assert ProcessIdentity.parse(stat) == ProcessIdentity(4321, 987654)


def test_a_zombie_is_not_alive() -> None:
    popen = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, popen.pid, os.WEXITED | os.WNOWAIT)
    assert ProcessIdentity.of(popen.pid) is None
    popen.wait()


def test_a_process_whose_first_thread_has_ended_lives_while_another_does() -> None:
    script = """
import ctypes, sys, threading
threading.Thread(target=sys.stdin.read).start()
ctypes.CDLL(None).pthread_exit(None)
"""
    popen = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE)
    stat = Path(f"/proc/{popen.pid}/stat")
    try:
        assert eventually(lambda: stat.read_text().rpartition(")")[2].split()[0] == "Z")
        assert ProcessIdentity.of(popen.pid) is not None
    finally:
        popen.kill()
        popen.communicate()
    assert ProcessIdentity.of(popen.pid) is None


def test_a_sealed_lab_starts_nothing_more_and_still_knows_what_runs(
    processes: Processes, folder: LabFolder
) -> None:
    server = start(processes, folder, SLEEP, "before")
    processes.seal()
    with pytest.raises(HarnessError, match="after could not be started"):
        start(processes, folder, ["/bin/sh", "-c", "touch ran"], "after")
    assert [found.identity for found in Processes(folder).found()] == [server.identity]
    assert not (folder.path / "ran").exists()
    processes.seal()  # going down a second time, after an interruption
    processes.end(["before"], 20)
    assert not server.identity.is_alive()
