"""Outages of one lane and of several together, on their own and by their properties."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from harness.evidence.requests import Records
from harness.judge.codes import FAILED, OK, bad
from harness.judge.measures.lane_failures import LaneFailure, lane_failures, together

END = 1_000


def records(due: list[int], outcomes: str) -> Records:
    """Requests due at these instants; `.` went well, `x` did not."""
    instants = np.array(due, np.int64)
    codes = np.array([OK if outcome == "." else FAILED for outcome in outcomes], np.int8)
    word = np.full(len(due), -1, np.int16)
    keys = instants.astype(np.uint64)
    return Records(instants, instants, instants + 1, word, codes, word, word, word, instants, keys)


def found(due: list[int], outcomes: str, rate_hz: float | None = 1e8, lane: int = 0) -> list[LaneFailure]:
    sent = records(due, outcomes)
    return lane_failures(lane, rate_hz, sent, bad(sent), END)


def test_an_outage_runs_from_the_first_failure_to_the_next_success() -> None:
    (failure,) = found([0, 10, 20, 30, 40], "..xx.")

    assert (failure.start_ns, failure.end_ns, failure.uncertainty_ns) == (20, 40, 10)
    assert (failure.first, failure.last, failure.open_ended) == (2, 3, False)


def test_a_lane_that_never_failed_has_no_outage() -> None:
    assert found([0, 10, 20], "...") == []


def test_a_lane_without_requests_has_no_outage() -> None:
    assert found([], "") == []


def test_an_outage_that_no_success_follows_ends_with_the_evidence() -> None:
    (failure,) = found([0, 10, 20], "..x")

    assert (failure.end_ns, failure.open_ended) == (END, True)


def test_a_success_between_two_failures_parts_them() -> None:
    assert [(f.start_ns, f.end_ns) for f in found([0, 10, 20, 30], "x.x.")] == [(0, 10), (20, 30)]


def test_a_probe_that_was_not_sent_widens_the_uncertainty() -> None:
    (failure,) = found([0, 40, 50], ".x.")

    assert failure.uncertainty_ns == 40


def test_a_closed_lane_is_as_uncertain_as_its_requests_are_apart() -> None:
    (failure,) = found([0, 7, 20], ".x.", rate_hz=None)

    assert failure.uncertainty_ns == 13


def test_the_silence_of_a_closed_lane_after_its_failure_is_no_outage() -> None:
    """Its request due at 7 ended at 8; the next was due at 500, long after."""
    (failure,) = found([0, 7, 500], ".x.", rate_hz=None)

    assert (failure.start_ns, failure.end_ns, failure.uncertainty_ns) == (7, 8, 493)


def test_a_closed_lane_that_succeeds_before_its_failure_ended_fails_until_then() -> None:
    sent = records([0, 7, 20], ".x.")
    sent.end_ns[1] = 400

    (failure,) = lane_failures(0, None, sent, bad(sent), END)

    assert failure.end_ns == 20


def test_lanes_that_fail_at_the_same_time_are_one_outage() -> None:
    one, other = found([0, 10, 20], "x..", lane=0), found([5, 15, 25], "xx.", lane=1)

    assert together([*other, *one]) == [(*one, *other)]


def test_a_lane_that_fails_as_another_recovers_belongs_to_the_same_outage() -> None:
    one, other = found([0, 10], "x.", lane=0), found([10, 20], "x.", lane=1)

    assert len(together([*one, *other])) == 1


def test_lanes_that_fail_one_after_the_other_are_two_outages() -> None:
    one, other = found([0, 10], "x.", lane=0), found([11, 20], "x.", lane=1)

    assert together([*one, *other]) == [tuple(one), tuple(other)]


def test_a_long_outage_keeps_together_all_that_fail_during_it() -> None:
    long, early, late = (
        found([0, 90], "x.", lane=0),
        found([5, 10], "x.", lane=1),
        found([60, 70], "x.", lane=2),
    )

    assert len(together([*long, *early, *late])) == 1


lanes = st.lists(
    st.lists(st.tuples(st.integers(0, 200), st.sampled_from(".x")), max_size=30), min_size=1, max_size=4
)


def of_lanes(story: list[list[tuple[int, str]]]) -> list[LaneFailure]:
    failures = []
    for number, rows in enumerate(story):
        rows = sorted(rows, key=lambda row: row[0])
        rate_hz = 1e8 if number % 2 == 0 else None
        failures += found([due for due, _ in rows], "".join(o for _, o in rows), rate_hz, number)
    return failures


@given(lanes)
def test_every_failed_request_lies_in_exactly_one_outage(story: list[list[tuple[int, str]]]) -> None:
    groups = together(of_lanes(story))
    spans = [(group[0].start_ns, max(member.end_ns for member in group)) for group in groups]

    for rows in story:
        for due, outcome in rows:
            if outcome == "x":
                assert sum(start <= due <= end for start, end in spans) == 1


@given(lanes)
def test_outages_lie_apart_and_count_every_failed_request_once(story: list[list[tuple[int, str]]]) -> None:
    groups = together(of_lanes(story))
    spans = [(group[0].start_ns, max(member.end_ns for member in group)) for group in groups]

    assert all(end < start for (_, end), (start, _) in pairwise(spans))
    failed = sum(outcome == "x" for rows in story for _, outcome in rows)
    assert sum(member.last + 1 - member.first for group in groups for member in group) == failed


@given(lanes)
def test_putting_together_what_is_together_changes_nothing(story: list[list[tuple[int, str]]]) -> None:
    groups = together(of_lanes(story))

    assert together([member for group in groups for member in group]) == groups


@given(lanes, st.randoms())
def test_the_order_in_which_lanes_are_looked_at_means_nothing(
    story: list[list[tuple[int, str]]], random: object
) -> None:
    failures = of_lanes(story)
    shuffled = list(failures)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    spans = [[(m.start_ns, m.lane) for m in group] for group in together(failures)]
    assert [[(m.start_ns, m.lane) for m in group] for group in together(shuffled)] == spans
