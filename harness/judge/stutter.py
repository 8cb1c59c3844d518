"""What the known-good target saw: stutters of the machine, and stalls that Keystone shares with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness.evidence.names import Role
from harness.judge.codes import sent
from harness.judge.observations import Stutter
from harness.judge.room import disjoint, held_up

if TYPE_CHECKING:
    from harness.judge.evidence import Evidence

STUTTER_MS = 100.0
"""A target that answers in one millisecond has met a machine without time when it takes this long."""
STUTTERS_MAX = 200
"""Told one by one, the longest; nobody reads more."""
_SHARED_MIN = 0.5
"""Part of a stall that the target must have been silent for as well, however sparse its probes."""


def stutters(evidence: Evidence) -> tuple[Stutter, ...]:
    """Times in which requests to the known-good target took over `STUTTER_MS`, by time; the longest ones."""
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
    longest = sorted(found, key=lambda each: each.start_ns - each.end_ns)[:STUTTERS_MAX]
    return tuple(sorted(longest, key=lambda each: each.start_ns))


def shared_by_reference(evidence: Evidence, start_ns: int, end_ns: int) -> float | None:
    """Seconds that the known-good target was silent in a stall of Keystone, if for as long as the stall.

    None where it answered meanwhile, or where there is no such target. As long means up to one interval of
    the target's probes less, because its silence is known from when its next request was due, and half at
    least.
    """
    for number in evidence.lanes(Role.REFERENCE):
        rate_hz = evidence.requests.lanes[number].rate_hz
        silent_s = evidence.silences[number].gaps.longest_s(start_ns, end_ns)
        if silent_s is None or not rate_hz:
            continue
        stall_s = (end_ns - start_ns) / 1e9
        if silent_s >= max(_SHARED_MIN * stall_s, stall_s - 1 / rate_hz):
            return silent_s
    return None
