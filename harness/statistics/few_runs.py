"""Statistics of a handful of runs: means, their differences and a test, each honest about how few there are.

*Mean of an arm*: Student's t interval (Student, "The probable error of a mean", Biometrika 6, 1908). It takes
the runs as draws from a normal distribution, and is as wide as so few runs deserve: with three, 4.3 standard
errors to each side instead of 2. A bootstrap would be far too short there, as it can only shuffle the three
values it has (T. C. Hesterberg, "What Teachers Should Know About the Bootstrap", The American Statistician
69, 2015).

*Difference of two means*: Welch's t interval, which lets the arms scatter differently (B. L. Welch, "The
generalization of Student's problem", Biometrika 34, 1947).

*Test*: permutation test of the difference of the means, two-sided (R. A. Fisher, The Design of Experiments,
1935): in how many of all ways to deal the runs to two arms is the difference as large? It takes nothing for
granted about distributions. Its p-value can not be smaller than two such ways in all: 0.1 with 3 + 3 runs,
0.029 with 4 + 4.

Values that are all equal give no interval: no spread is what few runs happen to show, and no proof of none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from harness.statistics.bounds import error_rate_upper
from harness.statistics.twosample import Interval

CONFIDENCE = 0.95
RUNS_MIN = 2
"""Runs of an arm below which there is no spread, so no interval and no test."""
_PERMUTATIONS_MAX = 20_000
"""All ways to deal 8 + 8 runs are 12,870. Of more ways so many are drawn by chance, which takes a quarter
of a second and gives two digits of a p-value; nobody reads a third."""
_SEED = 20_261_122
"""Of that chance: the same runs give the same p-value."""


@dataclass(frozen=True, slots=True)
class Summary:
    """One figure over the runs of one arm."""

    values: tuple[float, ...]
    mean: float
    interval: Interval | None
    """Of the mean; None with fewer than two runs, or where all are equal."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure of an arm against the same of the first arm."""

    estimate: float
    """Mean of the arm minus mean of the first."""
    interval: Interval | None
    """Of the difference; None with fewer than two runs in an arm, or where neither arm has any spread."""
    p_value: float | None
    """Two-sided, not corrected for the number of comparisons; None with fewer than two runs in an arm, or
    where it is not tested."""


def summary(values: Sequence[float]) -> Summary:
    """Mean of the runs of one arm, at least one, with its 95 % interval by Student's t."""
    mean = math.fsum(values) / len(values)
    if len(set(values)) == 1:
        return Summary(tuple(values), mean, None)
    half = _quantile(len(values) - 1) * float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return Summary(tuple(values), mean, Interval(mean, mean - half, mean + half))


def _quantile(degrees: float) -> float:
    """Standard errors to each side of a mean that hold `CONFIDENCE`."""
    return float(stdtrit(degrees, (1 + CONFIDENCE) / 2))


def difference(values: Sequence[float], first: Sequence[float], *, tested: bool = True) -> Difference:
    """The means of two arms compared, at least one run each.

    Args:
        values: of one arm.
        first: of the arm that it is held against.
        tested: whether anything is decided by it; what is only read has an interval and no p-value.
    """
    estimate = math.fsum(values) / len(values) - math.fsum(first) / len(first)
    if min(len(values), len(first)) < RUNS_MIN:
        return Difference(estimate, None, None)
    p_value = _p_value(values, first) if tested else None
    return Difference(estimate, _welch(values, first, estimate), p_value)


def _welch(values: Sequence[float], first: Sequence[float], estimate: float) -> Interval | None:
    """Written out, because scipy's warns of an arm without spread, which is the usual drained one."""
    arms = (values, first)
    errors = [float(np.var(arm, ddof=1)) / len(arm) if len(set(arm)) > 1 else 0.0 for arm in arms]
    if not any(errors):
        return None
    weights = (error**2 / (len(arm) - 1) for error, arm in zip(errors, arms, strict=True))
    degrees = sum(errors) ** 2 / sum(weights)
    half = _quantile(degrees) * math.sqrt(sum(errors))
    return Interval(estimate, estimate - half, estimate + half)


def _p_value(values: Sequence[float], first: Sequence[float]) -> float:
    if len({*values, *first}) == 1:
        return 1.0  # every way to deal them is as good as another
    from scipy import stats  # a second of import that judging a run has no use for

    result = stats.permutation_test(
        (np.asarray(values, float), np.asarray(first, float)),
        _mean_difference,
        permutation_type="independent",
        vectorized=True,
        n_resamples=_PERMUTATIONS_MAX,
        alternative="two-sided",
        rng=np.random.default_rng(_SEED),
    )
    return float(result.pvalue)


def _mean_difference(
    values: NDArray[np.float64], first: NDArray[np.float64], axis: int = -1
) -> NDArray[np.float64]:
    return np.asarray(np.mean(values, axis=axis) - np.mean(first, axis=axis))


def smallest_p(runs: int, runs_of_first: int) -> float | None:
    """The smallest p-value that so many runs can give, however unlike the arms are; None without a test."""
    if min(runs, runs_of_first) < RUNS_MIN:
        return None
    return min(1.0, 2 / math.comb(runs + runs_of_first, runs))


def share_upper(hit: int, runs: int) -> float:
    """95 % upper bound on the share of all such runs that are hit, where `hit` of `runs` were; 0 to 1."""
    bound = error_rate_upper(hit, runs)
    return 1.0 if bound is None else bound
