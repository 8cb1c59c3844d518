"""From the files of a run directory to findings and a verdict; no network, database or subprocess."""

from __future__ import annotations

from harness.judge.verdict import judge_run
from harness.judge.verdict_file import write_verdict

__all__ = ["judge_run", "write_verdict"]
