"""What a dead harness left is cleared; what a living one runs, or somebody keeps, is left alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.deployment.local.folder import LabFolder
from harness.deployment.local.identity import ProcessIdentity, current, machine
from harness.deployment.local.lab import attach, clear_leftovers, need_not_owned, status
from harness.deployment.local.passwords import Passwords
from harness.deployment.local.processes import Processes
from harness.deployment.local.record import LabRecord, NodePort, Standing
from harness.errors import UsageError

SLEEP = ["/bin/sleep", "120"]
RECORD = LabRecord(
    id="abc123",
    owner=None,
    machine=machine(),
    started="2026-01-01T00:00:00+00:00",
    release="27.1.0",
    port=20000,
    database_port=20001,
    nodes=(NodePort("node-1", 20002),),
    threads=4,
    password_hash_rounds=4,
    logs="/logs",
)
ELSEWHERE = "another-boot/pid:[1]"


@pytest.fixture
def folder(short_path: Path) -> Iterator[LabFolder]:
    """A lab with one process."""
    folder = LabFolder(short_path / "labs" / "abc123")
    folder.make()
    Passwords.new().write(folder.secrets)
    processes = Processes(folder)
    server = processes.start("node-1", SLEEP, log=short_path / "log", cwd=folder.path)
    yield folder
    if server.identity.is_alive():
        os.kill(server.identity.pid, signal.SIGKILL)


def dead_owner() -> ProcessIdentity:
    popen = subprocess.Popen(SLEEP)
    identity = ProcessIdentity.of(popen.pid)
    popen.kill()
    popen.wait()
    assert identity is not None
    return identity


def is_running(folder: LabFolder) -> bool:
    return Processes(folder).is_running("node-1")


def test_a_dead_harness_leaves_a_lab_that_is_ended_removed_and_told_of(
    short_path: Path, folder: LabFolder
) -> None:
    owner = dead_owner()
    replace(RECORD, owner=owner).write(folder)
    process = Processes(folder).found()[0].identity
    assert clear_leftovers(short_path) == [
        f"Cleared lab abc123, left by a harness (pid {owner.pid}) that no longer runs: ended node-1; "
        "removed its folder."
    ]
    assert not process.is_alive()
    assert not folder.path.exists()


def test_what_was_cleared_is_not_cleared_again(short_path: Path, folder: LabFolder) -> None:
    replace(RECORD, owner=dead_owner()).write(folder)
    clear_leftovers(short_path)
    assert clear_leftovers(short_path) == []


def test_the_lab_of_a_living_harness_is_left_alone(short_path: Path, folder: LabFolder) -> None:
    replace(RECORD, owner=current()).write(folder)
    assert clear_leftovers(short_path) == []
    assert is_running(folder)


def test_a_pid_that_somebody_else_has_by_now_is_not_a_living_harness(
    short_path: Path, folder: LabFolder
) -> None:
    earlier = replace(current(), start_ticks=current().start_ticks - 1)
    replace(RECORD, owner=earlier).write(folder)
    assert len(clear_leftovers(short_path)) == 1
    assert not is_running(folder)


def test_a_kept_lab_is_left_alone(short_path: Path, folder: LabFolder) -> None:
    RECORD.write(folder)
    assert clear_leftovers(short_path) == []
    assert is_running(folder)


def test_the_lab_of_another_container_is_left_alone(short_path: Path, folder: LabFolder) -> None:
    boot = machine().partition("/")[0]
    replace(RECORD, owner=dead_owner(), machine=f"{boot}/pid:[1]").write(folder)
    assert clear_leftovers(short_path) == []
    assert is_running(folder)


def test_after_a_restart_of_the_machine_the_folder_goes_but_no_process_is_touched(
    short_path: Path, folder: LabFolder
) -> None:
    identity = Processes(folder).found()[0].identity  # the same pid belongs to somebody else after a restart
    replace(RECORD, machine=ELSEWHERE).write(folder)
    assert clear_leftovers(short_path) == [
        "Removed the folder of lab abc123, which did not survive its harness or the machine."
    ]
    assert identity.is_alive()
    assert not folder.path.exists()


def test_a_folder_whose_harness_died_before_it_wrote_its_record_is_removed(short_path: Path) -> None:
    (short_path / "labs" / "abc123").mkdir(parents=True)
    assert clear_leftovers(short_path) == [
        "Removed the folder of lab abc123, which did not survive its harness or the machine."
    ]


def test_where_there_never_was_a_lab_there_is_nothing_to_clear(short_path: Path) -> None:
    assert clear_leftovers(short_path) == []
    assert status(short_path) == []


@pytest.mark.process
def test_a_harness_killed_in_mid_air_leaves_nothing_behind_once_it_is_cleared(short_path: Path) -> None:
    script = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
from harness.deployment.local.folder import LabFolder
from harness.deployment.local.identity import current
from harness.deployment.local.processes import Processes
from tests.deployment.test_leftovers import RECORD
home = Path(sys.argv[1])
folder = LabFolder(home / "labs" / "abc123")
folder.make()
replace(RECORD, owner=current()).write(folder)
command = ["/bin/sh", "-c", "sleep 120 & echo $!; echo $$; wait"]
Processes(folder).start("node-1", command, log=home / "log", cwd=folder.path)
while (home / "log").read_text().count("\\n") < 2:
    pass
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", script, str(short_path)], timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    started = [int(pid) for pid in (short_path / "log").read_text().split()]
    assert all(ProcessIdentity.of(pid) for pid in started)
    assert len(clear_leftovers(short_path)) == 1
    assert not any(ProcessIdentity.of(pid) for pid in started)


def test_status_lists_a_lab_with_its_owner_and_what_runs(short_path: Path, folder: LabFolder) -> None:
    replace(RECORD, owner=current()).write(folder)
    (found,) = status(short_path)
    assert (found.id, found.standing, found.owner_pid) == ("abc123", Standing.LIVE, os.getpid())
    assert (found.url, found.running) == ("http://127.0.0.1:20000", ("node-1",))


def test_a_kept_lab_can_be_taken_down_by_whoever_attaches(short_path: Path, folder: LabFolder) -> None:
    RECORD.write(folder)
    deployment = attach(short_path, "abc123")
    need_not_owned(deployment)
    assert deployment.down() == ["node-1"]
    assert status(short_path) == []
    assert deployment.down() == []


def test_the_lab_of_a_living_harness_is_not_taken_from_under_it(short_path: Path, folder: LabFolder) -> None:
    init = ProcessIdentity.of(1)
    assert init is not None
    replace(RECORD, owner=init).write(folder)
    with pytest.raises(UsageError) as refused:
        need_not_owned(attach(short_path, "abc123"))
    assert str(refused.value) == ("lab abc123 belongs to a harness that still runs (pid 1); end that instead")


def test_an_unknown_lab_is_refused_with_those_there_are(short_path: Path, folder: LabFolder) -> None:
    RECORD.write(folder)
    with pytest.raises(UsageError) as refused:
        attach(short_path, "ffffff")
    assert str(refused.value) == "there is no lab ffffff; there are: abc123"


def test_a_record_comes_back_as_it_was_written_and_a_torn_one_not_at_all(folder: LabFolder) -> None:
    record = replace(RECORD, owner=current())
    record.write(folder)
    assert LabRecord.read(folder.record) == record
    folder.record.write_text(folder.record.read_text()[:40])
    assert LabRecord.read(folder.record) is None
