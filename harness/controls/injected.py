"""What was injected into a run, as its journal measured it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.evidence.journal import Event
from harness.evidence.names import Edge, Step
from harness.evidence.outcomes import FaultNote


@dataclass(frozen=True, slots=True)
class Injected:
    """One time that a fault was in force."""

    fault: str
    number: int
    phase: str
    node: str | None
    begin_ns: int
    end_ns: int
    kind: str = ""

    @property
    def lasts(self) -> bool:
        """Whether it was in force for a time; False for what happens in an instant."""
        return self.end_ns > self.begin_ns

    @property
    def length_s(self) -> float:
        """Seconds; 0 for what happens in an instant."""
        return (self.end_ns - self.begin_ns) / 1e9


def injections(events: Iterable[Event]) -> tuple[Injected, ...]:
    """Everything injected and undone, by time; what was announced and never done is left out."""
    notes = (
        (event.phase, FaultNote.of(event.detail))
        for event in events
        if event.step == Step.INJECT and event.edge == Edge.NOTE
    )
    found = [
        Injected(
            fault=note.fault,
            number=note.number or 1,
            phase=phase,
            node=note.node,
            begin_ns=note.begin_ns,
            end_ns=note.end_ns,
            kind=note.kind or "",
        )
        for phase, note in notes
        if note.fault is not None and note.begin_ns is not None and note.end_ns is not None
    ]
    return tuple(sorted(found, key=lambda each: (each.begin_ns, each.fault)))
