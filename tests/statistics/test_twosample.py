"""The comparison of two samples: known answers, how often it is wrong, and what it does not see."""

from __future__ import annotations

from importlib import import_module
from math import comb
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from harness.statistics.twosample import Sample, compare, compare_tails, design_effect, holm


def scipys() -> Any:
    """Imported late, as that takes a second; without its stubs, by which some of its answers can not be."""
    return import_module("scipy.stats")


def skewed(random: np.random.Generator, size: int, likeness: float = 0.0, scale: float = 0.5) -> Sample:
    """Latencies: log-normal about 20 ms, each as like its neighbour as asked for."""
    noise = random.standard_normal(size + 20)
    for number in range(1, size + 20):
        noise[number] = likeness * noise[number - 1] + np.sqrt(1 - likeness**2) * noise[number]
    return np.exp(3 + scale * noise[20:])


def alternating(values: list[float]) -> Sample:
    """High and low in turn, with no trend: no value is like its neighbour, so each counts in full."""
    left = sorted(values)
    return np.array([left.pop(0 if number % 2 else -1) for number in range(len(values))])


# --- known answers


def test_independent_samples_give_what_scipys_brunner_munzel_gives() -> None:
    first = alternating([float(value) for value in range(1, 31)])
    second = alternating([float(value) + 6.5 for value in range(1, 31)])

    found = compare(first, second)
    expected = scipys().brunnermunzel(first, second).pvalue

    assert [*found.effective] == [30, 30]
    assert found.p_value == pytest.approx(expected, rel=1e-9)


def test_samples_wholly_apart_give_the_exact_chance_of_that_order() -> None:
    first = alternating([float(value) for value in range(10)])
    found = compare(first, first + 100)

    # By hand: 2 of C(20, 10) orders; the variance is 0 and Brunner and Munzel's statistic is none.
    assert found.p_value == pytest.approx(2 / comb(20, 10))
    assert (found.superiority.estimate, found.superiority.high) == (1.0, 1.0)
    # By hand: ten pairs that all told the same bound it at 0.025 ** (1 / 10).
    assert found.superiority.low == pytest.approx(0.6915, abs=1e-4)
    assert found.shift.estimate == pytest.approx(100)


def test_samples_that_are_the_same_constant_do_not_differ() -> None:
    found = compare(np.full(20, 5.0), np.full(20, 5.0))

    assert (found.p_value, found.superiority.estimate) == (1.0, 0.5)
    assert (found.shift.estimate, found.shift.low, found.shift.high) == (0, 0, 0)


def test_the_shift_is_the_median_of_all_differences() -> None:
    # By hand: 3-1, 3-2, 3-9, 5-1, 5-2, 5-9, 8-1, 8-2, 8-9 = -6, -4, -1, 1, 2, 3, 4, 6, 7.
    assert compare(np.array([1.0, 2.0, 9.0]), np.array([3.0, 5.0, 8.0])).shift.estimate == 2


def test_one_value_can_not_be_compared() -> None:
    with pytest.raises(ValueError, match="two values on each side"):
        compare(np.array([1.0]), np.array([1.0, 2.0]))


def test_values_in_runs_are_worth_fewer_and_alternating_ones_not_more() -> None:
    assert design_effect(np.repeat([1.0, 9.0, 2.0, 8.0, 3.0, 7.0], 10)) > 4
    assert design_effect(np.tile([1.0, 9.0], 30)) == 1.0
    assert design_effect(np.full(30, 4.0)) == 1.0


def test_the_design_effect_of_an_autoregression_is_found() -> None:
    random = np.random.default_rng(5)
    # (1 + 0.6) / (1 - 0.6) = 4 for values that are 0.6 like their neighbours.
    effects = [design_effect(np.log(skewed(random, 2_000, 0.6))) for _ in range(20)]
    assert float(np.mean(effects)) == pytest.approx(4.0, rel=0.15)


def test_exceedances_are_beta_binomial() -> None:
    first = alternating([float(value) for value in range(1, 41)])
    second = np.where(np.arange(40) % 5 == 0, 100.0, 1.0)

    tail = compare_tails(first, second, limit=38.0, share=2 / 40)

    assert (tail.over_first, tail.over_second) == (2, 8)
    # The two of the first sample came together, so its 40 values are worth 16 and its two highest are one.
    assert tail.p_value == pytest.approx(2 * scipys().betabinom.sf(7, 40, 1, 16))


