"""Counts and latencies of each lane, per phase and over the whole run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from harness.evidence.names import Role
from harness.evidence.requests import Records
from harness.judge.codes import FAILED, UNKNOWN, UNSENT, bad, count
from harness.judge.model import Counts, LaneStats, RequestCounts, Stall
from harness.statistics.bounds import error_rate_upper

if TYPE_CHECKING:
    from harness.judge.evidence import Evidence


def lane_stats(evidence: Evidence) -> tuple[LaneStats, ...]:
    """Per phase and lane in the order of the procedure, then per lane for the whole probed time."""
    phases = list(dict.fromkeys(window.phase for window in evidence.windows))
    return tuple(
        _stats(evidence, number, phase)
        for phase in [*phases, None]
        for number in range(len(evidence.requests.lanes))
    )


def _stats(evidence: Evidence, number: int, phase: str | None) -> LaneStats:
    lane = evidence.requests.lanes[number]
    records = evidence.judged(number) if phase is None else evidence.in_phase(number, phase)
    failed, unknown, unsent = (count(records.outcome == code) for code in (FAILED, UNKNOWN, UNSENT))
    p50, p95, p99, most = _latencies_ms(records)
    gone = len(records) - unsent
    silence = evidence.silences[number]
    return LaneStats(
        phase=phase,
        lane=lane.lane,
        role=lane.role,
        requests=len(records),
        failed=failed,
        unknown=unknown,
        unsent=unsent,
        error_rate_upper_95=error_rate_upper(failed + unknown, gone),
        latency_ms_p50=p50,
        latency_ms_p95=p95,
        latency_ms_p99=p99,
        latency_ms_max=most,
        gap_s_max=silence.success_s_max[phase],
        detectable_outage_s=silence.probe_s_max[phase] if gone else None,
    )


def _latencies_ms(records: Records) -> tuple[float | None, float | None, float | None, float | None]:
    """From intended time to end, of the requests that got an answer: median, p95, p99, maximum."""
    answered = records.status > 0
    if not answered.any():
        return None, None, None, None
    latency_ms = (records.end_ns[answered] - records.intended_ns[answered]) / 1e6
    p50, p95, p99, most = np.percentile(latency_ms, (50, 95, 99, 100), overwrite_input=True)
    return float(p50), float(p95), float(p99), float(most)


def tally(evidence: Evidence) -> RequestCounts:
    """How many requests were due in the probed time, and what became of them; reference lanes left out."""
    requests = failed = unknown = unsent = everything = all_bad = 0
    for lane in evidence.lanes():
        outcome = evidence.judged(lane).outcome
        requests += len(outcome)
        failed += count(outcome == FAILED)
        unknown += count(outcome == UNKNOWN)
        unsent += count(outcome == UNSENT)
        everything += len(evidence.requests.of(lane))
        all_bad += count(bad(evidence.requests.of(lane)))
    return RequestCounts(
        requests,
        failed,
        unknown,
        unsent,
        not_judged=everything - requests,
        not_judged_failed=all_bad - failed - unknown,
    )


def phase_counts(lanes: Iterable[LaneStats]) -> dict[str, Counts]:
    """The requests of each phase, by phase in the order of the procedure; the reference's pings left out."""
    phases: dict[str, list[LaneStats]] = {}
    for stats in lanes:
        if stats.phase is not None and stats.role is not Role.REFERENCE:
            phases.setdefault(stats.phase, []).append(stats)
    return {phase: _sum(members) for phase, members in phases.items()}


def _sum(lanes: Iterable[LaneStats]) -> Counts:
    columns = zip(*((each.requests, each.failed, each.unknown, each.unsent) for each in lanes), strict=True)
    return Counts(*map(sum, columns))


def stalls(evidence: Evidence) -> tuple[Stall, ...]:
    """The longest stall of each probe lane over the whole probed time, the longest first."""
    longest = [
        Stall(evidence.requests.lanes[number].lane, length_s)
        for number in evidence.lanes(Role.PROBE)
        if (length_s := evidence.silences[number].success_s_max[None]) is not None
    ]
    return tuple(sorted(longest, key=lambda stall: -stall.length_s))


def reference_counts(evidence: Evidence) -> Counts:
    """The pings of the known-good target that were due in the probed time."""
    outcomes = [evidence.judged(number).outcome for number in evidence.lanes(Role.REFERENCE)]
    failed, unknown, unsent = (sum(count(o == code) for o in outcomes) for code in (FAILED, UNKNOWN, UNSENT))
    return Counts(sum(map(len, outcomes)), failed, unknown, unsent)
