"""The `harness` command as a user runs it, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def harness(*args: str, cwd: Path = ROOT, deadline_s: float = 280.0) -> subprocess.CompletedProcess[str]:
    """Run it to its end; the exit status, standard output and standard error are for the test to judge."""
    return subprocess.run(
        [sys.executable, "-m", "harness", *args],
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=deadline_s,
        check=False,
        env=environment(),
    )


def start_harness(*args: str, output: Path) -> subprocess.Popen[bytes]:
    """Start it and go on; what it prints goes to `output`."""
    with output.open("wb") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "harness", *args],
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env=environment(),
            start_new_session=True,
        )


def environment() -> dict[str, str]:
    """The tests' own, with lines wide enough that no sentence is folded."""
    return {**os.environ, "COLUMNS": "1000"}