def test_holm_corrects_as_in_his_paper() -> None:
    # By hand: 0.01 * 4, max(0.04, 0.02 * 3), max(., 0.03 * 2), max(., 0.04); in the order given.
    assert holm([0.03, 0.01, 0.04, 0.02]) == pytest.approx((0.06, 0.04, 0.06, 0.06))
    assert holm([]) == ()


# --- how often it is wrong


@pytest.mark.parametrize("likeness", [0.0, 0.3, 0.5])
@pytest.mark.parametrize("sizes", [(60, 20), (60, 60)])
def test_false_alarms_are_as_rare_as_said(likeness: float, sizes: tuple[int, int]) -> None:
    random = np.random.default_rng(20_261_122)
    runs = 400
    alarms = tail_alarms = 0
    for _ in range(runs):
        first, second = (skewed(random, size, likeness) for size in sizes)
        found = compare(first, second)
        if min(found.effective) < 10:  # the judge calls that low power
            continue
        alarms += found.p_value < 0.05
        limit = float(np.sort(first)[-3])
        tail_alarms += compare_tails(first, second, limit, 3 / sizes[0]).p_value < 0.05
    # 5 % are allowed; three standard errors of 400 runs are 3.3 %.
    assert alarms / runs < 0.05 + 0.033
    assert tail_alarms / runs < 0.05 + 0.033


def test_a_change_of_spread_alone_is_no_shift() -> None:
    random = np.random.default_rng(7)
    runs = 300
    alarms = sum(
        compare(skewed(random, 60), skewed(random, 30, scale=1.5)).p_value < 0.05 for _ in range(runs)
    )
    assert alarms / runs < 0.05 + 0.038


def test_the_interval_holds_the_true_shift_as_often_as_said() -> None:
    random = np.random.default_rng(11)
    runs = 300
    held = 0
    for _ in range(runs):
        shift = compare(skewed(random, 60), skewed(random, 40) + 15).shift
        held += shift.low <= 15 <= shift.high
    assert held / runs > 0.95 - 0.038


def test_a_true_shift_is_found() -> None:
    random = np.random.default_rng(13)
    found = sum(compare(skewed(random, 60), skewed(random, 30) + 20).p_value < 0.001 for _ in range(100))
    assert found > 95


def test_a_tail_without_a_shift_is_found_by_the_test_of_the_tail_alone() -> None:
    first = skewed(np.random.default_rng(17), 200)
    second = first.copy()
    second[np.argsort(first)[-30:]] += 500

    assert compare(first, second).p_value > 0.05
    assert compare_tails(first, second, float(np.sort(first)[-10]) * 1.5, 10 / 200).p_value < 0.01


# --- whatever the samples

values = st.lists(st.floats(0.1, 1e5), min_size=2, max_size=60).map(np.array)


@given(values, values)
def test_it_always_answers_within_bounds(first: Sample, second: Sample) -> None:
    found = compare(first, second)

    assert 0 <= found.p_value <= 1
    assert 0 <= found.superiority.low <= found.superiority.estimate <= found.superiority.high <= 1
    assert found.shift.low <= found.shift.estimate <= found.shift.high


@given(values, values)
def test_sides_changed_tell_the_same_the_other_way_round(first: Sample, second: Sample) -> None:
    one, other = compare(first, second), compare(second, first)

    assert one.p_value == pytest.approx(other.p_value, abs=1e-9)
    assert one.superiority.estimate == pytest.approx(1 - other.superiority.estimate, abs=1e-9)
    assert one.shift.estimate == pytest.approx(-other.shift.estimate, abs=1e-6)


@given(values, values, st.floats(0.1, 1e5), st.floats(0.01, 1.0))
def test_the_tail_always_answers_within_bounds(
    first: Sample, second: Sample, limit: float, share: float
) -> None:
    assert 0 <= compare_tails(first, second, limit, share).p_value <= 1


@given(st.lists(st.floats(0, 1), max_size=30))
def test_a_corrected_p_value_is_never_smaller_and_keeps_the_order(p_values: list[float]) -> None:
    corrected: NDArray[np.float64] = np.array(holm(p_values))

    assert all(after >= before for before, after in zip(p_values, corrected, strict=True))
    assert [*np.argsort(p_values, kind="stable")] == sorted(
        range(len(p_values)), key=lambda i: (corrected[i], p_values[i], i)
    )
