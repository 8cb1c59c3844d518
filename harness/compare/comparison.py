"""Arms held against each other: every figure with its interval, its difference and its test."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from harness.compare.arms import Arm, Arms
from harness.compare.figures import METRICS, PRIMARY, Metric
from harness.compare.measured import Measured
from harness.judge.observations import PhaseLatency
from harness.statistics.few_runs import Difference, Summary, difference, smallest_p, summary
from harness.statistics.twosample import holm


@dataclass(frozen=True, slots=True)
class Against:
    """A figure of one arm against the first arm's."""

    arm: str
    difference: Difference
    corrected_p: float | None
    """By Holm's method; None of a figure that decides nothing."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure over all arms."""

    metric: Metric
    summaries: tuple[Summary | None, ...]
    """In the order of the arms; None where a run of the arm has no evidence for it."""
    against: tuple[Against | None, ...]
    """Every arm but the first; None where an arm has no evidence for it."""

    @property
    def is_primary(self) -> bool:
        """Whether the answer rests on it."""
        return self.metric is PRIMARY


@dataclass(frozen=True, slots=True)
class ComparedLatency:
    """The latency of one phase over all arms; intervals for reading, without a test."""

    phase: str
    percentile: str
    """`p50` or `p99`."""
    probes: tuple[int, ...]
    """Fewest probes of a run, by arm."""
    summaries: tuple[Summary | None, ...]
    differences: tuple[Difference | None, ...]
    """Every arm but the first."""


@dataclass(frozen=True, slots=True, eq=False)
class ArmsComparison:
    """Everything that the page, the note and the file say."""

    arms: Arms
    compared: tuple[Compared, ...]
    latency: tuple[ComparedLatency, ...]
    typical: tuple[Measured, ...]
    """One run of each arm: the median by outage seconds, then by failed requests."""

    @property
    def primary(self) -> Compared:
        """The figure that decides."""
        return next(each for each in self.compared if each.is_primary)

    def of(self, key: str) -> Compared:
        """A figure by its key."""
        return next(each for each in self.compared if each.metric.key == key)

    def smallest_p(self, arm: int) -> float | None:
        """The smallest corrected p-value of the deciding figure that so many runs can give `arm`."""
        runs = [len(each.runs) for each in self.arms.arms]
        least = smallest_p(runs[arm], runs[0])
        # Holm's first step multiplies the smallest by the number of comparisons.
        return None if least is None else min(1.0, least * (len(runs) - 1))


def compare_arms(arms: Arms) -> ArmsComparison:
    """Compare each arm with the first.

    The deciding figure alone is tested, its p-values corrected for the number of arms that are compared with
    the first: one question, asked once. All other figures have intervals, to be read.
    """
    compared = (_compared(metric, arms.arms) for metric in METRICS)
    return ArmsComparison(
        arms=arms,
        compared=tuple(_corrected(each) if each.is_primary else each for each in compared),
        latency=tuple(_latency(arms.arms)),
        typical=tuple(typical(arm) for arm in arms.arms),
    )


def typical(arm: Arm) -> Measured:
    """The run in the middle by outage seconds, then failed requests; of an even number the worse of two."""
    ordered = sorted(
        arm.runs,
        key=lambda run: (run.figures.outage_s, run.figures.failed, run.judgement.manifest.clock.wall_ns),
    )
    return ordered[len(ordered) // 2]


def _compared(metric: Metric, arms: Sequence[Arm]) -> Compared:
    values = [_all([metric.of(run.figures) for run in arm.runs]) for arm in arms]
    return Compared(
        metric=metric,
        summaries=tuple(None if each is None else summary(each) for each in values),
        against=tuple(
            None
            if each is None or values[0] is None
            else Against(arm.name, difference(each, values[0], tested=metric is PRIMARY), None)
            for arm, each in zip(arms[1:], values[1:], strict=True)
        ),
    )


def _all(values: Sequence[float | None]) -> list[float] | None:
    """None where one is missing: a mean of those that are there would be of other runs."""
    known = [float(value) for value in values if value is not None]
    return known if len(known) == len(values) else None


def _corrected(compared: Compared) -> Compared:
    """With p-values corrected for the number of arms that have one."""
    told = (against.difference.p_value for against in compared.against if against)
    corrected = iter(holm([p_value for p_value in told if p_value is not None]))
    return replace(compared, against=tuple(_with_p(against, corrected) for against in compared.against))


def _with_p(against: Against | None, corrected: Iterator[float]) -> Against | None:
    if against is None or against.difference.p_value is None:
        return against
    return replace(against, corrected_p=next(corrected))


def _latency(arms: Sequence[Arm]) -> Iterator[ComparedLatency]:
    phases = list(dict.fromkeys(row.phase for arm in arms for run in arm.runs for row in run.figures.latency))
    for phase in phases:
        rows = [[_row(run, phase) for run in arm.runs] for arm in arms]
        probes = tuple(min(row.probes if row else 0 for row in arm) for arm in rows)
        for name in ("p50", "p99"):
            values = [_all([getattr(row, f"{name}_ms") if row else None for row in arm]) for arm in rows]
            yield ComparedLatency(
                phase,
                name,
                probes,
                tuple(None if each is None else summary(each) for each in values),
                tuple(
                    None if each is None or values[0] is None else difference(each, values[0], tested=False)
                    for each in values[1:]
                ),
            )


def _row(run: Measured, phase: str) -> PhaseLatency | None:
    return next((row for row in run.figures.latency if row.phase == phase), None)
