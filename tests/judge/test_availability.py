"""The question of availability, and what of it is charged to the upgrade."""

from __future__ import annotations

from pathlib import Path

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


# --- outages and their causes


def test_a_stopped_node_is_named_with_the_release_it_served(tmp_path: Path) -> None:
    story = healthy(drained=False)
    story.fail(ISSUE, 33.4, 34.6)
    story.fail(VALIDATE, 33.5, 34.0, status=0, error="closed", outcome="unknown")

    assert told(story, tmp_path) == [
        "FAIL: An outage of 1.50 s (each edge uncertain by 0.50 s) began 33.50 s into the run: 4 requests "
        "failed (3 http_5xx and 1 closed) in token_issue/new and token_validate/reused; node2 was stopped "
        "(roll, undrained) while it served release 27.1.0."
    ]


def test_a_request_due_before_the_stop_and_cut_by_it_is_laid_to_the_stop(tmp_path: Path) -> None:
    story = healthy(drained=False)
    story.fail(ISSUE, 22.9, 23.1, status=0, error="reset", end_ns=ns(23.4))

    outage = judged(story, tmp_path).outages[0]

    assert (outage.step, outage.node, outage.release) == ("stop", "node1", "27.1.0")


def test_sessions_left_when_the_drain_ended_are_told(tmp_path: Path) -> None:
    story = healthy()
    story.detail("roll", "wait_drained", "node1")["sessions_left"] = 3
    story.fail(ISSUE, 23.4, 23.6)

    assert judged(story, tmp_path).outages[0].cause == (
        "node1 was stopped (roll, drained) while it served release 27.1.0, with 3 sessions left when its "
        "drain ended"
    )


def test_a_failure_while_a_node_drains_comes_back_or_starts_is_laid_to_it(tmp_path: Path) -> None:
    causes = []
    for number, second in enumerate((22.5, 25.5, 29.5)):
        story = healthy()
        story.fail(ISSUE, second, second + 0.1)
        causes.append(judged(story, tmp_path / str(number)).outages[0].cause)

    assert causes == [
        "node1 was being drained (roll, drained) while it served release 27.1.0",
        "node1 was down for its change to release 29.1.0 (roll, drained)",
        "node1 had just come back on release 29.1.0 (roll, drained)",
    ]


def test_an_outage_that_one_other_node_answered_in_full_is_laid_to_it_and_not_to_the_work_under_way(
    tmp_path: Path,
) -> None:
    story = healthy(drained=False)
    story.fail(ISSUE, 23.4, 24.1, node="node2", release="27.1.0", status=503)

    judgement = judged(story, tmp_path)

    assert sentences(judgement, "availability") == [
        "FAIL: An outage of 1.00 s (each edge uncertain by 0.50 s) began 23.50 s into the run: 2 requests "
        "failed (2 http_5xx) in token_issue/new; every one of these requests was answered by node2 on "
        "release 27.1.0, while the harness was at step stop on node1 (roll)."
    ]
    outage = judgement.outages[0]
    assert (outage.phase, outage.step, outage.node, outage.release) == ("roll", "stop", "node2", "27.1.0")


def test_an_outage_in_which_the_balancer_had_a_part_stays_laid_to_the_node_being_worked_on(
    tmp_path: Path,
) -> None:
    story = healthy(drained=False)
    story.fail(ISSUE, 23.4, 23.6, node="node2", release="27.1.0", status=503)
    story.fail(ISSUE, 23.9, 24.1)

    judgement = judged(story, tmp_path)

    assert judgement.outages[0].node == "node1"
    assert judgement.series.failures.iloc[0]["node"] == "node2"


def test_an_outage_that_the_node_being_worked_on_answered_itself_stays_laid_to_its_step(
    tmp_path: Path,
) -> None:
    story = healthy(drained=False)
    story.fail(ISSUE, 23.4, 23.6, node="node1", release="27.1.0", status=503)

    assert judged(story, tmp_path).outages[0].cause == (
        "node1 was stopped (roll, undrained) while it served release 27.1.0"
    )


def test_a_failure_in_contract_is_laid_to_the_one_node_that_answered(tmp_path: Path) -> None:
    story = healthy()
    story.fail(ISSUE, 43.4, 44.1, node="node2", release="27.1.0", status=500)

    assert told(story, tmp_path) == [
        "FAIL: An outage of 1.00 s (each edge uncertain by 0.50 s) began 43.50 s into the run: 2 requests "
        "failed (2 http_5xx) in token_issue/new; keystone-manage db_sync --contract was running, and every "
        "answer came from node2, which served release 27.1.0."
    ]


def test_a_failure_that_the_balancer_tells_of_one_node_is_laid_to_that_node(tmp_path: Path) -> None:
    story = healthy()
    story.fail(ISSUE, 49.9, 51, detail="503 Service Unavailable from balancer, server node2")

    assert told(story, tmp_path) == [
        "FAIL: An outage of 1.00 s (each edge uncertain by 0.50 s) began 50.00 s into the run: 2 requests "
        "failed (2 http_5xx) in token_issue/new; nothing was being changed (cooldown), and the balancer "
        "could not pass any of them to node2."
    ]
    assert judged(story, tmp_path).outages[0].node == "node2"


