"""One figure of a benchmark."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measurement:
    """A figure, its unit, and what it is held against."""

    benchmark: str
    """Module that measured it, e.g. `dispatcher`."""
    case: str
    """What was varied, e.g. `2000 arrivals/s`."""
    figure: str
    """What was measured, unit last, e.g. `lag_ms_p99`."""
    value: float
    goal: float | None = None
    """Bound that the project aims for; None where the figure only informs."""
    at_most: bool = True
    """Whether the goal is an upper bound (True) or a lower one."""
    ratio_to: str | None = None
    """Name of the case that `value` is a ratio to, for ratios."""
