"""Announces every phase and step: in the journal before it acts and after, and to whoever takes part."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from harness.errors import HarnessError, RefusedError, StepError
from harness.evidence.clock import now_ns
from harness.evidence.journal import Journal
from harness.evidence.names import Edge, Phase, Step
from harness.evidence.outcomes import Ending, Remark, Result
from harness.procedure.watchers import Watchers


class Participant(Protocol):
    """Somebody who acts at the edges of the procedure, on its thread; where that fails, the run ends."""

    def phase_began(self, phase: Phase) -> None:
        """Do what is due as a phase begins.

        Raises:
            HarnessError: it could not be done.
        """

    def step_began(self, phase: Phase, step: Step, node: str | None) -> None:
        """Do what is due before the step acts; likewise."""

    def step_ended(self, phase: Phase, step: Step, node: str | None) -> None:
        """Do what is due once the step has succeeded, before the next one; likewise."""


@dataclass(slots=True)
class StepReport:
    """What a step tells of itself while it acts; written with its last journal line."""

    detail: dict[str, Any] = field(default_factory=dict)
    busy_s: float = 0.0
    """Seconds spent in commands and waits, as opposed to the harness's own work."""

    def tell(self, result: Result) -> None:
        """Take down what is known by now; it is written also where the step fails later."""
        self.detail.update(result.detail())

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Count the time of the block as spent in a command or a wait."""
        start = time.monotonic()
        try:
            yield
        finally:
            self.busy_s += time.monotonic() - start

    def wait(self, seconds: float) -> None:
        """Do nothing for so long, and say so."""
        with self.busy():
            time.sleep(max(0.0, seconds))


class Stage:
    """Writes journal lines round phases and steps."""

    def __init__(
        self, journal: Journal, watchers: Watchers | None = None, participants: Sequence[Participant] = ()
    ) -> None:
        """`watchers` are told, `participants` act; who watches can break nothing, who acts ends the run."""
        self._journal = journal
        self._watchers = watchers or Watchers()
        self._participants = tuple(participants)
        self.phase_now: str | None = None
        self.step_now: str | None = None
        self.phase_began_s = time.monotonic()
        self.phase_began_ns = now_ns()
        self.on_edge: list[Callable[[str, str | None, Edge], None]] = []
        """Told when a phase or step begins and when it ends, with its phase and step, on the thread that
        acts: each must return at once and never raise."""
        self._watchers.report_gone_to(self.note)

    def dismiss(self) -> None:
        """Let no participant act any more: what is left is putting back what was changed."""
        self._participants = ()

    def _edge(self, phase: Phase, step: Step | None, edge: Edge) -> None:
        for told in self.on_edge:
            told(phase, step, edge)

    @contextmanager
    def phase(self, phase: Phase) -> Iterator[None]:
        """Journal `begin`, then `end`, or `fail` where the block raises."""
        self._journal.write(Edge.BEGIN, phase)
        self.phase_now, self.phase_began_s, self.phase_began_ns = phase, time.monotonic(), now_ns()
        self._edge(phase, None, Edge.BEGIN)
        self._watchers.tell(lambda watcher: watcher.phase_began(phase))
        try:
            for participant in self._participants:
                participant.phase_began(phase)
            yield
        except BaseException as error:
            self._journal.write(_edge_of(error), phase, detail=Ending(reason=_words(error)).detail())
            raise
        else:
            self._journal.write(Edge.END, phase)
        finally:
            self._edge(phase, None, Edge.END)
            self.phase_now = None

    def skip_phase(self, phase: Phase, reason: str) -> None:
        """Journal that a phase is left out, and why."""
        self._journal.write(Edge.SKIP, phase, detail=Ending(reason=reason).detail())
        self._watchers.tell(lambda watcher: watcher.phase_skipped(phase, reason))

    @contextmanager
    def step(self, phase: Phase, step: Step, node: str | None = None) -> Iterator[StepReport]:
        """Journal `begin`, then `end` with what the step reported, or `fail` with the reason."""
        report = StepReport()
        self._journal.write(Edge.BEGIN, phase, step, node)
        self._watchers.tell(lambda watcher: watcher.step_began(phase, step, node))
        self.step_now = step
        self._edge(phase, step, Edge.BEGIN)
        try:
            for participant in self._participants:
                participant.step_began(phase, step, node)
            yield report
        except BaseException as error:
            words, edge = _words(error), _edge_of(error)
            if isinstance(error, RefusedError):
                report.tell(Ending(refused=error.status))
            self._close_step(edge, phase, step, node, report, words)
            raise
        else:
            self._close_step(Edge.END, phase, step, node, report)
        finally:
            self._edge(phase, step, Edge.END)
            self.step_now = None
        for participant in self._participants:
            participant.step_ended(phase, step, node)

    def _close_step(
        self, edge: Edge, phase: Phase, step: Step, node: str | None, report: StepReport, words: str = ""
    ) -> None:
        report.tell(Ending(busy_s=round(report.busy_s, 6), reason=words or None))
        self._journal.write(edge, phase, step, node, report.detail)
        self._watchers.tell(lambda watcher: watcher.step_ended(phase, step, node, edge, words))

    def skip_step(self, phase: Phase, step: Step, node: str | None, reason: str) -> None:
        """Journal that a step is left out, and why."""
        self._journal.write(Edge.SKIP, phase, step, node, Ending(reason=reason).detail())
        self._watchers.tell(lambda watcher: watcher.step_ended(phase, step, node, Edge.SKIP, reason))

    def note(self, words: str, about: Result | None = None) -> None:
        """Journal a remark in the current phase, with what it is `about` for the judge.

        Who watches hears it also where the disk is full.
        """
        phase = self.phase_now or Phase.SETUP
        detail = {**Remark(words).detail(), **(about.detail() if about else {})}
        try:
            self._journal.write(Edge.NOTE, phase, self.step_now, detail=detail)
        finally:
            self._watchers.note(words)


def _edge_of(error: BaseException) -> Edge:
    """A failing step is a finding about the upgrade; anything else only tells where the harness stopped."""
    return Edge.FAIL if isinstance(error, StepError) else Edge.NOTE


def _words(error: BaseException) -> str:
    if isinstance(error, HarnessError):
        return str(error)
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    return f"the harness broke: {type(error).__name__}"
