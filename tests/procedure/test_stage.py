from __future__ import annotations

import errno
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from harness.evidence.journal import Journal, read_journal
from harness.evidence.names import Edge, Phase, Step
from harness.procedure.stage import Stage
from harness.procedure.watchers import Progress, Watcher, Watchers, guarded
from tests.procedure.doubles import SilentWatcher


class ClosedPipe(SilentWatcher):
    def __init__(self) -> None:
        self.told = 0

    def step_began(self, phase: str, step: str, node: str | None) -> None:
        self.told += 1
        raise BrokenPipeError


class Told(SilentWatcher):
    def __init__(self) -> None:
        self.steps: list[str] = []

    def step_ended(self, phase: str, step: str, node: str | None, edge: str, words: str) -> None:
        self.steps.append(f"{step} {edge}")


class Gone:
    """A terminal that was closed: everything it is told is an error of the system."""

    def __getattr__(self, _: str) -> Any:
        def break_() -> None:
            raise OSError(errno.EIO, "Input/output error")

        return lambda *_: break_()


def _stage(folder: Path, *watchers: Watcher) -> Stage:
    return Stage(Journal(folder / "journal.jsonl"), Watchers(watchers))


def _notes(folder: Path) -> list[str]:
    events = read_journal(folder / "journal.jsonl").events
    return [event.detail["words"] for event in events if event.edge == Edge.NOTE]


def test_a_watcher_that_breaks_stops_no_step_and_is_told_no_more(tmp_path: Path) -> None:
    watcher = ClosedPipe()
    stage = _stage(tmp_path, watcher)
    for _ in range(2):
        with stage.step(Phase.EXPAND, Step.DB_SYNC):
            pass
    events = read_journal(tmp_path / "journal.jsonl").events
    assert [event.edge for event in events] == [Edge.BEGIN, Edge.NOTE, Edge.END, Edge.BEGIN, Edge.END]
    assert events[1].detail["words"] == "whoever watched the run is gone: BrokenPipeError"
    assert watcher.told == 1


def test_the_others_are_told_on(tmp_path: Path) -> None:
    told = Told()
    stage = _stage(tmp_path, ClosedPipe(), told)
    for step in (Step.DB_SYNC, Step.PROVE_SCHEMA):
        with stage.step(Phase.EXPAND, step):
            pass
    assert told.steps == ["db_sync end", "prove_schema end"]


def test_one_that_breaks_before_there_is_a_journal_is_noted_once_there_is_one(tmp_path: Path) -> None:
    with Watchers([Gone()]) as watchers:
        watchers.note("Keystone is being installed")
        Stage(Journal(tmp_path / "journal.jsonl"), watchers)
    assert _notes(tmp_path) == ["whoever watched the run is gone: OSError"]


class BreaksAtTheTick(SilentWatcher):
    def __init__(self) -> None:
        self.both = threading.Barrier(2, timeout=20)

    def tick(self, progress: Progress) -> None:
        self.both.wait()
        raise OSError(errno.EIO, "Input/output error")


def test_one_that_two_threads_find_broken_at_once_is_noted_once(tmp_path: Path) -> None:
    watchers = Watchers([BreaksAtTheTick()])
    Stage(Journal(tmp_path / "journal.jsonl"), watchers)
    threads = [threading.Thread(target=watchers.tick, args=(Progress(1, 0, 1.0),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert _notes(tmp_path) == ["whoever watched the run is gone: OSError"]


class BreaksAtTheEnd(SilentWatcher):
    def run_ended(self) -> None:
        raise OSError(errno.EIO, "Input/output error")


def test_one_that_breaks_as_it_is_closed_is_noted_and_nobody_hears_of_it(tmp_path: Path) -> None:
    watchers = Watchers([BreaksAtTheEnd()])
    with watchers:
        Stage(Journal(tmp_path / "journal.jsonl"), watchers)
        watchers.end()
    assert _notes(tmp_path) == ["whoever watched the run is gone: OSError"]


@pytest.mark.parametrize("entered", [False, True])
def test_a_page_that_can_not_be_opened_or_closed_changes_nothing(entered: bool) -> None:
    @contextmanager
    def page() -> Iterator[None]:
        if entered:
            yield
        raise OSError(errno.EIO, "Input/output error")

    said: list[str] = []
    with guarded(page, said.append):
        said.append("the run")
    gone = "whoever watched the run is gone: OSError"
    assert said == (["the run", gone] if entered else [gone, "the run"])


def test_what_ends_the_run_is_no_fault_of_a_page_beside_it() -> None:
    said: list[str] = []
    with pytest.raises(KeyboardInterrupt), guarded(nullcontext, said.append):
        raise KeyboardInterrupt
    assert said == []


def test_a_bug_in_a_step_is_a_note_and_no_failed_step(tmp_path: Path) -> None:
    stage = _stage(tmp_path, SilentWatcher())
    with pytest.raises(ZeroDivisionError), stage.step(Phase.EXPAND, Step.DB_SYNC):
        raise ZeroDivisionError
    last = read_journal(tmp_path / "journal.jsonl").events[-1]
    assert (last.edge, last.detail["reason"]) == (Edge.NOTE, "the harness broke: ZeroDivisionError")


class Acts:
    """Acts at each edge, and remembers which."""

    def __init__(self) -> None:
        self.edges: list[str] = []

    def phase_began(self, phase: Phase) -> None:
        self.edges.append(f"{phase} began")

    def step_began(self, phase: Phase, step: Step, node: str | None) -> None:
        self.edges.append(f"{step} began")

    def step_ended(self, phase: Phase, step: Step, node: str | None) -> None:
        self.edges.append(f"{step} ended")


def test_who_takes_part_acts_at_each_edge_until_it_is_dismissed(tmp_path: Path) -> None:
    acts = Acts()
    stage = Stage(Journal(tmp_path / "journal.jsonl"), participants=[acts])
    with stage.phase(Phase.EXPAND), stage.step(Phase.EXPAND, Step.DB_SYNC):
        pass
    stage.dismiss()
    with stage.phase(Phase.RESTORE), stage.step(Phase.RESTORE, Step.RESTORE_TRUST):
        pass
    assert acts.edges == ["expand began", "db_sync began", "db_sync ended"]


def test_nobody_acts_after_a_step_that_failed(tmp_path: Path) -> None:
    acts = Acts()
    stage = Stage(Journal(tmp_path / "journal.jsonl"), participants=[acts])
    with pytest.raises(ZeroDivisionError), stage.step(Phase.EXPAND, Step.DB_SYNC):
        raise ZeroDivisionError
    assert acts.edges == ["db_sync began"]
