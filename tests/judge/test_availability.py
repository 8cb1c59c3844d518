"""Outages and their causes."""

from __future__ import annotations

from pathlib import Path

from harness.judge.model import Verdict
from tests.judge.story import ISSUE, LOAD, VALIDATE, Story, healthy, judged, ns, sentences


def told(story: Story, path: Path, *overrides: str) -> list[str]:
    return sentences(judged(story, path, *overrides), "availability")


def test_a_stopped_node_is_named_with_the_release_it_served(tmp_path: Path) -> None:
    story = healthy(drained=False)
    story.fail(ISSUE, 33.4, 34.6)
    story.fail(VALIDATE, 33.5, 34.0, status=0, error="closed", outcome="unknown")

    assert told(story, tmp_path) == [
        "FAIL: Disrupted from 33.12 s into the run, for at least 1.00 s and at most 1.50 s: 4 of 8 requests "
        "failed (3 http_5xx and 1 closed) in token_issue/new and token_validate/reused; node2 was stopped "
        "(roll, undrained) while it served release 27.1.0."
    ]


def test_a_request_due_before_the_stop_and_cut_by_it_is_laid_to_the_stop(tmp_path: Path) -> None:
    story = healthy(drained=False)
    story.fail(ISSUE, 22.9, 23.1, status=0, error="reset", end_ns=ns(23.4))

    outage = judged(story, tmp_path).downtime.outages[0]

    assert (outage.step, outage.node, outage.release) == ("stop", "node1", "27.1.0")


def test_sessions_left_when_the_drain_ended_are_told(tmp_path: Path) -> None:
    story = healthy()
    story.detail("roll", "wait_drained", "node1")["sessions_left"] = 3
    story.fail(ISSUE, 23.4, 23.6)

    assert judged(story, tmp_path).downtime.outages[0].cause == (
        "node1 was stopped (roll, drained) while it served release 27.1.0, with 3 sessions left when its "
        "drain ended"
    )


def test_a_failure_while_a_node_drains_comes_back_or_starts_is_laid_to_it(tmp_path: Path) -> None:
    causes = []
    for number, second in enumerate((22.5, 25.5, 29.5)):
        story = healthy()
        story.fail(ISSUE, second, second + 0.1)
        causes.append(judged(story, tmp_path / str(number)).downtime.outages[0].cause)

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
        "FAIL: Disrupted from 23.00 s into the run, for at least 0.50 s and at most 1.50 s: 2 of 8 requests "
        "failed (2 http_5xx) in token_issue/new; every one of these requests was answered by node2 on "
        "release 27.1.0, while the harness was at step stop on node1 (roll)."
    ]
    outage = judgement.downtime.outages[0]
    assert (outage.phase, outage.step, outage.node, outage.release) == ("roll", "stop", "node2", "27.1.0")


def test_a_node_that_is_off_is_not_blamed_for_what_the_others_answered(tmp_path: Path) -> None:
    story = healthy(drained=False)
    for name in ("node2", "node3"):
        story.fail(ISSUE, 23.4 if name == "node2" else 23.9, 24.1, node=name, release="27.1.0", status=404)

    outage = judged(story, tmp_path).downtime.outages[0]
    assert outage.cause == (
        "every one of these requests was answered by node2 and node3 on release 27.1.0, while the harness "
        "was at step stop on node1 (roll)"
    )
    assert (outage.phase, outage.step, outage.node, outage.release) == ("roll", "stop", None, "27.1.0")


def following_the_new_release(first_s: float = 22) -> Story:
    """Every third answer of the new release, from either node, is a 500 from then on."""
    story = healthy(drained=False)
    for lane in (ISSUE, VALIDATE, LOAD):
        new = [row for row in story.due(lane, first_s, 54) if row["release"] == "29.1.0"]
        for row in new[::3]:
            row.update(outcome="failed", status=500, error="http_5xx")
    return story


def test_failures_that_follow_the_release_that_answered_are_laid_to_it_and_to_no_node(tmp_path: Path) -> None:
    judgement = judged(following_the_new_release(), tmp_path)

    assert judgement.headline.endswith("every failure was answered by release 29.1.0, none by the other.")
    assert {(o.step, o.node, o.release) for o in judgement.downtime.outages} == {(None, None, "29.1.0")}
    assert judgement.downtime.outages[0].cause == (
        "all 48 failures of the run were answered by release 29.1.0, at node1 and node2, and none by 27.1.0, "
        "which answered 12 requests of the same lanes well meanwhile"
    )


def test_a_release_that_served_before_the_failures_alone_tells_nothing_of_the_other(tmp_path: Path) -> None:
    assert judged(following_the_new_release(first_s=40), tmp_path).downtime.followed is None


def test_one_failure_that_nobody_answered_and_no_release_is_blamed(tmp_path: Path) -> None:
    story = following_the_new_release()
    story.fail(ISSUE, 23.4, 23.6)

    judgement = judged(story, tmp_path)
    assert judgement.downtime.followed is None
    assert judgement.downtime.outages[0].node == "node1"


