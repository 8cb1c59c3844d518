"""The figures by which runs are compared, taken from one judged run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from harness.evidence.names import Phase, Role, Step
from harness.judge.evidence import Evidence
from harness.judge.model import Judgement

_ROLLING = frozenset(
    {
        Step.DRAIN, Step.WAIT_DRAINED, Step.MAINT, Step.STOP, Step.SWITCH, Step.START, Step.PROVE, Step.READY,
        Step.WAIT_UP, Step.SETTLE,
    }
)  # fmt: skip
"""Steps that make up the roll of a node; read-backs and checks of continuity are the harness's own."""


class Unit(StrEnum):
    """What a figure is counted in."""

    COUNT = ""
    SECONDS = "s"
    MILLISECONDS = "ms"


@dataclass(frozen=True, slots=True)
class PhaseLatency:
    """Latency of the probes in one phase, all lanes together, from intended time to end."""

    phase: str
    probes: int
    """Answered ones."""
    p50_ms: float | None
    p99_ms: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """One run in figures; a figure that the run has no evidence for is None."""

    failed: int
    """Requests of all lanes that failed or may have, in outages that are charged to the upgrade."""
    outage_s: float
    """All outages together, lanes that failed at overlapping times merged."""
    longest_outage_s: float
    longest_stall_s: float | None
    """Longest time in which a probe lane had no success though requests were due."""
    retried: int | None
    """HAProxy's counters over the probed time: attempts that it made again, or at another node."""
    redispatched: int | None
    refused: int | None
    """Connections to a node that failed."""
    roll_s: float | None
    """From the first step on the first node to the last on the last one."""
    latency: tuple[PhaseLatency, ...]
    """By phase, in order of time."""

    def roll_latency(self) -> PhaseLatency | None:
        """Latency while nodes were rolled."""
        return next((row for row in self.latency if row.phase == Phase.ROLL), None)


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure with its name, by which arms are told apart."""

    key: str
    """In `compare.json`."""
    title: str
    unit: Unit
    explained: str
    of: Callable[[Figures], float | None]


def _roll_p50(figures: Figures) -> float | None:
    row = figures.roll_latency()
    return row.p50_ms if row else None


def _roll_p99(figures: Figures) -> float | None:
    row = figures.roll_latency()
    return row.p99_ms if row else None


PRIMARY = Metric(
    "outage_s",
    "Outage",
    Unit.SECONDS,
    "All outages of a run together. The answer above rests on this figure, named before any run was seen.",
    lambda f: f.outage_s,
)
METRICS: tuple[Metric, ...] = (
    PRIMARY,
    Metric(
        "failed",
        "Failed requests",
        Unit.COUNT,
        "Refused, cut, timed out or answered wrongly, in all lanes; a cut write may have been carried out.",
        lambda f: f.failed,
    ),
    Metric(
        "longest_outage_s",
        "Longest outage",
        Unit.SECONDS,
        "From the first request that failed to the next success.",
        lambda f: f.longest_outage_s,
    ),
    Metric(
        "longest_stall_s",
        "Longest stall",
        Unit.SECONDS,
        "Longest time in which a probe lane had requests due and no success; a slow answer is one, too.",
        lambda f: f.longest_stall_s,
    ),
    Metric(
        "retried",
        "Retried",
        Unit.COUNT,
        "Masked failures: connections that HAProxy tried again, so that no client saw them.",
        lambda f: f.retried,
    ),
    Metric(
        "redispatched",
        "Redispatched",
        Unit.COUNT,
        "Masked failures: requests that HAProxy took to another node.",
        lambda f: f.redispatched,
    ),
    Metric(
        "refused",
        "Refused connections",
        Unit.COUNT,
        "Connections from HAProxy to a node that failed, whether masked or not.",
        lambda f: f.refused,
    ),
    Metric(
        "roll_latency_ms_p50",
        "Latency in the roll, p50",
        Unit.MILLISECONDS,
        "Median of all answered probes due while nodes were rolled, from the time each was due.",
        _roll_p50,
    ),
    Metric(
        "roll_latency_ms_p99",
        "Latency in the roll, p99",
        Unit.MILLISECONDS,
        "99th percentile of the same; what fails at once is quick, and what hangs shows here.",
        _roll_p99,
    ),
    Metric(
        "roll_s",
        "Time of the roll",
        Unit.SECONDS,
        "From the first step on the first node to the last on the last one, settling included.",
        lambda f: f.roll_s,
    ),
)
"""In the order in which they are shown; the first decides."""


def figures(evidence: Evidence, judgement: Judgement) -> Figures:
    """Take the figures of a judged run."""
    downtime = judgement.downtime
    masked = judgement.masked if judgement.masked.samples > 1 else None
    return Figures(
        failed=downtime.failed_charged,
        outage_s=downtime.charged_s,
        longest_outage_s=downtime.longest_s,
        longest_stall_s=judgement.longest_stall_s,
        retried=masked.total("retried") if masked else None,
        redispatched=masked.total("redispatched") if masked else None,
        refused=masked.total("refused") if masked else None,
        roll_s=_roll_s(judgement),
        latency=tuple(
            _latency(evidence, phase) for phase in dict.fromkeys(w.phase for w in evidence.windows)
        ),
    )


def _roll_s(judgement: Judgement) -> float | None:
    steps = [
        step
        for step in judgement.timeline.steps
        if step.phase == Phase.ROLL
        and step.node is not None
        and step.step in _ROLLING
        and step.edge != "skip"
    ]
    if not steps:
        return None
    return (max(step.end_ns for step in steps) - min(step.start_ns for step in steps)) / 1e9


def _latency(evidence: Evidence, phase: str) -> PhaseLatency:
    """Percentiles over all probe lanes; the lanes and their rates are the same in every run compared."""
    parts = [evidence.in_phase(lane, phase) for lane in evidence.lanes(Role.PROBE)]
    answered = [
        (records.end_ns - records.intended_ns)[records.status > 0] / 1e6 for records in parts if len(records)
    ]
    latency_ms = np.concatenate([np.empty(0), *answered])
    if not len(latency_ms):
        return PhaseLatency(phase, 0, None, None)
    p50, p99 = np.percentile(latency_ms, (50, 99))
    return PhaseLatency(phase, len(latency_ms), float(p50), float(p99))
