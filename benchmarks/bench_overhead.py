"""What the driver costs over the commands it runs and the waits it has to make."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measurement import Measurement
from harness.errors import HarnessError

_OVERHEAD_PERCENT_GOAL = 10.0
_DEADLINE_S = 600.0
_SHORT = ("--set", "procedure.baseline_s=10", "--set", "procedure.cooldown_s=5")


def measure(quick: bool) -> list[Measurement]:
    """One real drained upgrade; `quick` shortens its baseline and cooldown."""
    with tempfile.TemporaryDirectory(prefix="bench-overhead-") as folder:
        began_s = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "harness", "run", "drained", "--out", folder, *(_SHORT if quick else ())],
            capture_output=True,
            text=True,
            timeout=_DEADLINE_S,
            check=False,
        )
        process_s = time.monotonic() - began_s
        if done.returncode:
            raise HarnessError(f"the drained run ended with {done.returncode}: {done.stderr.strip()}")
        (verdict,) = Path(folder).glob("*/*/verdict.json")
        overhead = json.loads(verdict.read_text(encoding="utf-8"))["overhead"]
    return [
        Measurement("overhead", "drained run", "procedure_s", round(overhead["wall_s"], 1)),
        Measurement("overhead", "drained run", "commands_and_waits_s", round(overhead["busy_s"], 1)),
        Measurement(
            "overhead",
            "drained run",
            "overhead_percent",
            round(overhead["overhead_percent"], 2),
            _OVERHEAD_PERCENT_GOAL,
        ),
        Measurement(
            "overhead", "drained run", "process_s, judging and reporting included", round(process_s, 1)
        ),
    ]