def test_an_outage_in_which_the_balancer_had_a_part_stays_laid_to_the_node_being_worked_on(
    tmp_path: Path,
) -> None:
    story = healthy(drained=False)
    story.fail(ISSUE, 23.4, 23.6, node="node2", release="27.1.0", status=503)
    story.fail(ISSUE, 23.9, 24.1)

    judgement = judged(story, tmp_path)

    assert judgement.downtime.outages[0].node == "node1"
    assert judgement.series.failures.iloc[0]["node"] == "node2"


def test_an_outage_that_the_node_being_worked_on_answered_itself_stays_laid_to_its_step(
    tmp_path: Path,
) -> None:
    story = healthy(drained=False)
    story.fail(ISSUE, 23.4, 23.6, node="node1", release="27.1.0", status=503)

    assert judged(story, tmp_path).downtime.outages[0].cause == (
        "node1 was stopped (roll, undrained) while it served release 27.1.0"
    )


def test_a_failure_in_contract_is_laid_to_the_one_node_that_answered(tmp_path: Path) -> None:
    story = healthy()
    story.fail(ISSUE, 43.4, 44.1, node="node2", release="27.1.0", status=500)

    assert told(story, tmp_path) == [
        "FAIL: Disrupted from 43.00 s into the run, for at least 0.50 s and at most 1.50 s: 2 of 8 requests "
        "failed (2 http_5xx) in token_issue/new; keystone-manage db_sync --contract was running, and every "
        "answer came from node2, which served release 27.1.0."
    ]


def test_a_failure_that_the_balancer_tells_of_one_node_is_laid_to_that_node(tmp_path: Path) -> None:
    story = healthy()
    story.fail(ISSUE, 49.9, 51, detail="503 Service Unavailable from balancer, server node2")

    assert told(story, tmp_path) == [
        "FAIL: Disrupted from 49.50 s into the run, for at least 0.50 s and at most 1.50 s: 2 of 8 requests "
        "failed (2 http_5xx) in token_issue/new; nothing was being changed (cooldown), and the balancer "
        "could not pass any of them to node2."
    ]
    assert judged(story, tmp_path).downtime.outages[0].node == "node2"


def test_a_failure_that_the_balancer_tells_of_several_nodes_is_laid_to_none(tmp_path: Path) -> None:
    story = healthy()
    for number, row in enumerate(story.due(ISSUE, 49.9, 51)):
        row.update(outcome="failed", status=503, error="http_5xx", node=None, release=None)
        row["detail"] = f"503 Service Unavailable from balancer, server node{number % 2 + 1}"

    assert judged(story, tmp_path).downtime.outages[0].node is None


def test_a_failure_while_nothing_was_changed_says_so(tmp_path: Path) -> None:
    story = healthy()
    story.fail(LOAD, 50.0, 50.3)

    outage = judged(story, tmp_path).downtime.outages[0]

    assert outage.cause == "nothing was being changed (cooldown)"
    assert (outage.phase, outage.step, outage.node) == ("cooldown", "observe", None)


def test_an_outage_without_an_end_lasts_until_the_end_of_the_evidence(tmp_path: Path) -> None:
    story = healthy()
    story.fail(ISSUE, 52.9, 60)

    assert told(story, tmp_path) == [
        "FAIL: Disrupted from 52.50 s into the run, for at least 0.50 s and at most 1.50 s: 2 of 8 requests "
        "failed (2 http_5xx) in token_issue/new; no success followed; nothing was being changed (cooldown)."
    ]


def test_the_silence_of_a_closed_lane_makes_no_outage_longer_or_less_certain(tmp_path: Path) -> None:
    story = healthy(drained=False)
    gone = {row["intended_ns"] for row in story.due(LOAD, 24, 32)}
    story.records[LOAD] = [row for row in story.records[LOAD] if row["intended_ns"] not in gone]
    story.fail(LOAD, 23.7, 24)
    story.fail(ISSUE, 23.4, 23.6)

    assert told(story, tmp_path) == [
        "FAIL: Disrupted from 23.00 s into the run, for at least 0.25 s and at most 1.00 s: 2 of 5 requests "
        "failed (2 http_5xx) in load/user_get/reused and token_issue/new; node1 was stopped (roll, "
        "undrained) while it served release 27.1.0."
    ]


def test_a_success_after_the_last_phase_still_ends_an_outage(tmp_path: Path) -> None:
    story = healthy()
    story.fail(ISSUE, 53.4, 54.1)

    outage = judged(story, tmp_path).downtime.outages[0]

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

    outage = judged(story, tmp_path).downtime.outages[0]

    assert (outage.inner_start_ns, outage.inner_end_ns, outage.requests) == (ns(23.5), ns(23.5), 1)
    assert (outage.start_ns, outage.end_ns) == (ns(23.0), ns(24.0))


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

    outage = judged(story, tmp_path).downtime.outages[0]

    assert (outage.phase, outage.step, outage.node, outage.open_ended) == ("roll", "stop", "node2", True)


def test_a_run_without_probes_proves_no_availability(tmp_path: Path) -> None:
    story = healthy()
    for lane in story.lanes:
        lane["role"] = "load"

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: No probe was sent in the probed phases, so nothing is known of availability."
    ]
