"""Whether a run is worse than earlier ones: figure by figure, with the chance of a false alarm bounded."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

# Not scipy.stats, whose import takes a second of every judgement; these are what it calls itself.
from scipy.special import bdtrc, stdtr, stdtrit

from harness.evidence.history import RunFigures
from harness.judge.observations import FigureChange
from harness.statistics.twosample import holm

SIGNIFICANCE = 0.05
"""Chance that a run like the earlier ones is called worse in anything at all. Half of it goes to the figures
of the whole run, half to those of phases and lanes, each corrected for their number."""
FAILED, OUTAGE, STALL, ROLL, MEDIAN, TAIL = "failed", "outage_s", "stall_s", "roll_s", "p50_ms", "p99_ms"
_REQUESTS = "requests"
_COUNTS_MAX = 10_000
"""Failures up to which a bound is sought; more are no bound that anybody reads."""
WHOLE_RUN = (FAILED, OUTAGE, STALL, ROLL, MEDIAN, TAIL)
CELL = (FAILED, OUTAGE, STALL, MEDIAN, TAIL)
_FLOORS = {STALL: (0.25, 1.5), ROLL: (1.0, 1.05), MEDIAN: (20.0, 1.5), TAIL: (20.0, 1.5)}
"""By how much, and how many times, a figure must exceed the mean of the earlier runs to matter, however sure:
a quarter of a second is less than probes are apart; a second is what a health check more or less takes in a
roll; those of latency are the defaults of `impact.floor_ms` and `impact.floor_ratio`."""


@dataclass(frozen=True, slots=True)
class _Sample:
    value: float
    earlier: tuple[float, ...]
    requests: int
    earlier_requests: int


def figure_changes(now: RunFigures, earlier: Sequence[RunFigures]) -> tuple[FigureChange, ...]:
    """Every figure of the whole run, then those of each phase and lane that every run has.

    Durations and latencies are compared by their logarithms with Student's prediction interval for one
    further observation, seconds of outage by their square roots. Failed requests are worse only where two
    tests agree: the exact one for two Poisson counts (J. Przyborowski, H. Wilenski, Biometrika 31 (1940):
    given their sum, one is binomial), and the same prediction interval on Anscombe's square roots
    (Biometrika 35 (1948)), because failures come in bursts and spread wider than counts do. Corrected by
    Holm.
    """
    whole = [_compared(measure, None, None, now, earlier) for measure in WHOLE_RUN]
    cells = []
    for cell in now.cells:
        key = (cell.phase, cell.lane)
        before = [each for run in earlier for each in run.cells if (each.phase, each.lane) == key]
        if len(before) == len(earlier):
            cells += [_compared(measure, *key, cell, before) for measure in CELL]
    return (*_corrected(whole), *_corrected(cells))


def _compared(
    measure: str, phase: str | None, lane: str | None, now: object, earlier: Sequence[object]
) -> FigureChange | None:
    values = [getattr(each, measure) for each in (now, *earlier)]
    if any(value is None for value in values):
        return None
    requests = [int(getattr(each, _REQUESTS)) for each in (now, *earlier)]
    sample = _Sample(float(values[0]), tuple(map(float, values[1:])), requests[0], sum(requests[1:]))
    p_value, bound = _TESTS[measure](sample)
    return FigureChange(measure, phase, lane, sample.value, sample.earlier, bound, p_value, worse=False)


def _corrected(comparisons: Sequence[FigureChange | None]) -> list[FigureChange]:
    known = [each for each in comparisons if each is not None]
    tested = [each for each in known if each.p_value is not None]
    corrected = iter(holm([each.p_value for each in tested if each.p_value is not None]))
    told = [each if each.p_value is None else replace(each, p_value=float(next(corrected))) for each in known]
    return [replace(each, worse=_is_worse(each)) for each in told]


def _is_worse(comparison: FigureChange) -> bool:
    if comparison.p_value is None or comparison.p_value >= SIGNIFICANCE / 2:
        return False
    floor, ratio = _FLOORS.get(comparison.measure, (0.0, 1.0))
    return comparison.value > max(comparison.mean + floor, comparison.mean * ratio)


def _further(
    sample: _Sample, scale: Callable[[float], float], back: Callable[[float], float]
) -> tuple[float, float]:
    """Chance of a further observation as high, and the 95 % bound for one, by Student's t on a scale."""
    before = np.array([scale(value) for value in sample.earlier])
    mean, spread = float(before.mean()), float(before.std(ddof=1)) * math.sqrt(1 + 1 / len(before))
    distance = scale(sample.value) - mean
    if spread < 1e-12:  # all alike: the practical floor decides alone
        return (0.0 if distance > 1e-12 else 1.0), back(mean)
    degrees = len(before) - 1
    bound = mean + float(stdtrit(degrees, 1 - SIGNIFICANCE)) * spread
    return float(stdtr(degrees, -distance / spread)), back(bound)


def _time(sample: _Sample) -> tuple[float | None, float]:
    least = 1e-6  # a stall of 0 s is one between two probes that ended at once
    p_value, bound = _further(sample, lambda value: math.log(max(value, least)), math.exp)
    return p_value, bound


def _outage(sample: _Sample) -> tuple[float | None, float]:
    """Not tested where no earlier run had any: nothing is known of how long one would be; failures tell."""
    if not any(sample.earlier):
        return None, 0.0
    return _further(sample, math.sqrt, lambda root: max(root, 0.0) ** 2)


def _count(sample: _Sample) -> tuple[float | None, float]:
    total = sample.value + sum(sample.earlier)
    share = sample.requests / max(sample.requests + sample.earlier_requests, 1)
    poisson = float(bdtrc(sample.value - 1, int(total), share))
    spread, bound = _further(
        sample, lambda count: 2 * math.sqrt(count + 3 / 8), lambda root: max((root / 2) ** 2 - 3 / 8, 0.0)
    )
    return max(poisson, spread), max(bound, _poisson_bound(sample, share))


def _poisson_bound(sample: _Sample, share: float) -> float:
    """Most failures that the exact test does not yet call more, at 5 %."""
    counts = np.arange(1, min(sample.requests, _COUNTS_MAX) + 1)
    chance = bdtrc(counts - 1, (counts + sum(sample.earlier)).astype(int), share)
    return float(np.count_nonzero(chance >= SIGNIFICANCE))


_TESTS: dict[str, Callable[[_Sample], tuple[float | None, float]]] = {
    FAILED: _count,
    OUTAGE: _outage,
    STALL: _time,
    ROLL: _time,
    MEDIAN: _time,
    TAIL: _time,
}
