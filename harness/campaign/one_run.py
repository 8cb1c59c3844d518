"""Runs `harness run` as a user would, in a process of its own that is ended in order on every way out."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_END_S = 60.0
"""For a run that is told to end, to stop its servers and write its evidence; a few seconds are usual."""


def harness_run(arguments: Sequence[str], log: Path, limit_s: float) -> int | None:
    """Carry out `harness run` with these arguments; what it prints is added to `log`.

    At the limit, and where the caller is interrupted, it is told to end as Ctrl-C does, and ends what it
    started.

    Returns:
        Its exit status; None where it took longer than the limit.
    """
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with log.open("ab") as sink:
        command = [sys.executable, "-m", "harness", "run", *arguments]
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT)
        try:
            return child.wait(limit_s)
        except subprocess.TimeoutExpired:
            return None
        finally:
            if child.poll() is None:
                child.terminate()
                child.wait(_END_S)
