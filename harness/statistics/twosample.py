"""Two samples of latencies compared: how sure a difference is, and how large.

The samples are requests of one lane in two stretches of one run. Three things decide the choice of tests:

- *Latencies are skewed and their spread changes with the phase.* So nothing here assumes a distribution, nor
  equal spreads, which Mann and Whitney's test does: it calls a change of spread a shift (E. Brunner,
  U. Munzel, "The nonparametric Behrens-Fisher problem", Biometrical Journal 42, 2000).
- *Samples are small*, 20 where a lane is probed once a second. Brunner and Munzel's t approximation holds its
  level from 10 a side; the test of the tail is exact.
- *Probes that follow each other are alike*: a busy second makes all of them slow. A test that takes them for
  independent finds differences that are none. So every count is divided by its design effect first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, gammaln, logsumexp, stdtr, stdtrit

CONFIDENCE = 0.95
_GRID = 200
"""Order statistics that stand for a larger sample where every pair is formed: half a percent each."""

Sample = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and its two-sided 95 % confidence interval."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """The second sample against the first."""

    p_value: float
    """Of Brunner and Munzel's test, two-sided, before any correction."""
    superiority: Interval
    """Probability that a sample of the second is larger than one of the first, ties counted half."""
    shift: Interval
    """Hodges and Lehmann's: the median of all differences, in the unit of the samples."""
    effective: tuple[float, float]
    """How many independent samples each side is worth."""


