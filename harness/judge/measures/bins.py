"""Stretches of time of which a picture tells one rate or one percentile, on paper and on a screen alike."""

from __future__ import annotations

WIDTHS_S = (0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600)
"""Round ones, so that a reader can name what an edge of a bin is."""
BINS_MAX = 200
"""Of one width in view: more are narrower than a mark."""
SAMPLES_MIN = 50
"""Answers of which a percentile is told. The 99th of fewer is little else than the slowest of them, which are
shown one by one."""
DOTS_MAX = 4_000
"""Answers shown one by one; of more the slowest of each short moment, and no more of those."""
_NS = 1_000_000_000


def bin_ns(length_ns: int) -> int:
    """The narrowest width of which at most `BINS_MAX` cover `length_ns`."""
    return _width_ns(length_ns, BINS_MAX)


def dot_ns(length_ns: int, answers: int) -> int | None:
    """The width of the moments of which the slowest answer is shown; None where each answer is."""
    return None if answers <= DOTS_MAX else _width_ns(length_ns, DOTS_MAX)


def _width_ns(length_ns: int, bins_max: int) -> int:
    widths_ns = (round(width * _NS) for width in WIDTHS_S)
    return next((width for width in widths_ns if length_ns <= width * bins_max), -(-length_ns // bins_max))


def percentile_ns(length_ns: int, answers: int) -> int | None:
    """The narrowest width in which so many answers, evenly spread, are enough for a percentile.

    None where there are not so many in all.
    """
    if answers < SAMPLES_MIN:
        return None
    least_ns = max(bin_ns(length_ns), length_ns * SAMPLES_MIN / answers)
    return next((round(width * _NS) for width in WIDTHS_S if width * _NS >= least_ns), length_ns)
