"""How wide a stretch is of which one figure is told."""

from __future__ import annotations

import pytest

from harness.judge.measures.bins import bin_ns, dot_ns, percentile_ns

S = 1_000_000_000


@pytest.mark.parametrize(("length_s", "width_s"), [(5, 0.1), (52, 0.5), (182, 1), (790, 5), (86_400, 900)])
def test_a_bin_is_the_narrowest_round_width_of_which_a_picture_can_show_all(
    length_s: float, width_s: float
) -> None:
    assert bin_ns(round(length_s * S)) == width_s * S


@pytest.mark.parametrize(
    ("rate_hz", "width_s"), [(0.25, None), (4, 30), (16, 5), (24, 5), (100, 1), (10_000, 1)]
)
def test_a_percentile_is_of_the_narrowest_width_with_fifty_answers_and_of_no_bin_below_it(
    rate_hz: float, width_s: float | None
) -> None:
    told = percentile_ns(180 * S, round(180 * rate_hz))

    assert told == (None if width_s is None else width_s * S)


def test_fifty_answers_in_all_have_one_percentile() -> None:
    assert percentile_ns(7 * S, 50) == 10 * S
    assert percentile_ns(7_200 * S, 50) == 7_200 * S
    assert percentile_ns(7_200 * S, 49) is None


def test_answers_are_shown_one_by_one_while_they_are_few() -> None:
    assert dot_ns(250 * S, 4_000) is None
    assert dot_ns(250 * S, 4_001) == S // 10
    assert dot_ns(3_600 * S, 57_600) == S
