"""Real upgrades of a real Keystone, from the command line to the verdict."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import time
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest
import requests

from harness.evidence.continuity import PAIR_CHECKS, CellOutcome, read_cells
from tests.command import ROOT, harness, start_harness

pytestmark = [pytest.mark.run, pytest.mark.timeout(400)]

SHORT = ("--set", "procedure.baseline_s=10", "--set", "procedure.cooldown_s=5")


class Run:
    """A run directory, read as another program would."""

    def __init__(self, out: Path) -> None:
        (self.path,) = out.glob("*/*/")

    @property
    def verdict(self) -> dict[str, Any]:
        return self._json("verdict.json")

    @property
    def manifest(self) -> dict[str, Any]:
        return self._json("run.json")

    @property
    def journal(self) -> list[dict[str, Any]]:
        lines = (self.path / "journal.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def question(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.verdict["questions"][name]
        return found

    def _json(self, name: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.path / name).read_text(encoding="utf-8"))
        return document


class Killed(NamedTuple):
    """A run, and the pid that its harness had."""

    run: Run
    pid: int


def _nothing_runs_from(run: Run) -> None:
    """No server of the run is left: each logs into the run directory, so each would have it open."""
    folder = str(run.path)
    left = []
    for process in psutil.process_iter(["pid", "name"]):
        try:
            if any(file.path.startswith(folder) for file in process.open_files()):
                left.append(process.info)
        except psutil.Error:
            continue
    assert left == []


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Killed:
    """A run whose harness was killed in the middle of the roll; its servers go on."""
    out = tmp_path_factory.mktemp("killed")
    process = start_harness("run", "drained", *SHORT, "--out", str(out / "out"), output=out / "output")
    _wait_for_step(out / "out", "switch", process.pid)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(10)
    return Killed(Run(out / "out"), process.pid)


def test_a_killed_harness_leaves_a_run_that_can_be_judged(killed: Killed) -> None:
    _wait_for_footers(killed.run)
    done = harness("judge", str(killed.run.path))
    assert done.returncode == 3, done.stdout + done.stderr
    assert killed.run.question("procedure")["findings"][0]["sentence"].startswith(
        "The harness died in phase roll, at step "
    )


def test_the_next_run_clears_what_a_killed_one_left_and_its_drained_upgrade_hurts_nobody(
    killed: Killed, tmp_path: Path
) -> None:
    done = harness("run", "drained", *SHORT, "--out", str(tmp_path))
    run = Run(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    cleared = next(e for e in run.journal if e["step"] == "clear_leftovers" and e["edge"] == "end")
    assert [line for line in cleared["detail"]["cleared"] if f"(pid {killed.pid})" in line]
    _nothing_runs_from(killed.run)
    assert run.verdict["verdict"] == "PASS"
    assert run.verdict["counts"]["failed"] == run.verdict["counts"]["unknown"] == 0
    assert run.verdict["counts"]["requests"] > 500
    assert run.manifest["outcome"] == "completed"
    assert {row["kind"]: row["proven"] for row in run.verdict["writes"]}["user"] > 50
    proven = [e["node"] for e in run.journal if e["step"] == "prove" and e["edge"] == "end"]
    assert proven == run.manifest["nodes"]
    _nothing_runs_from(run)
    _belongs_to_its_owner_only(run)
    _holds_no_secret(run)
    _each_release_honours_the_other_in_everything(run)
    _is_judged_again_to_the_same_bytes(run)


def _each_release_honours_the_other_in_everything(run: Run) -> None:
    cells = read_cells(run.path / "continuity.jsonl").cells
    assert [cell for cell in cells if cell.outcome != CellOutcome.OK] == []
    seen = {(cell.made_at.release, cell.checked_at.release, cell.check) for cell in cells}
    old, new = run.manifest["from"]["version"], run.manifest["to"]["version"]
    assert seen >= {(*pair, check) for pair in ((old, new), (new, old)) for check in PAIR_CHECKS}


def _belongs_to_its_owner_only(run: Run) -> None:
    shared = [
        str(path) for path in [run.path, *run.path.rglob("*")] if stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    assert shared == []


def _holds_no_secret(run: Run) -> None:
    """A Fernet token begins with gAAAA; passwords are stored as bcrypt hashes, which only a backup has."""
    for path in run.path.rglob("*"):
        if path.is_file() and path.name != "backup.sql":
            data = path.read_bytes()
            assert b"gAAAA" not in data, path
            assert b"$2b$" not in data, path


def _is_judged_again_to_the_same_bytes(run: Run) -> None:
    written = ("verdict.json", "report.html", "summary.md", "junit.xml")
    before = [(run.path / name).read_bytes() for name in written]
    assert harness("judge", str(run.path)).returncode == 0
    assert [(run.path / name).read_bytes() for name in written] == before


def test_an_undrained_upgrade_fails_inside_the_roll_and_names_each_node(tmp_path: Path) -> None:
    # A relative folder, as the default is: servers and commands have working folders of their own.
    out, output = tmp_path / "out", tmp_path / "output"
    live = start_harness(
        "run", "undrained", *SHORT, "--live", "--out", os.path.relpath(out, ROOT), output=output
    )
    told = _told_live_of_the_first_stop(live, output)
    assert {"baseline", "expand", "roll"} <= {phase["name"] for phase in told["phases"]}
    assert told["counts"]["ok"] > 100
    assert live.wait(280) == 1, output.read_text()
    run = Run(out)
    assert run.question("procedure")["verdict"] == "PASS"
    assert run.question("coverage")["verdict"] == "PASS"
    assert run.question("integrity")["verdict"] == "PASS"
    availability = run.question("availability")
    assert availability["verdict"] == "FAIL"
    outages = [finding for finding in availability["findings"] if finding["requests"]]
    assert {outage["phase"] for outage in outages} == {"roll"}
    assert {outage["node"] for outage in outages} <= set(run.manifest["nodes"])
    assert sum(outage["requests"] for outage in outages) == (
        run.verdict["counts"]["failed"] + run.verdict["counts"]["unknown"]
    )
    _nothing_runs_from(run)


def _told_live_of_the_first_stop(process: subprocess.Popen[bytes], output: Path) -> dict[str, Any]:
    """What the live page tells while the run goes on, once a node was stopped."""
    deadline_s = time.monotonic() + 200
    told: dict[str, Any] = {}
    while not [step for step in told.get("steps", ()) if step["in_roll"] and step["name"] == "stop"]:
        assert time.monotonic() < deadline_s, f"the page told of no stop, but of {told.get('now')}"
        assert process.poll() is None, output.read_text()
        time.sleep(0.5)
        address = re.search(r"http://127\.0\.0\.1:\d+/\S+/", output.read_text())
        if address:
            told = requests.get(f"{address[0]}data", params={"after": "0,0"}, timeout=20).json() or {}
    return told


def _wait_for_step(out: Path, step: str, pid: int) -> None:
    deadline_s = time.monotonic() + 150
    while time.monotonic() < deadline_s:
        for journal in out.glob("*/*/journal.jsonl"):
            if f'"step":"{step}"' in journal.read_text(encoding="utf-8"):
                return
        assert psutil.pid_exists(pid), "the harness ended early"
        time.sleep(0.1)
    raise AssertionError(f"step {step} was never reached")


def _wait_for_footers(run: Run) -> None:
    """The generators notice that the harness is gone, and finish their evidence by themselves."""
    deadline_s = time.monotonic() + 40
    files = sorted((run.path / "requests").glob("*.jsonl"))
    while time.monotonic() < deadline_s:
        if all(b'{"footer"' in file.read_bytes() for file in files):
            return
        time.sleep(0.2)
    raise AssertionError("a generator went on after its harness was killed")


def test_a_machine_without_room_is_inconclusive_and_nothing_is_upgraded(tmp_path: Path) -> None:
    crowd = 'probes=[{op="token_issue", rate_hz=100}]'
    done = harness("run", "drained", *SHORT, "--set", crowd, "--out", str(tmp_path))
    run = Run(tmp_path)
    assert done.returncode == 3, done.stdout + done.stderr
    assert run.verdict["verdict"] == "INCONCLUSIVE"
    assert "nothing was upgraded, because the baseline is no ground to compare with" in done.stderr
    assert not [event for event in run.journal if event["phase"] == "roll"]
    _nothing_runs_from(run)


def test_a_terminated_harness_stops_everything_it_started(tmp_path: Path) -> None:
    output = tmp_path / "output"
    process = start_harness("run", "drained", *SHORT, "--out", str(tmp_path / "out"), output=output)
    _wait_for_step(tmp_path / "out", "observe", process.pid)
    process.terminate()
    assert process.wait(60) == 3, output.read_text(encoding="utf-8")
    run = Run(tmp_path / "out")
    assert run.manifest["outcome"] == "aborted"
    assert "interrupted; everything that was started has been stopped" in output.read_text(encoding="utf-8")
    _nothing_runs_from(run)
