"""The generator's lag is kept in little memory and never told smaller than it was."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.load.lag import LagHistogram


def test_nothing_sent_on_a_schedule_has_no_lag() -> None:
    lag = LagHistogram()
    assert lag.percentile_ms(99) is None
    assert lag.max_ms is None


def test_one_late_request_in_a_hundred_shows_in_the_maximum_and_not_in_the_percentile() -> None:
    lag = LagHistogram()
    for _ in range(99):
        lag.add(1_000_000)
    lag.add(300_000_000)
    assert lag.max_ms == 300.0
    p99 = lag.percentile_ms(99)
    assert p99 is not None
    assert 1.0 <= p99 < 1.04


def test_a_request_sent_early_by_the_clocks_grain_counts_as_on_time() -> None:
    lag = LagHistogram()
    lag.add(-5)
    assert lag.max_ms == 0.0
    assert lag.percentile_ms(99) == 0.0


@given(st.lists(st.integers(0, 10**11), min_size=1, max_size=300), st.integers(1, 100))
def test_a_percentile_is_never_below_the_true_one_and_at_most_a_thirtieth_or_a_microsecond_above(
    lags: list[int], percent: int
) -> None:
    histogram = LagHistogram()
    for value in lags:
        histogram.add(value)
    true_ms = sorted(lags)[-(-len(lags) * percent // 100) - 1] / 1e6
    told = histogram.percentile_ms(percent)
    assert told is not None
    assert true_ms <= told <= max(true_ms * (1 + 1 / 30), 0.00104)
