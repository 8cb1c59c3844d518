"""A run whose journal can not be written any more: everything is put back, let go and told all the same."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ExitCode, StepError
from harness.evidence.journal import Event, Journal
from harness.evidence.names import Edge, Phase, RunOutcome
from harness.evidence.rundir import RunDirectory
from harness.run.conduct import conduct
from tests.procedure.doubles import SilentWatcher
from tests.run.ended import TAKEN, Ended, raising, run
from tests.run.tiny import World


class Full(Journal):
    """A journal on a disk that is full from a phase on."""

    def __init__(self, path: Path, phase: Phase) -> None:
        super().__init__(path)
        self._phase = phase
        self._is_full = False

    def write(self, edge: Edge, phase: str, *more: Any, **detail: Any) -> Event:
        self._is_full = self._is_full or phase == self._phase
        if self._is_full:
            raise OSError(errno.ENOSPC, "No space left on device", "journal.jsonl")
        return super().write(edge, phase, *more, **detail)


@pytest.mark.parametrize("phase", TAKEN)
def test_a_journal_on_a_full_disk_ends_the_run_and_everything_is_let_go(world: World, phase: Phase) -> None:
    world.journal = lambda path: Full(path, phase)
    ended = run(world)
    assert str(ended.conducted.error) == (
        "journal.jsonl: No space left on device; the run was stopped there."
    )
    assert ended.conducted.exit_code == ExitCode.HARNESS_ERROR
    assert ended.manifest.outcome == RunOutcome.ABORTED
    assert ended.is_let_go()


class Hears(SilentWatcher):
    """Keeps what the person at the terminal is told."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def note(self, words: str) -> None:
        self.heard.append(words)


def test_a_flag_that_can_not_be_put_back_is_told_to_who_watches_also_on_a_full_disk(world: World) -> None:
    world.lab.database.trust_breaks = True
    world.journal = lambda path: Full(path, Phase.EXPAND)
    watcher = Hears()
    ended = run(world, watcher)

    assert str(ended.conducted.error) == "journal.jsonl: No space left on device; the run was stopped there."
    assert any("SET GLOBAL log_bin_trust_function_creators = 0" in words for words in watcher.heard)


@contextmanager
def _not_to_be_left(_: RunDirectory) -> Iterator[None]:
    yield
    raise OSError(errno.EIO, "Input/output error")


def test_a_page_that_can_not_be_closed_on_a_full_disk_hides_no_failed_step(world: World) -> None:
    world.done.then["stop node1 term"] = raising(StepError("node1 did not stop"))
    world.journal = lambda path: Full(path, Phase.TEARDOWN)
    ended = Ended(world, conduct(world.order(), (), _not_to_be_left, means=world.means))

    assert (str(ended.conducted.error), ended.conducted.exit_code) == ("node1 did not stop", None)
    assert ended.is_let_go()
