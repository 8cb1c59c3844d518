"""Latency of the probes in each phase, all lanes together."""

from __future__ import annotations

import numpy as np

from harness.evidence.names import Role
from harness.judge.evidence import Evidence
from harness.judge.observations import PhaseLatency


def phase_latency(evidence: Evidence) -> tuple[PhaseLatency, ...]:
    """Percentiles over all probe lanes by phase, in order of time."""
    return tuple(_latency(evidence, phase) for phase in dict.fromkeys(w.phase for w in evidence.windows))


def _latency(evidence: Evidence, phase: str) -> PhaseLatency:
    parts = [evidence.in_phase(lane, phase) for lane in evidence.lanes(Role.PROBE)]
    answered = [
        (records.end_ns - records.intended_ns)[records.status > 0] / 1e6 for records in parts if len(records)
    ]
    latency_ms = np.concatenate([np.empty(0), *answered])
    if not len(latency_ms):
        return PhaseLatency(phase, 0, None, None)
    p50, p99 = np.percentile(latency_ms, (50, 99))
    return PhaseLatency(phase, len(latency_ms), float(p50), float(p99))
