"""Stored runs that were made alike, one after the other."""

from __future__ import annotations

from pathlib import Path

from harness.evidence.history import History
from harness.judge.history import make_history
from tests.judge.story import Story, healthy


def stored_runs(path: Path, story: Story | None = None, count: int = 3) -> list[Path]:
    """Folders of runs, each begun a minute after the one before."""
    made = []
    for number in range(count):
        told = story or healthy()
        told.nth = number
        made.append(told.write(path / "drained" / f"run{number}").path)
    return made


def stored_history(path: Path, story: Story | None = None) -> History:
    """Their figures."""
    return make_history(stored_runs(path, story))
