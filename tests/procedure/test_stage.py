from __future__ import annotations

from pathlib import Path

import pytest

from harness.evidence.journal import Journal, read_journal
from harness.evidence.names import Edge, Phase, Step
from harness.procedure.stage import Stage
from tests.procedure.doubles import SilentWatcher


class ClosedPipe(SilentWatcher):
    def __init__(self) -> None:
        self.told = 0

    def step_began(self, phase: str, step: str, node: str | None) -> None:
        self.told += 1
        raise BrokenPipeError


def test_a_watcher_that_breaks_stops_no_step_and_is_told_no_more(tmp_path: Path) -> None:
    watcher = ClosedPipe()
    stage = Stage(Journal(tmp_path / "journal.jsonl"), watcher)
    for _ in range(2):
        with stage.step(Phase.EXPAND, Step.DB_SYNC):
            pass
    events = read_journal(tmp_path / "journal.jsonl").events
    assert [event.edge for event in events] == [Edge.BEGIN, Edge.NOTE, Edge.END, Edge.BEGIN, Edge.END]
    assert events[1].detail["words"] == "whoever watched the run is gone: BrokenPipeError"
    assert watcher.told == 1


def test_a_bug_in_a_step_is_a_note_and_no_failed_step(tmp_path: Path) -> None:
    stage = Stage(Journal(tmp_path / "journal.jsonl"), SilentWatcher())
    with pytest.raises(ZeroDivisionError), stage.step(Phase.EXPAND, Step.DB_SYNC):
        raise ZeroDivisionError
    last = read_journal(tmp_path / "journal.jsonl").events[-1]
    assert (last.edge, last.detail["reason"]) == (Edge.NOTE, "the harness broke: ZeroDivisionError")
