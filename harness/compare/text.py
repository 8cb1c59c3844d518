"""Figures, intervals and p-values as a reader is to see them."""

from __future__ import annotations

from harness.compare.comparison import Against
from harness.compare.figures import Metric, Unit
from harness.report.text import NONE, milliseconds, seconds
from harness.statistics.few_runs import RUNS_MIN, Summary
from harness.statistics.twosample import Interval

MINUS = "\N{MINUS SIGN}"


def figure_words(metric: Metric, value: float | None) -> str:
    """A figure with its unit: `17`, `5.9 s`, `40 ms`."""
    if value is None:
        return NONE
    match metric.unit:
        case Unit.SECONDS:
            return seconds(value)
        case Unit.MILLISECONDS:
            return f"{milliseconds(value)} ms"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def signed(metric: Metric, value: float | None) -> str:
    """A difference, with its sign: `+5.9 s`."""
    if value is None:
        return NONE
    size = figure_words(metric, abs(value))
    if not any(digit in "123456789" for digit in size):
        return size  # a zero has no sign, nor has what is rounded to one
    return f"{'+' if value > 0 else MINUS}{size}"


def mean_words(metric: Metric, summary: Summary | None) -> str:
    """Mean and 95 % interval; why there is none where there is none."""
    if summary is None:
        return NONE
    mean = figure_words(metric, summary.mean)
    if summary.interval is None:
        return f"{mean} ({_no_interval(summary)})"
    # Below zero none of the figures can be.
    low, high = max(summary.interval.low, 0.0), summary.interval.high
    return f"{mean} ({figure_words(metric, low)} to {figure_words(metric, high)})"


def _no_interval(summary: Summary) -> str:
    return "one run" if len(summary.values) < RUNS_MIN else "all runs alike"


def difference_words(metric: Metric, against: Against | None) -> str:
    """Difference of the means and its 95 % interval."""
    if against is None:
        return NONE
    told = against.difference
    return f"{signed(metric, told.estimate)}{interval_words(metric, told.interval)}"


def interval_words(metric: Metric, interval: Interval | None) -> str:
    """` (from +2.1 s to +9.8 s)`, or nothing."""
    if interval is None:
        return ""
    return f" (from {signed(metric, interval.low)} to {signed(metric, interval.high)})"


def p_words(against: Against | None) -> str:
    """The corrected p-value, and the one before correction where they differ."""
    if against is None or against.difference.p_value is None or against.corrected_p is None:
        return NONE
    raw, corrected = number_p(against.difference.p_value), number_p(against.corrected_p)
    return corrected if raw == corrected else f"{corrected} (uncorrected {raw})"


def number_p(value: float | None) -> str:
    """A p-value for reading: two digits, and `below 0.001` under that."""
    if value is None:
        return NONE
    return f"{value:.2g}" if value >= 0.001 else "below 0.001"
