"""Stutters of the machine, as the known-good target saw them."""

from __future__ import annotations

import numpy as np

from harness.evidence.names import Role
from harness.judge.codes import sent
from harness.judge.evidence import Evidence
from harness.judge.intervals import disjoint
from harness.judge.measures.saturation import held_up
from harness.judge.observations import Stutter, Stutters

STUTTER_MS = 100.0
"""A target that answers in one millisecond has met a machine without time when it takes this long."""
STUTTERS_LISTED_MAX = 200
"""Told one by one, the longest; nobody reads more."""


def stutters(evidence: Evidence) -> Stutters:
    """Times in which requests to the known-good target took over `STUTTER_MS`."""
    starts, ends = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for number in evidence.lanes(Role.REFERENCE):
        records = evidence.judged(number)
        slow = held_up(records, STUTTER_MS) & sent(records)
        starts.append(records.intended_ns[slow])
        ends.append(records.end_ns[slow])
    start_ns = np.concatenate(starts)
    merged = disjoint(start_ns, np.concatenate(ends))
    which = np.searchsorted(merged.start_ns, start_ns, side="right") - 1
    requests = np.bincount(which, minlength=len(merged.start_ns)).tolist()
    found = [
        Stutter(start, end, number)
        for start, end, number in zip(merged.start_ns.tolist(), merged.end_ns.tolist(), requests, strict=True)
    ]
    longest = sorted(found, key=lambda each: each.start_ns - each.end_ns)[:STUTTERS_LISTED_MAX]
    return Stutters(tuple(sorted(longest, key=lambda each: each.start_ns)), len(found))
