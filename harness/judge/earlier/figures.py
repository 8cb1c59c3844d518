"""The few figures of a run that others are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from harness.evidence.names import Phase, Role
from harness.judge.gate.hurt import hurts, total_s
from harness.judge.model import LaneStats
from harness.judge.stats import lane_stats

if TYPE_CHECKING:
    from harness.judge.evidence import Evidence

Count = Annotated[int, Field(ge=0)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_DECIMALS = 6


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    requests: Count
    """Due, those of every lane it is about."""
    failed: Count
    """Failed and unknown ones that are charged to the upgrade."""
    outage_s: Amount
    """Seconds of its outages together."""
    stall_s: Amount | None
    """Longest time without a success although requests were due, of a probe lane."""
    p50_ms: Amount | None
    """Latency from the intended time; of several lanes, the mean of the probe lanes' medians."""
    p99_ms: Amount | None


class CellFigures(_Part):
    """One probe lane in one phase."""

    phase: str
    lane: str


class RunFigures(_Part):
    """One run as a whole."""

    roll_s: Amount | None
    """Wall time of the roll; None where nothing was rolled."""
    cells: tuple[CellFigures, ...]


def figures(evidence: Evidence) -> RunFigures:
    """The figures of a run: what failed of every lane, stalls and latencies of the probes."""
    stats = [each for each in lane_stats(evidence) if each.role is not Role.REFERENCE]
    whole = [each for each in stats if each.phase is None]
    probes = [each for each in whole if each.role is Role.PROBE]
    hurt = hurts(evidence)
    rolls = [span for span in evidence.timeline.phases if span.phase == Phase.ROLL and span.edge == "end"]
    return RunFigures(
        requests=sum(each.requests for each in whole),
        failed=sum(each.requests for each in hurt),
        outage_s=_rounded(total_s(hurt)) or 0.0,
        stall_s=_rounded(max((s for each in probes if (s := each.gap_s_max) is not None), default=None)),
        p50_ms=_mean([each.latency_ms_p50 for each in probes]),
        p99_ms=_mean([each.latency_ms_p99 for each in probes]),
        roll_s=_rounded((rolls[0].end_ns - rolls[0].start_ns) / 1e9) if rolls else None,
        cells=tuple(_cell(evidence, each) for each in stats if each.phase and each.role is Role.PROBE),
    )


def _cell(evidence: Evidence, stats: LaneStats) -> CellFigures:
    hurt = [each for each in hurts(evidence) if (each.phase, each.lane) == (stats.phase, stats.lane)]
    return CellFigures(
        phase=stats.phase or "",
        lane=stats.lane,
        requests=stats.requests,
        failed=sum(each.requests for each in hurt),
        outage_s=_rounded(total_s(hurt)) or 0.0,
        stall_s=_rounded(stats.gap_s_max),
        p50_ms=_rounded(stats.latency_ms_p50),
        p99_ms=_rounded(stats.latency_ms_p99),
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return _rounded(sum(known) / len(known)) if known else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DECIMALS)
