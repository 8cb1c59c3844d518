"""Arrivals that a schedule promised and that stand in no record."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.evidence.names import Edge
from harness.judge.evidence import Evidence

_HOLE_INTERVALS = 1.5
"""Two intended times further apart than so many probe intervals have lost an arrival between them; one
interval and some rounding is the schedule itself."""
_EDGE_INTERVALS = 2.0
"""Likewise from the start of the judged time to the first arrival, and from the last to its end: up to one
interval is the schedule itself, one more is grace for a generator that has only just begun."""


def scheduled_until_ns(evidence: Evidence) -> int:
    """Until when arrivals were due: the end of the judged time, or the last sign of a harness that died.

    Generators stop with their harness; what was under way then may end, and be recorded, much later.
    """
    last = max((event.mono_ns for event in evidence.journal.events), default=evidence.judged_end_ns)
    ended = all(phase.edge != Edge.BEGIN for phase in evidence.timeline.phases)
    return evidence.judged_end_ns if ended else min(evidence.judged_end_ns, last)


def lost_arrivals(due_ns: NDArray[np.int64], start_ns: int, end_ns: int, rate_hz: float) -> tuple[int, float]:
    """How many arrivals are missing between two instants, and the seconds of the longest hole (0: none).

    Args:
        due_ns: intended times of one lane from `start_ns` to before `end_ns`, in order.
        start_ns: from when arrivals were due.
        end_ns: until when.
        rate_hz: arrivals a second.
    """
    instants = np.concatenate([[start_ns], due_ns, [end_ns]])
    apart = np.diff(instants) * (rate_hz / 1e9)
    allowed = np.full(len(apart), _HOLE_INTERVALS)
    allowed[[0, -1]] = _EDGE_INTERVALS
    wide = apart > allowed
    # Of an edge, the whole intervals; between two arrivals, one of them is the arrival at its end.
    missing = np.maximum(1, np.round(apart) - 1)
    missing[[0, -1]] = np.floor(apart[[0, -1]])
    return int(missing[wide].sum()), float(apart[wide].max(initial=0)) / rate_hz
