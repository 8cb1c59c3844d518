"""Which release answered in which step of the roll."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from harness.evidence.names import Edge, Phase
from harness.judge.codes import sent
from harness.judge.evidence import Evidence
from harness.judge.model import Span
from harness.judge.observations import ReleaseShare


def release_shares(evidence: Evidence) -> tuple[ReleaseShare, ...]:
    """Answers by release of the requests due in each step of the roll, in order of time."""
    steps = [step for step in evidence.timeline.steps if step.phase == Phase.ROLL and step.edge != Edge.SKIP]
    releases = evidence.requests.releases
    counts = np.zeros((len(steps), len(releases) + 1), np.int64)
    for number in evidence.lanes():
        records = evidence.judged(number)
        edges = np.searchsorted(records.intended_ns, _edges(steps))
        gone = sent(records)
        for row, (first, stop) in enumerate(edges):
            # Column 0 is for the code -1: nobody's answer.
            codes = records.release[first:stop][gone[first:stop]] + 1
            counts[row] += np.bincount(codes, minlength=counts.shape[1])
    return tuple(_share(step, row, releases) for step, row in zip(steps, counts.tolist(), strict=True))


def _edges(steps: Iterable[Span]) -> Any:
    return np.array([(step.start_ns, step.end_ns) for step in steps], np.int64).reshape(-1, 2)


def _share(step: Span, counts: list[int], releases: tuple[str, ...]) -> ReleaseShare:
    return ReleaseShare(
        step=str(step.step),
        node=step.node,
        start_ns=step.start_ns,
        end_ns=step.end_ns,
        answered=tuple(sorted(zip(releases, counts[1:], strict=True))),
        unattributed=counts[0],
    )
