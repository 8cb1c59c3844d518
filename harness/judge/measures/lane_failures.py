"""When a lane failed, and which lanes failed together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.evidence.requests import Records

PAUSE_NS_MIN = 1_000_000_000
_PAUSE_NS_MAX = 5_000_000_000
_PAUSE_INTERVALS = 2


@dataclass(frozen=True, slots=True)
class LaneFailure:
    """One lane without a success, from a request that failed to the next that succeeded."""

    lane: int
    start_ns: int
    """Intended time of the first request that failed."""
    end_ns: int
    """Intended time of the next that succeeded; the end of evidence where none did. Of a closed lane, when
    its last failed request ended, if that was sooner: it sends nothing for a while then, and its silence
    must not make the outage of the others longer.
    """
    uncertainty_ns: int
    """One probe interval: the lane may have failed for so much longer at each edge."""
    open_ended: bool
    """No success followed."""
    scheduled: bool
    """The lane has a schedule, so its edges are measured; those of a closed lane only illustrate."""
    first: int
    """Row of its first failed request among the requests that it was found in."""
    last: int
    """Row of its last failed request."""


def lane_failures(
    lane: int, rate_hz: float | None, sent: Records, bad: NDArray[np.bool_], evidence_end_ns: int
) -> list[LaneFailure]:
    """Every failure of one lane, by time.

    Args:
        lane: number of the lane.
        rate_hz: arrivals a second; None where a closed model paces itself.
        sent: the lane's requests that left the generator, by intended time, whenever they ended.
        bad: which of them had no success.
        evidence_end_ns: end of a failure after which no request succeeded.
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], bad, [False]]).astype(np.int8)))
    due = sent.intended_ns
    stretches = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    return [
        LaneFailure(
            lane=lane,
            start_ns=int(due[first]),
            end_ns=_end_ns(rate_hz, sent, first, stop, evidence_end_ns),
            uncertainty_ns=_uncertainty_ns(rate_hz, due, first, stop),
            open_ended=stop == len(due),
            scheduled=rate_hz is not None,
            first=first,
            last=stop - 1,
        )
        for first, stop in stretches
    ]


def _end_ns(rate_hz: float | None, sent: Records, first: int, stop: int, evidence_end_ns: int) -> int:
    last_due_ns = int(sent.intended_ns[stop - 1])
    end_ns = int(sent.intended_ns[stop]) if stop < len(sent) else max(evidence_end_ns, last_due_ns)
    if rate_hz is not None:
        return end_ns
    return min(end_ns, max(last_due_ns, int(sent.end_ns[first:stop].max())))


def _uncertainty_ns(rate_hz: float | None, due: NDArray[np.int64], first: int, stop: int) -> int:
    """The probe interval, or the wider spacing seen at an edge: probes may be unsent, and a closed lane has
    no interval at all.
    """
    spacings = [int(1e9 / rate_hz)] if rate_hz else []
    if first > 0:
        spacings.append(int(due[first] - due[first - 1]))
    if stop < len(due):
        spacings.append(int(due[stop] - due[stop - 1]))
    return max(spacings, default=0)


def pause_ns(rate_hz: float | None) -> int:
    """How long a lane may go well between two failures that are one disruption.

    Two intervals, so that failures of every second or third request are one: a lane that takes an old and a
    fresh token by turns flickers when all old ones die. A second at least, five at most.
    """
    wanted = PAUSE_NS_MIN if rate_hz is None else round(_PAUSE_INTERVALS * 1e9 / rate_hz)
    return min(max(wanted, PAUSE_NS_MIN), _PAUSE_NS_MAX)


def together(
    failures: Iterable[LaneFailure], pause: Callable[[LaneFailure], int] = lambda _: 0
) -> list[tuple[LaneFailure, ...]]:
    """Failures that overlap or touch in time, or lie within a pause, grouped; all by time, then by lane."""
    groups: list[tuple[LaneFailure, ...]] = []
    members: list[LaneFailure] = []
    reach_ns = -1
    for failure in sorted(failures, key=lambda f: (f.start_ns, f.lane)):
        if members and failure.start_ns - pause(failure) > reach_ns:
            groups.append(tuple(members))
            members = []
        reach_ns = max(reach_ns, failure.end_ns) if members else failure.end_ns
        members.append(failure)
    if members:
        groups.append(tuple(members))
    return groups
