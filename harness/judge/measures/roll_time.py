"""How long the nodes were rolled."""

from __future__ import annotations

from collections.abc import Iterable

from harness.evidence.names import Edge, Phase, Step
from harness.judge.model import Span, Timeline

_ROLLING = frozenset(
    {
        Step.DRAIN, Step.WAIT_DRAINED, Step.MAINT, Step.STOP, Step.SWITCH, Step.START, Step.PROVE, Step.READY,
        Step.WAIT_UP, Step.SETTLE,
    }
)  # fmt: skip
"""Steps that make up the roll of a node."""
_OF_THE_HARNESS = frozenset({Step.CHECK_CONTINUITY, Step.CHECK_COHORT, Step.CHECK_OLD_DATA, Step.READ_BACK})
"""Steps that an operator would not take, so that their time is none of the roll's."""


def roll_time(timeline: Timeline) -> float | None:
    """Seconds from the first step on the first node to the last on the last one, settling included.

    What the harness checks or reads back between them is left out. None where nothing was rolled, or the roll
    was left before its end: a part of it takes less time than a roll does. Nor of a journal whose times can
    not be.
    """
    taken = [step for step in timeline.steps if step.phase == Phase.ROLL and step.edge != Edge.SKIP]
    rolling = [step for step in taken if step.node is not None and step.step in _ROLLING]
    if not rolling or not _ended(timeline.phases):
        return None
    start_ns, end_ns = min(step.start_ns for step in rolling), max(step.end_ns for step in rolling)
    between = (step for step in taken if step.step in _OF_THE_HARNESS)
    own_ns = sum(max(0, min(step.end_ns, end_ns) - max(step.start_ns, start_ns)) for step in between)
    rolled_ns = end_ns - start_ns - own_ns
    return rolled_ns / 1e9 if rolled_ns >= 0 else None


def _ended(phases: Iterable[Span]) -> bool:
    return any(span.phase == Phase.ROLL and span.edge == Edge.END for span in phases)