def design_effect(values: NDArray[np.float64]) -> float:
    """How many samples in a row, in order of time, are worth one independent sample; 1 or more.

    1 + 2 * (sum of the autocorrelations), summed by Geyer's initial positive sequence: lags are taken in
    pairs until a pair's sum is not positive any more (C. J. Geyer, Statistical Science 7, 1992). Never below
    1, so that alternation earns no power.
    """
    n = len(values)
    centred = values - values.mean()
    power = float(np.square(centred).sum())
    if n < 4 or power <= 0:
        return 1.0
    size = 1 << (2 * n - 1).bit_length()
    spectrum = np.fft.rfft(centred, size)
    correlation = np.fft.irfft(spectrum * spectrum.conj(), size)[: n // 2] / power
    # The mean was taken from the same samples, which makes each autocorrelation some 1/n too low.
    correlation[1:] += 1.0 / n
    pairs = correlation[: len(correlation) // 2 * 2].reshape(-1, 2).sum(axis=1)
    ends = np.flatnonzero(pairs <= 0)
    total = float(pairs[: ends[0] if len(ends) else len(pairs)].sum())
    return max(1.0, 2.0 * total - 1.0)


def compare(first: Sample, second: Sample) -> Comparison:
    """Compare two samples, each in order of time.

    Raises:
        ValueError: one of them has fewer than two values.
    """
    if min(len(first), len(second)) < 2:
        raise ValueError("two values on each side are the least that can be compared")
    placements = _Placements.of(first, second)
    return Comparison(
        p_value=placements.p_value(),
        superiority=placements.superiority(),
        shift=_shift(first, second),
        effective=(placements.effective_first, placements.effective_second),
    )


@dataclass(frozen=True, slots=True)
class _Placements:
    """What Brunner and Munzel's statistic is made of, with long-run variances in the place of plain ones."""

    centre: float
    variance_first: float
    """Of the placements of the first sample's values in the second, divided by their effective number."""
    variance_second: float
    effective_first: float
    effective_second: float

    @classmethod
    def of(cls, first: Sample, second: Sample) -> _Placements:
        of_first = _share_below(first, second)
        of_second = _share_below(second, first)
        # The larger of both: a short sample can not show how alike its neighbours are, the other one may.
        effect = max(design_effect(of_first), design_effect(of_second))
        worth_first, worth_second = len(first) / effect, len(second) / effect
        return cls(
            centre=float(of_second.mean()),
            variance_first=float(of_first.var(ddof=1)) / worth_first,
            variance_second=float(of_second.var(ddof=1)) / worth_second,
            effective_first=worth_first,
            effective_second=worth_second,
        )

    @property
    def error(self) -> float:
        """Standard error of the centre."""
        return float(np.sqrt(self.variance_first + self.variance_second))

    @property
    def freedom(self) -> float:
        """Degrees of freedom after Satterthwaite."""
        parts = self.variance_first**2 / max(self.effective_first - 1, 1.0) + self.variance_second**2 / max(
            self.effective_second - 1, 1.0
        )
        return (self.variance_first + self.variance_second) ** 2 / parts

    def p_value(self) -> float:
        if self.error > 0:
            return min(1.0, 2 * float(stdtr(self.freedom, -abs(self.centre - 0.5) / self.error)))
        if self.centre == 0.5:
            return 1.0
        # Not one value of one side lies among the other's: two of all equally likely orders are so apart.
        return min(1.0, 2 * float(np.exp(-_log_choose(self.effective_first, self.effective_second))))

    def superiority(self) -> Interval:
        """On the logit scale, where the interval stays inside 0 and 1 (E. Brunner, A. C. Bathke, F.
        Konietschke, "Rank and pseudo-rank procedures", Springer 2018).
        """
        centre = self.centre
        if self.error > 0 and 0 < centre < 1:
            logit = np.log(centre / (1 - centre))
            reach = _quantile(self.freedom) * self.error / (centre * (1 - centre))
            low, high = (1 / (1 + np.exp(-(logit + side * reach))) for side in (-1, 1))
            return Interval(centre, float(low), float(high))
        # Wholly apart: so many independent pairs all told the same.
        pairs = min(self.effective_first, self.effective_second)
        sure = ((1 - CONFIDENCE) / 2) ** (1 / pairs)
        if centre == 0.5:  # nothing but ties
            return Interval(centre, sure / 2, 1 - sure / 2)
        return Interval(centre, sure, 1.0) if centre > 0.5 else Interval(centre, 0.0, 1 - sure)


def _share_below(values: Sample, others: Sample) -> Sample:
    """Share of the others that lies below each value, ties counted half."""
    ordered = np.sort(others)
    below = np.searchsorted(ordered, values, side="left") + np.searchsorted(ordered, values, side="right")
    return np.asarray(below / (2.0 * len(others)))


def _shift(first: Sample, second: Sample) -> Interval:
    """J. L. Hodges, E. L. Lehmann, Annals of Mathematical Statistics 34 (1963).

    The interval holds every shift that Brunner and Munzel's test would not refute; its reach is measured
    where the second sample is moved back by the estimate.
    """
    differences = np.sort(np.subtract.outer(_grid(second), _grid(first)), axis=None)
    estimate = float(np.quantile(differences, 0.5))
    aligned = _Placements.of(first, second - estimate)
    reach = _quantile(aligned.freedom) * aligned.error if aligned.error > 0 else 0.5
    low, high = np.quantile(differences, (max(0.0, 0.5 - reach), min(1.0, 0.5 + reach)))
    return Interval(estimate, float(low), float(high))


def _grid(values: Sample) -> Sample:
    """The values, or evenly spaced order statistics of many."""
    if len(values) <= _GRID:
        return values
    return np.asarray(np.quantile(values, (np.arange(_GRID) + 0.5) / _GRID))


def _quantile(freedom: float) -> float:
    return float(stdtrit(freedom, (1 + CONFIDENCE) / 2))


def _log_choose(first: float, second: float) -> float:
    """Logarithm of the number of orders of two groups, which need not be of whole sizes."""
    return float(gammaln(first + second + 1) - gammaln(first + 1) - gammaln(second + 1))


@dataclass(frozen=True, slots=True)
class Tail:
    """How many of the second sample are slower than all but the slowest of the first."""

    p_value: float
    """Exact, two-sided, before any correction."""
    limit: float
    over_first: int
    over_second: int


def compare_tails(first: Sample, second: Sample, limit: float, share: float) -> Tail:
    """Compare how often two samples, each in order of time, exceed a limit.

    The limit is at or above an order statistic of the first sample. How many of a second sample from the same
    distribution exceed such an order statistic does not depend on that distribution (E. J. Gumbel, H. von
    Schelling, "The distribution of the number of exceedances", Annals of Mathematical Statistics 21, 1950):
    with r of n at or above it, it is beta-binomial with r and n - r + 1. Counts are divided by the design
    effects of their own sample first, as for clustered samples (J. N. K. Rao, A. J. Scott, Biometrics 48,
    1992), and rounded so that the test is the harder to pass.

    Args:
        first: sample with the order statistic.
        second: sample whose exceedances are counted.
        limit: at least the order statistic.
        share: of the first sample at or above the order statistic, 0 to 1.
    """
    over_first, over_second = first > limit, second > limit
    worth_first = max(1, int(len(first) / design_effect(over_first.astype(float))))
    effect = design_effect(over_second.astype(float))
    worth_second = max(1, int(len(second) / effect))
    exceeding = int(np.count_nonzero(over_second) / effect)
    rank = min(worth_first, max(1, int(np.ceil(share * worth_first))))
    more = _exceedances_at_least(exceeding, worth_first, worth_second, rank)
    fewer = 1.0 - _exceedances_at_least(exceeding + 1, worth_first, worth_second, rank)
    return Tail(
        p_value=min(1.0, 2 * min(more, fewer)),
        limit=limit,
        over_first=int(np.count_nonzero(over_first)),
        over_second=int(np.count_nonzero(over_second)),
    )


def _exceedances_at_least(count: int, n: int, m: int, rank: int) -> float:
    """Probability that at least `count` of m new samples exceed the `rank`-th highest of n."""
    if count <= 0:
        return 1.0
    if count > m:
        return 0.0
    k = np.arange(count, m + 1)
    choose = gammaln(m + 1) - gammaln(k + 1) - gammaln(m - k + 1)
    terms = choose + betaln(k + rank, m - k + n - rank + 1) - betaln(rank, n - rank + 1)
    return min(1.0, float(np.exp(logsumexp(terms))))


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """P values corrected for their number, so that one false alarm in all of them is as likely as said.

    S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6
    (1979). Holds whatever the dependence between the comparisons, and lanes of one phase do depend.
    """
    values = np.asarray(p_values, float)
    order = np.argsort(values, kind="stable")
    corrected = np.maximum.accumulate(values[order] * (len(values) - np.arange(len(values))))
    result = np.empty(len(values))
    result[order] = np.minimum(1.0, corrected)
    return tuple(result.tolist())
