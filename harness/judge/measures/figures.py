"""The few figures of a run that its history is compared by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from harness.evidence.history import CellFigures, RunFigures
from harness.evidence.names import Role
from harness.judge.downtime import Downtime
from harness.judge.measures.charged import ChargedFailures, ChargedPart, total_s
from harness.judge.model import LaneStats, Stall

_DECIMALS = 6


def figures(
    lane_stats: Sequence[LaneStats],
    failures: ChargedFailures,
    downtime: Downtime,
    stalls: Sequence[Stall],
    roll_s: float | None,
) -> RunFigures:
    """The figures of a run: what failed of every lane, stalls and latencies of probes, time of the roll."""
    stats = [each for each in lane_stats if each.role is not Role.REFERENCE]
    whole = [each for each in stats if each.phase is None]
    probes = [each for each in whole if each.role is Role.PROBE]
    parts: dict[tuple[str | None, str], list[ChargedPart]] = defaultdict(list)
    for part in failures.parts:
        parts[part.phase, part.lane].append(part)
    return RunFigures(
        requests=sum(each.requests for each in whole),
        failed=downtime.failed_charged,
        outage_s=round(downtime.charged_s, _DECIMALS),
        stall_s=_rounded(stalls[0].length_s if stalls else None),
        p50_ms=_mean([each.latency_ms_p50 for each in probes]),
        p99_ms=_mean([each.latency_ms_p99 for each in probes]),
        roll_s=_rounded(roll_s),
        cells=tuple(
            _cell(each, parts[each.phase, each.lane])
            for each in stats
            if each.phase and each.role is Role.PROBE
        ),
    )


def _cell(stats: LaneStats, parts: Sequence[ChargedPart]) -> CellFigures:
    return CellFigures(
        phase=stats.phase or "",
        lane=stats.lane,
        requests=stats.requests,
        failed=sum(part.requests for part in parts),
        outage_s=round(total_s(parts), _DECIMALS),
        stall_s=_rounded(stats.gap_s_max),
        p50_ms=_rounded(stats.latency_ms_p50),
        p99_ms=_rounded(stats.latency_ms_p99),
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return _rounded(sum(known) / len(known)) if known else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DECIMALS)