def test_a_failure_that_the_balancer_tells_of_several_nodes_is_laid_to_none(tmp_path: Path) -> None:
    story = healthy()
    for number, row in enumerate(story.due(ISSUE, 49.9, 51)):
        row.update(outcome="failed", status=503, error="http_5xx", node=None, release=None)
        row["detail"] = f"503 Service Unavailable from balancer, server node{number % 2 + 1}"

    assert judged(story, tmp_path).outages[0].node is None


def test_a_failure_while_nothing_was_changed_says_so(tmp_path: Path) -> None:
    story = healthy()
    story.fail(LOAD, 50.0, 50.3)

    outage = judged(story, tmp_path).outages[0]

    assert outage.cause == "nothing was being changed (cooldown)"
    assert (outage.phase, outage.step, outage.node) == ("cooldown", "observe", None)


def test_an_outage_without_an_end_lasts_until_the_end_of_the_evidence(tmp_path: Path) -> None:
    story = healthy()
    story.fail(ISSUE, 52.9, 60)

    assert told(story, tmp_path) == [
        "FAIL: An outage of 1.00 s (each edge uncertain by 0.50 s) began 53.00 s into the run: 2 requests "
        "failed (2 http_5xx) in token_issue/new; no success followed; nothing was being changed (cooldown)."
    ]


def test_the_silence_of_a_closed_lane_makes_no_outage_longer_or_less_certain(tmp_path: Path) -> None:
    story = healthy(drained=False)
    gone = {row["intended_ns"] for row in story.due(LOAD, 24, 32)}
    story.records[LOAD] = [row for row in story.records[LOAD] if row["intended_ns"] not in gone]
    story.fail(LOAD, 23.7, 24)
    story.fail(ISSUE, 23.4, 23.6)

    assert told(story, tmp_path) == [
        "FAIL: An outage of 0.50 s (each edge uncertain by 0.50 s) began 23.50 s into the run: 2 requests "
        "failed (2 http_5xx) in load/user_get/reused and token_issue/new; node1 was stopped (roll, "
        "undrained) while it served release 27.1.0."
    ]


def test_a_success_after_the_last_phase_still_ends_an_outage(tmp_path: Path) -> None:
    story = healthy()
    story.fail(ISSUE, 53.4, 54.1)

    outage = judged(story, tmp_path).outages[0]

    assert not outage.open_ended
    assert (outage.requests, outage.end_ns) == (1, ns(54.5))


def test_failures_before_the_first_phase_and_after_the_last_are_counted_not_judged(tmp_path: Path) -> None:
    story = healthy()
    story.fail(ISSUE, 1, 2)
    story.fail(ISSUE, 54.2, 56)

    judgement = judged(story, tmp_path)

    assert judgement.verdict is Verdict.PASS
    assert judgement.counts.not_judged == 12
    assert judgement.counts.not_judged_failed == 3
    assert (
        "3 requests that were due before the first probed phase or after the last did not succeed; these are "
        "counted, and not judged."
    ) in judgement.limits


def test_requests_are_ordered_by_when_they_were_due_not_by_when_they_ended(tmp_path: Path) -> None:
    """A request that hangs for 3 s and fails comes after its successors in the file, not in time."""
    story = healthy()
    story.fail(ISSUE, 23.4, 23.6, status=0, error="timeout", end_ns=ns(26.5))

    outage = judged(story, tmp_path).outages[0]

    assert (outage.start_ns, outage.end_ns, outage.requests) == (ns(23.5), ns(24.0), 1)


def test_a_killed_harness_with_nothing_failed_leaves_availability_open(tmp_path: Path) -> None:
    story = healthy()
    story.die(33.5)

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: None of 189 requests failed, but the run did not complete: of the rest of the upgrade "
        "nothing is known."
    ]


def test_what_failed_after_the_harness_died_is_laid_to_the_step_it_left_open(tmp_path: Path) -> None:
    story = healthy(drained=False)
    records = {lane: list(rows) for lane, rows in story.records.items()}
    story.die(33.5)
    story.records = {lane: [r for r in rows if r["end_ns"] < ns(40)] for lane, rows in records.items()}
    story.fail(ISSUE, 35, 40)

    outage = judged(story, tmp_path).outages[0]

    assert (outage.phase, outage.step, outage.node, outage.open_ended) == ("roll", "stop", "node2", True)


def test_a_run_without_probes_proves_no_availability(tmp_path: Path) -> None:
    story = healthy()
    for lane in story.lanes:
        lane["role"] = "load"

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: No probe was sent in the probed phases, so nothing is known of availability."
    ]


# --- answers after the deadline


