"""Ties CLOCK_MONOTONIC, on which every event of a run is timed, to wall time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


def now_ns() -> int:
    """Nanoseconds of CLOCK_MONOTONIC: the same clock in every process of this host."""
    return time.monotonic_ns()


@dataclass(frozen=True, slots=True)
class Clock:
    """One reading of both clocks, taken together."""

    wall_ns: int
    """Nanoseconds since the Unix epoch, UTC."""
    mono_ns: int
    """Nanoseconds of CLOCK_MONOTONIC at the same instant."""

    @classmethod
    def read(cls) -> Clock:
        """Read both clocks: wall time between two monotonic readings, whose middle is used."""
        before = time.monotonic_ns()
        wall = time.time_ns()
        after = time.monotonic_ns()
        return cls(wall_ns=wall, mono_ns=(before + after) // 2)

    def utc(self, mono_ns: int) -> datetime:
        """Wall time (UTC, microseconds) of a monotonic instant of the same host and boot."""
        offset_us = (self.wall_ns + mono_ns - self.mono_ns) // 1_000
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=offset_us)
