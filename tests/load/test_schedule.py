"""Arrivals are due when their number says, whatever else happens."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from harness.load.schedule import SECOND_NS, Schedule, due_ns, offsets_beside_ns, offsets_ns


def test_arrival_i_is_due_i_intervals_after_the_first() -> None:
    assert [due_ns(7, 4.0, number) for number in range(4)] == [
        7,
        250_000_007,
        500_000_007,
        750_000_007,
    ]


def test_an_hour_of_a_rate_that_does_not_divide_a_second_does_not_drift() -> None:
    assert due_ns(0, 3.0, 3 * 3600) == 3600 * SECOND_NS


def test_lanes_of_one_rate_share_its_interval_in_equal_parts() -> None:
    assert offsets_ns([5.0, 5.0, 5.0, 5.0]) == (0, 50_000_000, 100_000_000, 150_000_000)


def test_lanes_of_different_rates_never_fall_on_the_same_instant_where_their_rates_allow() -> None:
    schedule = Schedule(0, [3.0, 3.0, 1.0, 1.0])
    due = [schedule.pop()[1] for _ in range(80)]
    gaps = [later - earlier for earlier, later in pairwise(due)]
    assert min(gaps) > 80_000_000  # eight a second, 125 ms apart on average


def test_arrivals_of_all_lanes_come_in_the_order_in_which_they_are_due() -> None:
    schedule = Schedule(1000, [2.0, 1.0])
    assert [schedule.pop() for _ in range(4)] == [
        (0, 1000),
        (1, 250_001_000),
        (0, 500_001_000),
        (0, 1_000_001_000),
    ]
    assert schedule.next_due_ns == 1_250_001_000


@given(st.lists(st.sampled_from([0.5, 1.0, 3.0, 7.0, 50.0]), min_size=1, max_size=8))
def test_each_lane_gets_exactly_its_share_of_any_stretch(rates: list[float]) -> None:
    schedule = Schedule(0, rates)
    counts = [0] * len(rates)
    while schedule.next_due_ns < 10 * SECOND_NS:
        lane, _ = schedule.pop()
        counts[lane] += 1
    for rate, count in zip(rates, counts, strict=True):
        assert abs(count - 10 * rate) <= 1


def test_lanes_beside_fall_between_the_others_and_leave_them_where_they_are() -> None:
    rates = [3.0, 3.0, 3.0, 3.0, 1.0, 1.0, 3.0, 3.0]
    beside = [False] * 6 + [True] * 2

    offsets = offsets_beside_ns(rates, beside)

    assert offsets[:6] == offsets_ns(rates[:6])
    half_ns = round(SECOND_NS / 12 / 2)
    assert offsets[6:] == tuple(offset + half_ns for offset in offsets_ns([3.0, 3.0]))
