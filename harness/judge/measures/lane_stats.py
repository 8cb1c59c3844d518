"""Counts and latencies of each lane, per phase and over the whole run."""

from __future__ import annotations

import numpy as np

from harness.evidence.requests import Records
from harness.judge.codes import FAILED, UNKNOWN, UNSENT, count
from harness.judge.evidence import Evidence
from harness.judge.measures.silences import Silence
from harness.judge.model import LaneStats
from harness.statistics.bounds import error_rate_upper


def lane_stats(evidence: Evidence, silences: tuple[Silence, ...]) -> tuple[LaneStats, ...]:
    """Per phase and lane in the order of the procedure, then per lane for the whole probed time."""
    phases = list(dict.fromkeys(window.phase for window in evidence.windows))
    return tuple(
        _stats(evidence, number, phase, silences[number])
        for phase in [*phases, None]
        for number in range(len(evidence.requests.lanes))
    )


def _stats(evidence: Evidence, number: int, phase: str | None, silence: Silence) -> LaneStats:
    lane = evidence.requests.lanes[number]
    records = evidence.judged(number) if phase is None else evidence.in_phase(number, phase)
    failed, unknown, unsent = (count(records.outcome == code) for code in (FAILED, UNKNOWN, UNSENT))
    p50, p95, p99, most = _latencies_ms(records)
    gone = len(records) - unsent
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
