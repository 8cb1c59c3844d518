"""A run directory of a real run, read as another program would, and waits for what happens in one."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import psutil


class Run:
    """The one run directory under a folder of reports."""

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


def nothing_runs_from(run: Run) -> None:
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


def wait_for_step(out: Path, step: str, pid: int, deadline_s: float = 240) -> None:
    """Until the journal of the run under `out` tells of the step."""
    until_s = time.monotonic() + deadline_s
    while time.monotonic() < until_s:
        for journal in out.glob("*/*/journal.jsonl"):
            if f'"step":"{step}"' in journal.read_text(encoding="utf-8"):
                return
        assert psutil.pid_exists(pid), "the harness ended early"
        time.sleep(0.1)
    raise AssertionError(f"step {step} was never reached")


def wait_for_footers(run: Run, deadline_s: float = 60) -> None:
    """The generators notice that the harness is gone, and finish their evidence by themselves."""
    until_s = time.monotonic() + deadline_s
    files = sorted((run.path / "requests").glob("*.jsonl"))
    while time.monotonic() < until_s:
        if all(b'{"footer"' in file.read_bytes() for file in files):
            return
        time.sleep(0.2)
    raise AssertionError("a generator went on after its harness was killed")
