"""Compares each probe lane in each phase with its baseline."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from harness.evidence.names import Phase, Role
from harness.judge.codes import OK
from harness.judge.evidence import Evidence
from harness.judge.intervals import Intervals
from harness.judge.measures.saturation import Saturation
from harness.judge.observations import Change, Impact
from harness.scenario import ImpactSettings
from harness.statistics.least import EFFECTIVE_MIN
from harness.statistics.twosample import (
    Comparison,
    Sample,
    Tail,
    compare,
    compare_tails,
    holm,
)

_SAMPLES_MAX = 5_000
"""A side: of more, evenly many are left out. So many tell shares to within a percent, and sorting more
would make the judge of ten million requests slow for no digit that anybody reads."""
_SLOWEST = 0.05
"""Share of the baseline beyond which answers count as its slowest; less would be one answer of twenty."""


def impact_bounds(evidence: Evidence) -> ImpactSettings | None:
    """The scenario's, or None where the run was made before the question could be asked."""
    return evidence.impact


@dataclass(frozen=True, slots=True)
class _Pair:
    """One lane in one phase, and its baseline."""

    phase: str
    lane: str
    role: Role
    baseline: Sample
    sample: Sample
    comparison: Comparison | None
    tail: Tail | None
    """Both None where there are too few samples."""


def impacts(evidence: Evidence, saturation: Saturation, bounds: ImpactSettings | None) -> tuple[Impact, ...]:
    """Every lane of probes in every probed phase but the baseline, in the order of the procedure; none where
    that was not asked for.

    The reference target's lanes are compared, too, and corrected for: they tell the machine's doing from
    Keystone's, and stand in no row.
    """
    if bounds is None:
        return ()
    pairs = list(_pairs(evidence, saturation.starved, bounds))
    tested = [pair for pair in pairs if pair.comparison is not None and pair.tail is not None]
    p_values = [pair.comparison.p_value for pair in tested if pair.comparison]
    corrected = holm([*p_values, *(pair.tail.p_value for pair in tested if pair.tail)])
    by_pair = {
        (pair.phase, pair.lane): (corrected[number], corrected[number + len(tested)])
        for number, pair in enumerate(tested)
    }
    rows = [_row(pair, by_pair.get((pair.phase, pair.lane)), bounds) for pair in pairs]
    reference = [row for row, pair in zip(rows, pairs, strict=True) if pair.role is Role.REFERENCE]
    return tuple(
        replace(row, reference_as_well=_as_well(row, reference))
        for row, pair in zip(rows, pairs, strict=True)
        if pair.role is Role.PROBE
    )


def _pairs(evidence: Evidence, starved: Intervals, bounds: ImpactSettings) -> Iterator[_Pair]:
    numbers = evidence.lanes(Role.PROBE, Role.REFERENCE)
    baselines = {number: _latencies_ms(evidence, starved, number, Phase.BASELINE) for number in numbers}
    for phase in dict.fromkeys(window.phase for window in evidence.windows):
        if phase == Phase.BASELINE:
            continue
        for number in numbers:
            lane = evidence.requests.lanes[number]
            baseline, sample = baselines[number], _latencies_ms(evidence, starved, number, phase)
            comparison = tail = None
            if min(len(baseline), len(sample)) >= bounds.samples_min:
                comparison = compare(baseline, sample)
                if min(comparison.effective) >= EFFECTIVE_MIN:
                    limit_ms, share = outlier_limit(baseline, bounds)
                    tail = compare_tails(baseline, sample, limit_ms, share)
                else:
                    comparison = None
            yield _Pair(phase, lane.lane, lane.role, baseline, sample, comparison, tail)


def _latencies_ms(evidence: Evidence, starved: Intervals, number: int, phase: str) -> Sample:
    """Of successful answers, by intended time; those of moments when the machine was starved left out."""
    records = evidence.in_phase(number, phase)
    rows = np.flatnonzero(records.outcome == OK)
    rows = rows[~(starved.contain(records.intended_ns[rows]) | starved.contain(records.end_ns[rows]))]
    if len(rows) > _SAMPLES_MAX:
        rows = rows[np.linspace(0, len(rows) - 1, _SAMPLES_MAX).astype(np.int64)]
    return np.asarray((records.end_ns[rows] - records.intended_ns[rows]) / 1e6)


def outlier_limit(baseline: Sample, bounds: ImpactSettings) -> tuple[float, float]:
    """What an outlier is over, and the share of the baseline that is at or above its basis."""
    rank = max(1, math.ceil(_SLOWEST * len(baseline)))
    basis_ms = float(np.partition(baseline, -rank)[-rank])
    return max(basis_ms + bounds.floor_ms, basis_ms * bounds.floor_ratio), rank / len(baseline)


def _row(pair: _Pair, corrected: tuple[float, float] | None, bounds: ImpactSettings) -> Impact:
    median_ms, baseline_median_ms = _median(pair.sample), _median(pair.baseline)
    comparison, tail = pair.comparison, pair.tail
    p_value, tail_p_value = corrected or (None, None)
    row = Impact(
        phase=pair.phase,
        lane=pair.lane,
        change=Change.LOW_POWER,
        samples=len(pair.sample),
        baseline_samples=len(pair.baseline),
        median_ms=median_ms,
        baseline_median_ms=baseline_median_ms,
        shift_ms=comparison.shift if comparison else None,
        superiority=comparison.superiority if comparison else None,
        p_value=p_value,
        limit_ms=tail.limit if tail else None,
        over=tail.over_second if tail else 0,
        baseline_over=tail.over_first if tail else 0,
        tail_p_value=tail_p_value,
        reference_as_well=False,
    )
    return replace(row, change=_change(row, bounds))


def _median(sample: Sample) -> float | None:
    return float(np.median(sample)) if len(sample) else None


def _change(row: Impact, bounds: ImpactSettings) -> Change:
    if row.shift_ms is None or row.p_value is None or row.tail_p_value is None:
        return Change.LOW_POWER
    ratio = (row.median_ms or 0.0) / max(row.baseline_median_ms or 0.0, 1e-9)
    sure = row.p_value < bounds.significance
    if sure and row.shift_ms.estimate > bounds.floor_ms and ratio > bounds.floor_ratio:
        return Change.SLOWER
    more = row.over / row.samples > max(_SLOWEST, row.baseline_over / row.baseline_samples)
    if row.tail_p_value < bounds.significance and more:
        return Change.OUTLIERS
    if sure and row.shift_ms.estimate < -bounds.floor_ms and ratio < 1 / bounds.floor_ratio:
        return Change.FASTER
    return Change.NONE


def _as_well(row: Impact, reference: list[Impact]) -> bool:
    """Whether the reference target's change in the phase explains this one."""
    beside = [other for other in reference if other.phase == row.phase]
    if row.change is Change.OUTLIERS:
        return any(other.change in (Change.OUTLIERS, Change.SLOWER) for other in beside)
    if row.change is not Change.SLOWER or row.shift_ms is None:
        return False
    low_ms = row.shift_ms.low
    return any(
        other.change is Change.SLOWER and other.shift_ms is not None and other.shift_ms.high >= low_ms
        for other in beside
    )
