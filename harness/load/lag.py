"""How far the generator runs behind its own schedule, in bounded memory whatever the length of the run."""

from __future__ import annotations

import math
from itertools import accumulate

_STEPS_PER_OCTAVE = 32
"""32 steps to a doubling: a figure read back is at most about 3 % above the true one, never below."""
_OCTAVES = 40
"""From 1 us to over 12 days; a run is bounded to far less."""


class LagHistogram:
    """Counts lags in logarithmic buckets."""

    def __init__(self) -> None:
        self._counts = [0] * (_STEPS_PER_OCTAVE * _OCTAVES)
        self._max_ns = 0
        self._total = 0

    def add(self, lag_ns: int) -> None:
        """Count one request that started `lag_ns` after it was due; a negative lag counts as none."""
        if lag_ns > self._max_ns:
            self._max_ns = lag_ns
        self._counts[_bucket(lag_ns)] += 1
        self._total += 1

    @property
    def max_ms(self) -> float | None:
        """The largest lag, exact; None where nothing was counted."""
        return self._max_ns / 1e6 if self._total else None

    def percentile_ms(self, percent: float) -> float | None:
        """Smallest bucket bound that `percent` of the lags do not pass; None where nothing was counted."""
        if not self._total:
            return None
        wanted = math.ceil(self._total * percent / 100)
        bucket = next(number for number, below in enumerate(accumulate(self._counts)) if below >= wanted)
        return min(_upper_ns(bucket), self._max_ns) / 1e6


def _bucket(lag_ns: int) -> int:
    """Bucket of a lag: its octave in microseconds, divided into equal steps."""
    us = lag_ns / 1e3
    if us < 1:
        return 0
    octave = int(us).bit_length() - 1
    step = int((us / (1 << octave) - 1) * _STEPS_PER_OCTAVE)
    return min(octave * _STEPS_PER_OCTAVE + step, _STEPS_PER_OCTAVE * _OCTAVES - 1)


def _upper_ns(bucket: int) -> float:
    octave, step = divmod(bucket, _STEPS_PER_OCTAVE)
    return float((1 << octave) * (1 + (step + 1) / _STEPS_PER_OCTAVE) * 1e3)
