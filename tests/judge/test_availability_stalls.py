"""Times without a success, answers that came too late, and what of all that is charged."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.judge import judge_run
from harness.judge.model import Verdict
from tests.judge.story import ISSUE, LOAD, VALIDATE, Story, healthy, judged, ns, question, sentences


def told(story: Story, path: Path, *overrides: str) -> list[str]:
    return sentences(judged(story, path, *overrides), "availability")


def slow(story: Story, lane: str, start: float, end: float, seconds: float) -> None:
    for row in story.due(lane, start, end):
        row["end_ns"] = row["intended_ns"] + round(seconds * 1e9)


def late(story: Story, lane: str, start: float, end: float, seconds: float) -> None:
    for row in story.due(lane, start, end):
        row["start_ns"] += round(seconds * 1e9)
        row["end_ns"] += round(seconds * 1e9)


# --- answers after the deadline


def test_an_ok_after_the_deadline_is_a_timeout_whatever_its_record_says(tmp_path: Path) -> None:
    story = healthy()
    story.due(ISSUE, 23.4, 23.6)[0]["end_ns"] = ns(23.501 + 10.75)

    judgement = judged(story, tmp_path)

    assert sentences(judgement, "availability") == [
        "FAIL: Disrupted from 23.00 s into the run, for at least 0.00 s and at most 1.00 s: 1 of 5 requests "
        "failed (1 timeout) in token_issue/new; node1 was stopped (roll, drained) while it served release "
        "27.1.0.",
        "FAIL: 1 request in token_issue/new was answered well after the deadline of 10 s, the slowest after "
        "10.75 s; too late is a failure (timeout).",
    ]
    assert judgement.counts.failed == 1
    assert judgement.downtime.outages[0].examples == (
        "23.50 s, token_issue/new, timeout, status 200, answered after 10.75 s",
    )


def test_an_ok_within_the_spare_of_a_late_timer_stays_ok(tmp_path: Path) -> None:
    story = healthy()
    story.due(ISSUE, 23.4, 23.6)[0]["end_ns"] = ns(23.501 + 10.45)

    assert judged(story, tmp_path, "judge.stall_budget_s=20").verdict is Verdict.PASS


def test_an_ok_after_the_deadline_is_not_charged_in_a_lane_that_was_late_before(tmp_path: Path) -> None:
    story = healthy()
    story.due(LOAD, 5, 5.5)[0]["end_ns"] += 11_000_000_000

    assert told(story, tmp_path)[-1] == (
        "INCONCLUSIVE: 1 request in load/user_get/reused was answered well after the deadline of 10 s, the "
        "slowest after 11.02 s; too late is a failure (timeout)."
    )


# --- stalls


def test_a_wait_within_the_budget_is_slow_and_no_outage(tmp_path: Path) -> None:
    story = healthy()
    slow(story, ISSUE, 23.4, 26.6, 4.0)

    assert question(judged(story, tmp_path), "availability").verdict is Verdict.PASS


def test_a_stall_over_the_budget_fails_though_every_request_was_answered(tmp_path: Path) -> None:
    story = healthy()
    for row in story.due(ISSUE, 23.4, 26.6):
        row["end_ns"] = ns(27)

    judgement = judged(story, tmp_path, "judge.stall_budget_s=3")

    assert sentences(judgement, "availability") == [
        "FAIL: token_issue/new had no success for 3.50 s although requests were due, from 23.50 s into the "
        "run; the budget is 3 s."
    ]
    assert judgement.headline == (
        "Token_issue/new had no success for 3.50 s although requests were due, from 23.50 s into "
        "the run; the budget is 3 s. Judged under other bounds than the run was made with: "
        "judge.stall_budget_s=3 instead of none."
    )


def test_a_stall_is_uncertain_by_a_probe_interval_where_its_lane_has_a_schedule(tmp_path: Path) -> None:
    story = healthy()
    for lane in (ISSUE, LOAD):
        for row in story.due(lane, 23.4, 26.6):
            row["end_ns"] = ns(27)

    found = question(judged(story, tmp_path, "judge.stall_budget_s=3"), "availability").findings
    assert {finding.lane: finding.uncertainty_ns for finding in found} == {ISSUE: 500_000_000, LOAD: None}


def test_an_outage_names_its_lane_and_its_error_only_where_there_is_one(tmp_path: Path) -> None:
    story = healthy()
    story.fail(ISSUE, 23.4, 24.1)
    story.fail(ISSUE, 33.4, 34.1)
    story.fail(VALIDATE, 33.4, 34.1, error="closed", status=0)

    one, several = question(judged(story, tmp_path), "availability").findings
    assert (one.lane, one.error) == (ISSUE, "http_5xx")
    assert (several.lane, several.error) == (None, None)


def test_a_stall_names_the_step_that_was_under_way(tmp_path: Path) -> None:
    story = healthy()
    story.freeze(VALIDATE, 23.2, 26.6)

    (finding,) = question(judged(story, tmp_path, "judge.stall_budget_s=2"), "availability").findings
    assert (finding.phase, finding.step, finding.node) == ("roll", "stop", "node1")


def test_a_stall_is_not_charged_where_the_machine_had_no_room(tmp_path: Path) -> None:
    story = healthy()
    for row in story.due(VALIDATE, 2, 12):
        row["end_ns"] += 4_000_000_000
    story.freeze(VALIDATE, 23, 29)

    judgement = judged(story, tmp_path, "judge.stall_budget_s=5")

    found = question(judgement, "availability")
    assert found.verdict is Verdict.INCONCLUSIVE
    assert [finding.sentence for finding in found.findings if finding.phase == "roll"] == [
        "token_validate/reused had no success for 5.88 s although requests were due, from 23.12 s into the "
        "run; the budget is 5 s."
    ]
    assert found.findings[-1].sentence == (
        "1 disruption or stall can not be charged to the upgrade: the machine had no room for the load even "
        "before the upgrade began."
    )


def test_a_stall_that_is_an_outage_is_told_once(tmp_path: Path) -> None:
    story = healthy()
    story.fail(ISSUE, 23.4, 26.6)

    assert len(told(story, tmp_path, "judge.stall_budget_s=1")) == 1


# --- what is charged


def test_without_room_nothing_is_charged_and_the_run_is_inconclusive(tmp_path: Path) -> None:
    story = healthy(drained=False)
    slow(story, ISSUE, 2, 12, 3.0)
    story.fail(ISSUE, 23.4, 24.6, status=504)
    story.fail(VALIDATE, 30, 31)

    judgement = judged(story, tmp_path)

    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert sentences(judgement, "availability")[-1] == (
        "INCONCLUSIVE: 2 disruptions or stalls can not be charged to the upgrade: the machine had no room "
        "for the load even before the upgrade began."
    )
    assert not any(outage.charged for outage in judgement.downtime.outages)


def test_timeouts_alone_make_a_baseline_slow(tmp_path: Path) -> None:
    """A saturated cloud answers nothing in time: its latency is that of the requests that got no answer."""
    story = healthy()
    story.fail(VALIDATE, 2, 12, status=0, error="timeout")
    slow(story, VALIDATE, 2, 12, 10.0)
    story.fail(ISSUE, 23.4, 24.6, status=0, error="timeout")

    assert judged(story, tmp_path).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    "failure",
    [{"status": 0, "error": "closed"}, {"status": 0, "error": "refused"}, {"status": 502}, {"status": 503}],
)
def test_no_slowness_explains_a_connection_that_a_stopping_node_cut(
    tmp_path: Path, failure: dict[str, object]
) -> None:
    story = healthy(drained=False)
    slow(story, ISSUE, 2, 12, 3.0)
    story.fail(ISSUE, 23.4, 24.6, **failure)

    judgement = judged(story, tmp_path)
    assert judgement.verdict is Verdict.FAIL
    assert [outage.charged for outage in judgement.downtime.outages] == [True]


@pytest.mark.parametrize(
    "failure",
    [{"status": 0, "error": "timeout"}, {"status": 504}, {"status": 502, "node": "node2"}],
)
def test_slowness_may_explain_what_came_too_late_or_what_a_node_answered(
    tmp_path: Path, failure: dict[str, object]
) -> None:
    story = healthy(drained=False)
    slow(story, ISSUE, 2, 12, 3.0)
    story.fail(ISSUE, 23.4, 24.6, **failure)

    assert judged(story, tmp_path).verdict is Verdict.INCONCLUSIVE


def test_a_cut_while_no_node_was_down_is_excused_on_a_machine_without_room(tmp_path: Path) -> None:
    story = healthy(drained=False)
    slow(story, ISSUE, 2, 12, 3.0)
    story.fail(ISSUE, 30.4, 30.6, status=0, error="closed")

    assert judged(story, tmp_path).verdict is Verdict.INCONCLUSIVE


def test_a_lane_that_failed_in_the_baseline_is_not_charged_but_its_neighbour_is(tmp_path: Path) -> None:
    story = healthy(drained=False)
    story.fail(LOAD, 5, 5.5)
    story.fail(LOAD, 30, 30.5)
    story.fail(ISSUE, 23.4, 24.6)

    judgement = judged(story, tmp_path)

    assert judgement.verdict is Verdict.FAIL
    assert [(o.lanes, o.charged) for o in judgement.downtime.outages] == [
        ((LOAD,), False),
        ((ISSUE,), True),
        ((LOAD,), False),
    ]
    assert judgement.headline.startswith("Disrupted once, at most 2.0 s in all: 3 of 312 requests failed")
    assert sentences(judgement, "availability")[-1] == (
        "INCONCLUSIVE: 2 disruptions or stalls can not be charged to the upgrade: load/user_get/reused "
        "failed even before the upgrade began."
    )


def test_failures_in_the_baseline_alone_are_inconclusive(tmp_path: Path) -> None:
    story = healthy()
    story.fail(ISSUE, 5, 6)

    assert judged(story, tmp_path).verdict is Verdict.INCONCLUSIVE


def test_a_failure_in_a_starved_second_is_not_charged(tmp_path: Path) -> None:
    story = healthy()
    late(story, ISSUE, 30, 31, 0.3)
    late(story, VALIDATE, 30, 31, 0.3)
    story.fail(ISSUE, 30, 30.2)

    judgement = judged(story, tmp_path)

    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert sentences(judgement, "availability")[-1] == (
        "INCONCLUSIVE: 1 disruption or stall can not be charged to the upgrade: the machine was starved "
        "at that moment."
    )


def test_one_starved_second_excuses_no_outage_elsewhere(tmp_path: Path) -> None:
    story = healthy(drained=False)
    late(story, ISSUE, 30, 31, 0.3)
    late(story, VALIDATE, 30, 31, 0.3)
    story.fail(ISSUE, 23.4, 24.6)

    judgement = judged(story, tmp_path)

    assert judgement.verdict is Verdict.FAIL
    assert judgement.downtime.outages[0].charged


def test_an_outage_that_outlasts_the_starved_second_is_charged(tmp_path: Path) -> None:
    story = healthy(drained=False)
    late(story, ISSUE, 23, 24, 0.3)
    late(story, VALIDATE, 23, 24, 0.3)
    story.fail(ISSUE, 23.4, 26.6)

    assert judged(story, tmp_path).downtime.outages[0].charged


def test_one_late_probe_among_many_starves_no_second(tmp_path: Path) -> None:
    story = healthy(drained=False)
    late(story, VALIDATE, 23.5, 23.7, 0.3)
    story.fail(ISSUE, 23.4, 23.6)

    assert judged(story, tmp_path).downtime.outages[0].charged


def test_judging_an_unfinished_run_does_not_take_it_for_complete(tmp_path: Path) -> None:
    story = healthy()
    story.die(33.5)

    assert judge_run(story.write(tmp_path), running=True).verdict is Verdict.INCONCLUSIVE
