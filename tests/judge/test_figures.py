"""The figures of a judgement: counts, latencies, gaps, bounds, and what the picture draws."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.judge.measures import bins
from harness.judge.measures.series import FAILURES_MAX
from harness.judge.model import Judgement, LaneStats
from harness.judge.words import at_most_seconds, counted, listed, percent
from harness.statistics.bounds import error_rate_upper
from tests.judge.story import ISSUE, LOAD, VALIDATE, healthy, judged, ns


def stats(judgement: Judgement, lane: str, phase: str | None = None) -> LaneStats:
    return next(s for s in judgement.lanes if (s.lane, s.phase) == (lane, phase))


# --- bounds


def test_the_bound_on_no_failure_is_the_rule_of_three() -> None:
    assert error_rate_upper(0, 1_000) == pytest.approx(3 / 1_000, rel=0.01)


def test_the_bound_is_exact_for_few_requests() -> None:
    # 1 - 0.05 ** (1 / 10), by hand.
    assert error_rate_upper(0, 10) == pytest.approx(0.2588656)


def test_nothing_sent_bounds_nothing_and_nothing_well_bounds_at_one() -> None:
    assert error_rate_upper(0, 0) is None
    assert error_rate_upper(5, 5) == 1.0


# --- lanes


def test_latency_counts_from_the_intended_time_of_answered_requests(tmp_path: Path) -> None:
    story = healthy()
    for number, row in enumerate(story.due(ISSUE, 2, 12)):
        row["end_ns"] = row["intended_ns"] + (number + 1) * 10_000_000
    story.fail(VALIDATE, 2, 12, status=0, error="reset")

    judgement = judged(story, tmp_path)
    baseline = stats(judgement, ISSUE, "baseline")

    assert (baseline.latency_ms_p50, baseline.latency_ms_max) == (105.0, 200.0)
    assert baseline.latency_ms_p95 == pytest.approx(190.5)
    assert stats(judgement, VALIDATE, "baseline").latency_ms_p50 is None


def test_a_gap_that_straddles_phases_counts_in_each_with_its_own_part(tmp_path: Path) -> None:
    story = healthy()
    for row in story.due(ISSUE, 44.9, 47.1):
        row["end_ns"] = ns(47.2)

    judgement = judged(story, tmp_path)

    assert stats(judgement, ISSUE).gap_s_max == pytest.approx(2.2)
    assert stats(judgement, ISSUE, "contract").gap_s_max == pytest.approx(1.0)
    assert stats(judgement, ISSUE, "restore").gap_s_max == pytest.approx(1.2)


def test_no_gap_is_seen_where_nothing_was_due(tmp_path: Path) -> None:
    story = healthy()
    gone = {row["intended_ns"] for row in story.due(LOAD, 20, 30)}
    story.records[LOAD] = [row for row in story.records[LOAD] if row["intended_ns"] not in gone]

    assert stats(judged(story, tmp_path), LOAD).gap_s_max == pytest.approx(0.02)


def test_requests_that_never_ended_well_are_a_gap_until_the_last_of_them_ended(tmp_path: Path) -> None:
    story = healthy()
    story.fail(ISSUE, 50, 60)

    # Due from 50.0 on; the last judged one was due at 53.5 and took 20 ms.
    assert stats(judged(story, tmp_path), ISSUE).gap_s_max == pytest.approx(3.52)


def test_probes_that_stop_early_can_not_have_seen_what_came_after(tmp_path: Path) -> None:
    story = healthy()
    story.records[ISSUE] = [row for row in story.records[ISSUE] if row["intended_ns"] < ns(50)]

    judgement = judged(story, tmp_path)

    assert judgement.minimum_detectable_outage_s == pytest.approx(4.499)
    assert judgement.detectable_whole_outage_s == pytest.approx(0.5)


def test_unsent_requests_are_due_and_not_sent(tmp_path: Path) -> None:
    story = healthy()
    for row in story.due(ISSUE, 30, 31):
        row.update(outcome="unsent", error="pool_full", status=0)

    lane = stats(judged(story, tmp_path), ISSUE, "roll")

    assert (lane.requests, lane.unsent) == (40, 2)
    assert lane.detectable_outage_s == pytest.approx(1.5)
    assert lane.error_rate_upper_95 == error_rate_upper(0, 38)


def test_counts_of_phases_add_up_to_the_run(tmp_path: Path) -> None:
    judgement = judged(healthy(), tmp_path)

    parts = sum(s.requests for s in judgement.lanes if s.phase is not None)
    assert parts == judgement.counts.requests == sum(s.requests for s in judgement.lanes if s.phase is None)


# --- the picture


def test_the_rate_is_told_by_release_and_none_where_nobody_answered(tmp_path: Path) -> None:
    story = healthy()
    story.fail(ISSUE, 30, 31)

    rate = judged(story, tmp_path).series.rate
    nobody = rate[rate["release"] == "none"]

    assert list(rate.columns) == ["bucket", "release", "requests", "failed"]
    assert (nobody["requests"].sum(), nobody["failed"].sum()) == (2, 2)
    assert rate["requests"].sum() == 324
    assert set(rate[rate["bucket"] < ns(24)]["release"]) == {"27.1.0"}
    assert set(rate[rate["bucket"] > ns(45)]["release"]) == {"29.1.0"}


def test_the_rate_of_a_minute_is_told_by_halves_of_a_second(tmp_path: Path) -> None:
    series = judged(healthy(), tmp_path).series

    assert series.bucket_ns == 500_000_000
    assert set((series.rate["bucket"] - ns(0)) % series.bucket_ns) == {0}


def test_no_percentile_is_told_of_fewer_than_fifty_answers_which_are_shown_one_by_one(tmp_path: Path) -> None:
    """Four probes a second: 250 ms had one or two of them, and p99 was the maximum."""
    series = judged(healthy(), tmp_path).series
    due_ns = series.answers["intended_ns"]

    assert series.latency_ns == 30_000_000_000
    assert list(series.latency["bucket"]) == [ns(0), ns(30)]
    assert len(series.answers) == 216
    for start_ns in series.latency["bucket"]:
        assert due_ns.between(start_ns, start_ns + series.latency_ns - 1).sum() >= 50
    assert series.answers_ns is None


def test_of_very_many_answers_the_slowest_of_each_moment_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bins, "DOTS_MAX", 60)
    story = healthy()
    story.slow(ISSUE, 30, 30.4, by_s=2.0)
    series = judged(story, tmp_path).series

    assert series.answers_ns == 1_000_000_000
    assert len(series.answers) == 54
    assert series.answers["latency_ms"].max() == pytest.approx(2_020.0)


def test_a_stretch_with_fewer_than_fifty_answers_leaves_its_percentiles_open(tmp_path: Path) -> None:
    story = healthy()
    for lane in (ISSUE, VALIDATE):
        story.fail(lane, 31, 54, status=0)

    assert list(judged(story, tmp_path).series.latency["bucket"]) == [ns(0)]


def test_latency_of_the_picture_is_that_of_the_open_lanes(tmp_path: Path) -> None:
    story = healthy()
    for row in story.due(LOAD, 2, 54):
        row["end_ns"] += 1_000_000_000

    assert judged(story, tmp_path).series.answers["latency_ms"].max() == pytest.approx(20.0)


def test_failures_of_the_picture_are_thinned_evenly(tmp_path: Path) -> None:
    story = healthy()
    row = story.due(LOAD, 30, 30.5)[0]
    copies = [
        {
            **row,
            "intended_ns": ns(30) + k * 1_000,
            "outcome": "failed",
            "error": "reset",
            "request_id": str(k),
        }
        for k in range(2 * FAILURES_MAX)
    ]
    for copy in copies:
        copy["start_ns"] = copy["intended_ns"]
    story.records[LOAD] += copies

    failures = judged(story, tmp_path).series.failures

    assert len(failures) == FAILURES_MAX
    assert (failures["request_id"].iloc[0], failures["request_id"].iloc[-1]) == (
        "0",
        str(2 * FAILURES_MAX - 1),
    )


# --- words


def test_numbers_and_lists_read_as_english() -> None:
    assert counted(1, "request") == "1 request"
    assert counted(1521, "request") == "1,521 requests"
    assert listed([]) == ""
    assert listed(["a"]) == "a"
    assert listed(["a", "b"]) == "a and b"
    assert listed("abcd") == "a, b, c and d"
    assert listed("abcdef") == "a, b, c and 3 more"


def test_a_bound_in_seconds_is_rounded_up_so_that_it_still_holds() -> None:
    assert at_most_seconds(0.5) == "0.50 s"
    assert at_most_seconds(1.0001) == "1.01 s"


def test_a_share_has_two_significant_digits() -> None:
    assert percent(0.00196) == "0.2 %"
    assert percent(0.0142) == "1.4 %"
