"""A run with doubles that is over, and what is asked of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.evidence.journal import Event, read_journal
from harness.evidence.manifest import Manifest, read_manifest
from harness.evidence.names import Edge, Phase
from harness.judge import judge_run
from harness.judge.model import Judgement
from harness.procedure.watchers import Watcher
from harness.run.conduct import conduct
from harness.run.conducted import Conducted
from tests.run.tiny import World

LET_GO = ["probes stopped", "down", "end own"]
"""Generators before what they ask, and what came up half at the very end."""


class Ended:
    """A run that is over, and what it left."""

    def __init__(self, world: World, conducted: Conducted) -> None:
        self.world = world
        self.conducted = conducted

    @property
    def manifest(self) -> Manifest:
        return read_manifest(self.conducted.run.manifest)

    @property
    def events(self) -> tuple[Event, ...]:
        return read_journal(self.conducted.run.journal).events

    @property
    def notes(self) -> list[str]:
        return [e.detail["words"] for e in self.events if e.edge == Edge.NOTE and "words" in e.detail]

    @property
    def judged(self) -> Judgement:
        return judge_run(self.conducted.run)

    def is_let_go(self) -> bool:
        """Everything was stopped once, in order, as the last that was done, and the flag is put back."""
        tail = list(self.world.done)[-len(LET_GO) :]
        once = all(self.world.done.count(deed) == 1 for deed in LET_GO)
        return tail == LET_GO and once and not self.world.lab.database.trust


def run(world: World, *watchers: Watcher, **scenario: Any) -> Ended:
    return Ended(world, conduct(world.order(**scenario), watchers, means=world.means))


def raising(error: BaseException) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


TAKEN = [phase for phase in Phase if phase not in (Phase.SETUP, Phase.FLUSH, Phase.MIGRATE, Phase.TEARDOWN)]
