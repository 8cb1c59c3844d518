"""What the balancer kept from its clients: failures that nobody saw."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator

from harness.evidence.balancer import COUNTERS
from harness.judge.evidence import Evidence
from harness.judge.observations import Masked, MaskedFailures
from harness.judge.timeline import phase_at, step_at

BALANCER = "(balancer)"
_SERVERS_NOT = frozenset({"FRONTEND", "BACKEND"})

Counts = dict[str, dict[str, int]]
Place = tuple[str, str | None, str | None]
"""Phase, step and node."""


def masked_failures(evidence: Evidence) -> MaskedFailures:
    """What changed between each two samples of the balancer, laid to the step between them.

    Counters only ever grow, so one that went back belongs to a balancer that was started anew, or to a
    counter that began again: it counts from 0 then, and what the old one counted since its last sample is
    lost.
    """
    told: dict[Place, Counts] = {}
    restarts = 0
    samples = evidence.balancer.samples
    for earlier, later in itertools.pairwise(samples):
        before, after = earlier.counts(), later.counts()
        restarts += _went_back(before, after)
        place = _place(evidence, (earlier.mono_ns + later.mono_ns) // 2)
        if place is not None:
            _add(told.setdefault(place, defaultdict(lambda: dict.fromkeys(COUNTERS, 0))), before, after)
    return MaskedFailures(
        rows=tuple(row for place, counts in told.items() for row in _rows(place, counts)),
        samples=len(samples),
        restarts=restarts,
    )


def _went_back(before: Counts, after: Counts) -> bool:
    return any(
        after.get(name, {}).get(key, value) < value
        for name, row in before.items()
        for key, value in row.items()
    )


def _place(evidence: Evidence, instant_ns: int) -> Place | None:
    """None outside the probed time."""
    phase = phase_at(evidence.windows, instant_ns)
    if phase is None:
        return None
    step = step_at(evidence.timeline, instant_ns)
    return (phase, step.step, step.node) if step else (phase, None, None)


def _add(sums: Counts, before: Counts, after: Counts) -> None:
    for name, row in after.items():
        for key, value in row.items():
            last = before.get(name, {}).get(key, 0)
            sums[name][key] += value - last if value >= last else value


def _rows(place: Place, counts: Counts) -> Iterator[Masked]:
    phase, step, node = place
    servers = sorted(name for name in counts if name not in _SERVERS_NOT)
    for name in servers:
        one = counts[name]
        row = Masked(
            phase=phase,
            step=step,
            node=node,
            server=name,
            retried=one["wretr"],
            redispatched=one["wredis"],
            refused=one["econ"],
            response_errors=one["eresp"],
            answered_5xx=0,
        )
        if row.hidden or row.refused or row.response_errors:
            yield row
    by_servers = sum(counts[name]["hrsp_5xx"] for name in servers)
    own = max(counts[name]["hrsp_5xx"] for name in _SERVERS_NOT if name in counts) if _has_own(counts) else 0
    if own > by_servers:
        yield Masked(phase, step, node, BALANCER, 0, 0, 0, 0, own - by_servers)


def _has_own(counts: Counts) -> bool:
    return bool(_SERVERS_NOT & counts.keys())