def test_an_ok_after_the_deadline_is_a_timeout_whatever_its_record_says(tmp_path: Path) -> None:
    story = healthy()
    story.due(ISSUE, 23.4, 23.6)[0]["end_ns"] = ns(23.501 + 10.75)

    judgement = judged(story, tmp_path)

    assert sentences(judgement, "availability") == [
        "FAIL: An outage of 0.50 s (each edge uncertain by 0.50 s) began 23.50 s into the run: 1 request "
        "failed (1 timeout) in token_issue/new; node1 was stopped (roll, drained) while it served release "
        "27.1.0.",
        "FAIL: 1 request in token_issue/new was answered well after the deadline of 10 s, the slowest after "
        "10.75 s; too late is a failure (timeout).",
    ]
    assert judgement.counts.failed == 1
    assert judgement.outages[0].examples == (
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
        "Downtime: token_issue/new had no success for 3.50 s although requests were due, from 23.50 s into "
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
        "1 outage or stall can not be charged to the upgrade: the machine had no room for the load even "
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
    story.fail(ISSUE, 23.4, 24.6)
    story.fail(VALIDATE, 30, 31)

    judgement = judged(story, tmp_path)

    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert sentences(judgement, "availability")[-1] == (
        "INCONCLUSIVE: 2 outages or stalls can not be charged to the upgrade: the machine had no room for "
        "the load even before the upgrade began."
    )
    assert not any(outage.charged for outage in judgement.outages)


def test_timeouts_alone_make_a_baseline_slow(tmp_path: Path) -> None:
    """A saturated cloud answers nothing in time: its latency is that of the requests that got no answer."""
    story = healthy()
    story.fail(VALIDATE, 2, 12, status=0, error="timeout")
    slow(story, VALIDATE, 2, 12, 10.0)
    story.fail(ISSUE, 23.4, 24.6)

    assert judged(story, tmp_path).verdict is Verdict.INCONCLUSIVE


def test_a_lane_that_failed_in_the_baseline_is_not_charged_but_its_neighbour_is(tmp_path: Path) -> None:
    story = healthy(drained=False)
    story.fail(LOAD, 5, 5.5)
    story.fail(LOAD, 30, 30.5)
    story.fail(ISSUE, 23.4, 24.6)

    judgement = judged(story, tmp_path)

    assert judgement.verdict is Verdict.FAIL
    assert [(o.lanes, o.charged) for o in judgement.outages] == [
        ((LOAD,), False),
        ((ISSUE,), True),
        ((LOAD,), False),
    ]
    assert judgement.headline.startswith("Downtime: 3 of 312 requests failed in 1 outage")
    assert sentences(judgement, "availability")[-1] == (
        "INCONCLUSIVE: 2 outages or stalls can not be charged to the upgrade: load/user_get/reused failed "
        "even before the upgrade began."
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
        "INCONCLUSIVE: 1 outage or stall can not be charged to the upgrade: the machine was starved at that "
        "moment."
    )


def test_one_starved_second_excuses_no_outage_elsewhere(tmp_path: Path) -> None:
    story = healthy(drained=False)
    late(story, ISSUE, 30, 31, 0.3)
    late(story, VALIDATE, 30, 31, 0.3)
    story.fail(ISSUE, 23.4, 24.6)

    judgement = judged(story, tmp_path)

    assert judgement.verdict is Verdict.FAIL
    assert judgement.outages[0].charged


def test_an_outage_that_outlasts_the_starved_second_is_charged(tmp_path: Path) -> None:
    story = healthy(drained=False)
    late(story, ISSUE, 23, 24, 0.3)
    late(story, VALIDATE, 23, 24, 0.3)
    story.fail(ISSUE, 23.4, 26.6)

    assert judged(story, tmp_path).outages[0].charged


def test_one_late_probe_among_many_starves_no_second(tmp_path: Path) -> None:
    story = healthy(drained=False)
    late(story, VALIDATE, 23.5, 23.7, 0.3)
    story.fail(ISSUE, 23.4, 23.6)

    assert judged(story, tmp_path).outages[0].charged


def test_more_outages_than_anybody_reads_are_counted(tmp_path: Path) -> None:
    story = healthy()
    rows = story.records[LOAD]
    copies = [dict(row, intended_ns=row["intended_ns"] + k * 10_000_000) for row in rows for k in range(12)]
    story.records[LOAD] = copies
    for row in copies:
        row["start_ns"] = row["end_ns"] = row["intended_ns"]
    for row in copies[60::2]:  # from 6 s on; the baseline's own failures would excuse the lane
        if row["intended_ns"] >= ns(12):
            row.update(outcome="failed", error="http_5xx", status=502)

    judgement = judged(story, tmp_path)

    assert len(judgement.outages) == 500
    assert sentences(judgement, "availability")[-1] == (
        "FAIL: Besides these there were 4 shorter outages; only the 500 longest are told one by one."
    )


def test_judging_an_unfinished_run_does_not_take_it_for_complete(tmp_path: Path) -> None:
    story = healthy()
    story.die(33.5)

    assert judge_run(story.write(tmp_path), running=True).verdict is Verdict.INCONCLUSIVE
