"""The `harness` command as a user runs it."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

from harness.command.entry import main

ROOT = Path(__file__).parent.parent


def harness(*args: str, cwd: Path = ROOT, deadline_s: float = 280.0) -> subprocess.CompletedProcess[str]:
    """Run it in a process of its own, to its end; status and output are for the test to judge."""
    return subprocess.run(
        [sys.executable, "-m", "harness", *args],
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=deadline_s,
        check=False,
        env=environment(),
    )


def harness_here(*args: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run it in this process: a tenth of the time, for tests to which the process is not the point."""
    out, err = io.StringIO(), io.StringIO()
    argv = ["harness", *args]
    with (
        contextlib.chdir(cwd),
        patch.object(sys, "argv", argv),
        patch.dict(os.environ, environment()),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        status = _status()
    return subprocess.CompletedProcess(argv, status, out.getvalue(), err.getvalue())


def _status() -> int:
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    raise AssertionError("the command returned without an exit status")


def start_harness(*args: str, output: Path) -> subprocess.Popen[bytes]:
    """Start it in a process of its own and go on; what it prints goes to `output`."""
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
