"""Faults of the machine, tried for real: what the run says of each, what it ends with, and what it leaves.

`make faults` runs them and prints a table; a few minutes each.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import pytest

from tests.command import ROOT
from tests.machine import SHORT, HarmedRun

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1200)]

NOBODY = 65534
_rows: list[str] = []


@pytest.fixture(scope="module", autouse=True)
def _table(request: pytest.FixtureRequest) -> Iterator[None]:
    """Print what was found of each fault when all have been tried."""
    yield
    head = ("", "| fault | verdict | exit status | sentence | left running |", "|---|---|---|---|---|")
    capturing = request.config.pluginmanager.get_plugin("capturemanager")
    with capturing.global_and_fixture_disabled() if capturing is not None else nullcontext():
        print(*head, *_rows, sep="\n")


def _row(fault: str, run: HarmedRun, status: int) -> None:
    verdict, headline = run.verdict.get("verdict", "none"), run.verdict.get("headline", "")
    said = headline or run.last_words
    _rows.append(f"| {fault} | {verdict} | {status} | {said} | {'; '.join(run.left_running) or 'nothing'} |")
    print(_rows[-1])


def _ended(fault: str, run: HarmedRun) -> int:
    """End it, put it into the table, and hold it to what every run owes."""
    status = run.end()
    _row(fault, run, status)
    assert run.left_running == []
    assert "Traceback" not in run.output.read_text(encoding="utf-8")
    return status


# --- a server is killed

DEATHS = [
    ("mariadb", "baseline", "observe"),
    ("mariadb", "expand", "db_sync"),
    ("mariadb", "roll", "settle"),
    ("haproxy", "roll", "settle"),
    ("memcached", "roll", "settle"),
    ("node-2", "roll", "drain"),
    ("a worker of node-2", "roll", "drain"),
]


@pytest.mark.parametrize(("server", "phase", "step"), DEATHS, ids=lambda each: each)
def test_a_server_that_was_killed_is_no_failed_upgrade(
    tmp_path: Path, server: str, phase: str, step: str
) -> None:
    run = HarmedRun(tmp_path)
    run.wait_for(phase, step)
    run.send(server, signal.SIGKILL)
    status = _ended(f"{server} killed in {phase} at {step}", run)

    assert (run.verdict["verdict"], status) == ("INCONCLUSIVE", 3)
    assert run.verdict["headline"].startswith(f"Not proven: {server}")
    assert "was ended by SIGKILL" in run.verdict["headline"]
    assert run.last_words.endswith(f"(see logs/{_log(run, server)}.log)")


def _log(run: HarmedRun, server: str) -> str:
    """There are two of memcached."""
    assert run.folder is not None
    name = server.removeprefix("a worker of ")
    return next(path.stem for path in sorted((run.folder / "logs").glob(f"{name}*.log")))


# --- a generator is killed, or held up


@pytest.mark.parametrize("generator", ["probes", "load"])
def test_a_generator_that_was_killed_is_an_error_of_the_harness(tmp_path: Path, generator: str) -> None:
    run = HarmedRun(tmp_path)
    run.wait_for("roll", "settle")
    run.send(generator, signal.SIGKILL)
    status = _ended(f"{generator} killed in roll", run)

    assert (run.verdict["verdict"], status) == ("INCONCLUSIVE", 4)
    assert f"the {generator} generator ended in the middle of the run" in run.last_words


@pytest.mark.parametrize("part", ["probes", "load", "*"])
def test_nothing_that_was_suspended_is_charged_to_keystone(tmp_path: Path, part: str) -> None:
    run = HarmedRun(tmp_path)
    run.wait_for("roll", "settle")
    run.suspend([part], 5.0)
    status = _ended(f"{'the whole run' if part == '*' else part} suspended for 5 s in roll", run)

    due = {"INCONCLUSIVE"} if part != "load" else {"INCONCLUSIVE", "PASS"}
    assert run.verdict["verdict"] in due
    assert status == run.verdict["exit_code"]


# --- a machine that is small, shared, or not root's


def test_too_few_open_files_are_refused_before_anything_is_started(tmp_path: Path) -> None:
    few = partial(resource.setrlimit, resource.RLIMIT_NOFILE, (64, 64))
    run = HarmedRun(tmp_path, before=few)
    status = _ended("64 open files at most", run)
    assert (status, run.folder) == (2, None)
    assert run.last_words.startswith("harness: 64 files may be open at most")


@pytest.mark.parametrize("where", ["one checkout", "two checkouts"])
def test_two_runs_at_once_do_each_other_no_harm(tmp_path: Path, where: str) -> None:
    other = ROOT
    if where == "two checkouts":
        other = tmp_path / "other"
        subprocess.run(["git", "clone", "--quiet", "--shared", str(ROOT), str(other)], check=True)  # noqa: S607
    first = HarmedRun(tmp_path / "first")
    second = HarmedRun(tmp_path / "second", cwd=other)
    for name, run in (("first", first), ("second", second)):
        status = _ended(f"two runs at once in {where}, the {name}", run)
        assert run.verdict["verdict"] in ("PASS", "INCONCLUSIVE")
        assert status == run.verdict["exit_code"]


def test_an_ordinary_user_has_a_whole_run(tmp_path: Path, short_path: Path) -> None:
    run = HarmedRun(tmp_path) if os.geteuid() else _as_nobody(tmp_path, short_path)
    status = _ended("a whole run as an ordinary user", run)
    assert run.verdict["verdict"] in ("PASS", "INCONCLUSIVE")
    assert status == run.verdict["exit_code"]


def _as_nobody(folder: Path, home: Path) -> HarmedRun:
    """By another user, with a home of its own and the releases that are there."""
    from harness.releases.prepare import default_home

    try:
        subprocess.run([sys.executable, "-c", ""], user=NOBODY, group=NOBODY, extra_groups=[], check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("nobody but root may read the interpreter")
    for above in (*folder.parents, *home.parents):
        above.chmod(above.stat().st_mode | 0o011)
    (home / "releases").symlink_to(default_home() / "releases")
    for path in (folder, home):
        os.chown(path, NOBODY, NOBODY)
    return HarmedRun(folder, more={"HARNESS_HOME": str(home), "HOME": str(home)}, before=_become_nobody)


def _become_nobody() -> None:
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


# --- the wall clock is set


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
@pytest.mark.parametrize("by_s", [3600, -3600])
def test_a_wall_clock_that_is_set_changes_no_verdict(tmp_path: Path, by_s: int) -> None:
    """Of the harness and its generators alone: the servers have an environment of their own."""
    shim, clock = tmp_path / "wall_clock.so", tmp_path / "clock"
    source = str(ROOT / "tests" / "wall_clock.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", str(shim), source], check=True)  # noqa: S607
    clock.write_text("0")
    run = HarmedRun(
        tmp_path / "run",
        # Real clients hold their tokens against the clock.
        sets=(*SHORT, "load.client_users=1"),
        more={"LD_PRELOAD": str(shim), "WALL_CLOCK_FILE": str(clock)},
    )
    run.wait_for("preflight", "backup")
    clock.write_text(f"{by_s}")
    status = _ended(f"the wall clock set by {by_s:+d} s in preflight", run)
    assert run.verdict["verdict"] in ("PASS", "INCONCLUSIVE")
    assert status == run.verdict["exit_code"]
