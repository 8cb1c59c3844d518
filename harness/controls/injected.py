"""What was injected into a run, as its journal measured it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.evidence.journal import Event
from harness.evidence.names import Edge, Step


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
    found = [
        Injected(
            fault=str(event.detail["fault"]),
            number=int(event.detail.get("number", 1)),
            phase=event.phase,
            node=event.detail.get("node"),
            begin_ns=int(event.detail["begin_ns"]),
            end_ns=int(event.detail["end_ns"]),
            kind=str(event.detail.get("kind", "")),
        )
        for event in events
        if event.step == Step.INJECT and event.edge == Edge.NOTE and "end_ns" in event.detail
    ]
    return tuple(sorted(found, key=lambda each: (each.begin_ns, each.fault)))
