"""Real upgrades of a real Keystone, from the command line to the verdict."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from harness.evidence.continuity import OLD_DATA_CHECKS, PAIR_CHECKS, CellOutcome, Check, read_cells
from tests.command import ROOT, harness, start_harness
from tests.real_run import Run, nothing_runs_from

pytestmark = [pytest.mark.run, pytest.mark.timeout(400)]

SHORT = (
    *("--set", "procedure.baseline_s=6", "--set", "procedure.cooldown_s=2", "--set", "roll.settle_s=1"),
    # A read-back asks for each thing that was written, at a fixed pace.
    *("--set", "load.users=2"),
)
DRAINED = (*SHORT, "--set", "balancer.check_interval_s=0.5")
"""A node that comes back waits for two checks of the balancer."""
UNDRAINED = (*SHORT, "--set", "deployment.nodes=2", "--set", "continuity.enabled=false")
"""Three nodes and continuity are what the drained run is asked for; this one is about being cut off."""


def test_a_drained_upgrade_hurts_nobody(tmp_path: Path) -> None:
    done = harness("run", "drained", *DRAINED, "--out", str(tmp_path))
    run = Run(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert run.verdict["verdict"] == "PASS"
    assert run.verdict["counts"]["failed"] == run.verdict["counts"]["unknown"] == 0
    assert run.verdict["counts"]["requests"] > 500
    assert run.manifest["outcome"] == "completed"
    assert {row["kind"]: row["proven"] for row in run.verdict["writes"]}["user"] > 50
    proven = [e["node"] for e in run.journal if e["step"] == "prove" and e["edge"] == "end"]
    assert proven == run.manifest["nodes"]
    nothing_runs_from(run)
    _belongs_to_its_owner_only(run)
    _holds_no_secret(run)
    _each_release_honours_the_other_in_everything(run)
    _old_data_was_seen_throughout(run)
    _is_judged_again_to_the_same_bytes(run)


def _each_release_honours_the_other_in_everything(run: Run) -> None:
    cells = read_cells(run.path / "continuity.jsonl").cells
    assert [cell for cell in cells if cell.outcome != CellOutcome.OK] == []
    seen = {(cell.made_at.release, cell.checked_at.release, cell.check) for cell in cells}
    old, new = run.manifest["from"]["version"], run.manifest["to"]["version"]
    assert seen >= {(*pair, check) for pair in ((old, new), (new, old)) for check in PAIR_CHECKS}


def _old_data_was_seen_throughout(run: Run) -> None:
    """All kinds but the one that 27.1.0 reads no more: 16 objects, and the projects."""
    made = next(e["detail"] for e in run.journal if (e["step"], e["edge"]) == ("seed_old_data", "end"))
    assert set(OLD_DATA_CHECKS) - set(made["objects"]) == {Check.OLD_SHA512_CRYPT} == set(made["left_out"])
    assert made["objections"] == {}
    words = "Old data of 17 kinds, 1,026 objects, was seen at each of 3 nodes before, during and after."
    assert run.verdict["headline"].endswith(words)


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
        "run", "undrained", *UNDRAINED, "--live", "--out", os.path.relpath(out, ROOT), output=output
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
    nothing_runs_from(run)


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
