"""The figures by which runs are compared, taken from one judged run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from harness.evidence.names import Phase
from harness.judge.model import Judgement
from harness.judge.observations import PhaseLatency


class Unit(StrEnum):
    """What a figure is counted in."""

    COUNT = ""
    SECONDS = "s"
    MILLISECONDS = "ms"


@dataclass(frozen=True, slots=True)
class Figures:
    """One run in figures; a figure that the run has no evidence for is None."""

    failed: int
    """Requests of all lanes that failed or may have, in outages that are charged to the upgrade."""
    outage_s: float
    """All disruptions together, outer bounds: at most so long."""
    longest_outage_s: float
    longest_stall_s: float | None
    """Longest time in which a probe lane had no success though requests were due."""
    retried: int | None
    """HAProxy's counters over the probed time: attempts that it made again, or at another node."""
    redispatched: int | None
    refused: int | None
    """Connections to a node that failed."""
    roll_s: float | None
    """As `harness.judge.measures.roll_time` has it."""
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
    "Disruption",
    Unit.SECONDS,
    "All disruptions of a run together, at most: from the last success before each to the first after. The "
    "answer above rests on this figure, named before any run was seen.",
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
        "Longest disruption",
        Unit.SECONDS,
        "Likewise, of one.",
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
        "From the first step on the first node to the last on the last one, settling included, checks not.",
        lambda f: f.roll_s,
    ),
)
"""In the order in which they are shown; the first decides."""


def figures(judgement: Judgement) -> Figures:
    """The figures of a judged run, as the judge has measured them."""
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
        roll_s=judgement.roll_s,
        latency=judgement.latency,
    )
