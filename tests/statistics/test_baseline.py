"""The rule of a good baseline, at its bounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.statistics.baseline import Pace

MS = 1_000_000


@dataclass(frozen=True)
class Bounds:
    baseline_p99_ms_max: float = 1_000.0
    lag_p99_ms_max: float = 100.0


def _pace(latency_ms: int, lag_ms: int, number: int = 100) -> Pace:
    due = np.arange(number, dtype=np.int64) * 1_000 * MS
    return Pace.of(due, due + lag_ms * MS, due + latency_ms * MS)


def test_a_baseline_at_its_bounds_is_good() -> None:
    pace = _pace(1_000, 100)
    assert (pace.probes, pace.latency_ms_p99, pace.lag_ms_p99) == (100, 1_000.0, 100.0)
    assert not pace.is_slow(Bounds())
    assert not pace.is_late(Bounds())


def test_one_that_takes_longer_is_slow_and_one_that_left_later_is_late() -> None:
    assert _pace(1_001, 1).is_slow(Bounds())
    assert _pace(200, 101).is_late(Bounds())


def test_one_slow_request_in_a_thousand_is_no_slow_baseline() -> None:
    due = np.arange(1_000, dtype=np.int64) * MS
    end = due + 20 * MS
    end[500] += 5_000 * MS
    assert not Pace.of(due, due, end).is_slow(Bounds())


def test_where_nothing_was_sent_there_is_no_pace_to_object_to() -> None:
    pace = _pace(0, 0, number=0)
    assert pace == Pace(0, None, None)
    assert not pace.is_slow(Bounds())
    assert not pace.is_late(Bounds())
