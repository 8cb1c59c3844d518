"""The rule of a good baseline: quick enough, and sent on time, or nothing after it means anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

PERCENTILE = 99


class PaceBounds(Protocol):
    """What a baseline is held against; the judge's settings have it."""

    @property
    def baseline_p99_ms_max(self) -> float:
        """Slower than this, the machine has no room for the load."""

    @property
    def lag_p99_ms_max(self) -> float:
        """Sent later than this, the probes' times are not to be trusted."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How quickly requests were answered and how late they left, on a schedule."""

    probes: int
    """Sent ones."""
    latency_ms_p99: float | None
    """From intended time to end, failed ones included: a timeout is slow, too. None where none was sent."""
    lag_ms_p99: float | None
    """From intended time to start."""

    @classmethod
    def of(
        cls, intended_ns: NDArray[np.int64], start_ns: NDArray[np.int64], end_ns: NDArray[np.int64]
    ) -> Self:
        """The pace of requests that were sent; of open-model lanes, for others make their own schedule."""
        return cls(len(intended_ns), _p99_ms(end_ns - intended_ns), _p99_ms(start_ns - intended_ns))

    def is_slow(self, bounds: PaceBounds) -> bool:
        """Whether answers took longer than a baseline may."""
        return self.latency_ms_p99 is not None and self.latency_ms_p99 > bounds.baseline_p99_ms_max

    def is_late(self, bounds: PaceBounds) -> bool:
        """Whether requests left later than their times can be trusted."""
        return self.lag_ms_p99 is not None and self.lag_ms_p99 > bounds.lag_p99_ms_max


def _p99_ms(spans_ns: NDArray[np.int64]) -> float | None:
    return float(np.percentile(spans_ns / 1e6, PERCENTILE)) if len(spans_ns) else None
