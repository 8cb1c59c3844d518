"""Figures that can be worked out by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.statistics.few_runs import difference, share_upper, smallest_p, summary


def test_the_mean_of_three_runs_has_4_3_standard_errors_to_each_side() -> None:
    told = summary([1.0, 2.0, 3.0])

    assert told.mean == 2.0
    assert told.interval is not None
    half = 4.302653 / math.sqrt(3)  # Student's t with 2 degrees of freedom; the standard deviation is 1
    assert (told.interval.low, told.interval.high) == pytest.approx((2 - half, 2 + half), rel=1e-6)


def test_runs_that_are_all_alike_have_a_mean_and_no_interval() -> None:
    assert summary([0.0, 0.0, 0.0]).mean == 0.0
    assert summary([0.0, 0.0, 0.0]).interval is None


def test_a_single_run_has_no_interval_and_no_test() -> None:
    told = difference([5.0], [1.0, 2.0, 3.0])

    assert summary([5.0]).interval is None
    assert (told.estimate, told.interval, told.p_value) == (3.0, None, None)


def test_the_difference_of_two_arms_has_welchs_interval() -> None:
    told = difference([4.0, 5.0, 6.0], [1.0, 2.0, 3.0])

    half = 2.776445 * math.sqrt(2 / 3)  # equal spreads: 4 degrees of freedom
    assert told.interval is not None
    assert told.interval.estimate == told.estimate == 3.0
    assert (told.interval.low, told.interval.high) == pytest.approx((3 - half, 3 + half), rel=1e-6)


def test_an_arm_without_spread_leaves_the_interval_to_the_other() -> None:
    told = difference([0.0, 0.0, 0.0], [4.0, 5.0, 6.0])

    half = 4.302653 / math.sqrt(3)
    assert told.interval is not None
    assert (told.interval.low, told.interval.high) == pytest.approx((-5 - half, -5 + half), rel=1e-6)


def test_two_arms_without_any_spread_have_no_interval_however_far_apart() -> None:
    assert difference([7.0, 7.0], [1.0, 1.0]).interval is None


@pytest.mark.parametrize(("runs", "ways"), [(2, 6), (3, 20), (4, 70), (5, 252)])
def test_arms_wholly_apart_have_the_smallest_p_there_is(runs: int, ways: int) -> None:
    apart = difference([10.0 + n for n in range(runs)], [float(n) for n in range(runs)])

    assert apart.p_value == pytest.approx(2 / ways)
    assert smallest_p(runs, runs) == pytest.approx(2 / ways)


def test_with_one_run_in_an_arm_no_p_value_is_possible() -> None:
    assert smallest_p(1, 9) is None


def test_a_p_value_counts_the_ways_to_deal_the_runs() -> None:
    # Of the 20 ways to draw three of 1 to 6, {1,2,3} and {1,2,4} have a sum of 7 or less: 2 of 20, twice.
    assert difference([1.0, 2.0, 4.0], [3.0, 5.0, 6.0]).p_value == pytest.approx(0.2)


def test_ties_make_the_test_weaker_and_never_stronger() -> None:
    # One run of six differs, so every way puts it into one arm or the other.
    assert difference([0.0, 0.0, 0.0], [0.0, 0.0, 1.0]).p_value == pytest.approx(1.0)


def test_arms_that_are_all_alike_have_p_1() -> None:
    assert difference([3.0, 3.0, 3.0], [3.0, 3.0, 3.0]).p_value == 1.0


def test_more_ways_than_can_be_counted_are_drawn_and_give_the_same_p_each_time() -> None:
    slow, quick = [10.0 + n / 7 for n in range(11)], [n / 7 for n in range(11)]

    first = difference(slow, quick).p_value

    assert first is not None
    assert 0 < first < 0.001
    assert difference(slow, quick).p_value == first


@given(
    st.lists(st.integers(0, 9), min_size=2, max_size=4),
    st.lists(st.integers(0, 9), min_size=2, max_size=4),
)
def test_swapping_the_arms_turns_the_sign_and_keeps_the_p_value(left: list[int], right: list[int]) -> None:
    a, b = [float(n) for n in left], [float(n) for n in right]
    there, back = difference(a, b), difference(b, a)

    assert there.estimate == pytest.approx(-back.estimate)
    assert there.p_value == pytest.approx(back.p_value)
    least = smallest_p(len(a), len(b))
    assert there.p_value is not None
    assert least is not None
    assert there.p_value >= least - 1e-12


def test_no_failure_in_three_runs_leaves_a_share_of_63_percent_possible() -> None:
    assert share_upper(0, 3) == pytest.approx(1 - 0.05 ** (1 / 3))
    assert share_upper(3, 3) == 1.0
