"""Real runs that are killed or told to end: judged by nobody's latency, so others may go on beside them."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.command import harness, start_harness
from tests.real_run import Run, nothing_runs_from, wait_for_footers, wait_for_step

pytestmark = [pytest.mark.lab, pytest.mark.timeout(400)]

QUICK = (
    *("--set", "deployment.nodes=2", "--set", "load.users=1"),
    *("--set", "procedure.baseline_s=5", "--set", "procedure.stop_on_bad_baseline=false"),
    *("--set", "procedure.backup=false", "--set", "continuity.enabled=false"),
)
"""What makes the way to the roll short, on a machine that is busy with other tests."""


class Killed(NamedTuple):
    """A run, and the pid that its harness had."""

    run: Run
    pid: int


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Killed:
    """A run whose harness was killed in the middle of the roll; its servers go on."""
    out = tmp_path_factory.mktemp("killed")
    process = start_harness("run", "drained", *QUICK, "--out", str(out / "out"), output=out / "output")
    wait_for_step(out / "out", "switch", process.pid)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(10)
    return Killed(Run(out / "out"), process.pid)


def test_a_killed_harness_leaves_a_run_that_can_be_judged(killed: Killed) -> None:
    wait_for_footers(killed.run)
    done = harness("judge", str(killed.run.path))
    assert done.returncode == 3, done.stdout + done.stderr
    assert killed.run.question("procedure")["findings"][0]["sentence"].startswith(
        "The harness died in phase roll, at step "
    )


def test_the_next_run_clears_what_a_killed_one_left_and_terminated_stops_everything_it_started(
    killed: Killed, tmp_path: Path
) -> None:
    output = tmp_path / "output"
    process = start_harness("run", "drained", *QUICK, "--out", str(tmp_path / "out"), output=output)
    wait_for_step(tmp_path / "out", "observe", process.pid)
    process.terminate()
    assert process.wait(90) == 3, output.read_text(encoding="utf-8")
    run = Run(tmp_path / "out")

    cleared = next(e for e in run.journal if e["step"] == "clear_leftovers" and e["edge"] == "end")
    assert [line for line in cleared["detail"]["cleared"] if f"(pid {killed.pid})" in line]
    nothing_runs_from(killed.run)
    assert run.manifest["outcome"] == "aborted"
    assert "interrupted; everything that was started has been stopped" in output.read_text(encoding="utf-8")
    nothing_runs_from(run)
