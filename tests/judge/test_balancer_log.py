"""Each request is held against the line that another program wrote of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.evidence.rundir import RunDirectory
from harness.judge import judge_run
from harness.judge.model import Verdict
from tests.judge.log_lines import line, log_of, with_log, written
from tests.judge.story import ISSUE, LOAD, VALIDATE, healthy, ns, question, sentences


def told(run: RunDirectory) -> list[str]:
    """What coverage says of the log; that there are probes enough is no news."""
    return [each for each in sentences(judge_run(run), "coverage") if "probes in 2 lanes cover" not in each]


def test_a_log_that_knows_every_request_with_its_status_is_told_to_whoever_doubts(tmp_path: Path) -> None:
    run = with_log(healthy(), tmp_path)

    judgement = judge_run(run)

    assert judgement.verdict is Verdict.PASS
    assert told(run) == [
        "PASS: The balancer's log has one line for each of 324 requests that reached it, by its id, with the "
        "status that the client saw."
    ]
    assert not [limit for limit in judgement.limits if "balancer's log" in limit]


def test_what_it_cut_on_kept_connections_is_in_no_log_and_no_contradiction(tmp_path: Path) -> None:
    story = healthy(drained=False)
    story.fail(VALIDATE, 24, 25, status=0, error="closed")
    story.fail(ISSUE, 24, 24.6, status=0, error="timeout")

    judgement = judge_run(with_log(story, tmp_path))

    assert judgement.verdict is Verdict.FAIL
    assert question(judgement, "coverage").verdict is Verdict.PASS
    assert sentences(judgement, "coverage")[-1] == (
        "PASS: The balancer's log has one line for each of 320 requests that reached it, by its id, with the "
        "status that the client saw; 2 more were cut on kept connections, of which HAProxy logs none; 2 got "
        "no answer and were not seen by it."
    )


def test_a_request_that_its_client_gave_up_has_whatever_status_it_came_to_in_the_log(tmp_path: Path) -> None:
    story = healthy()
    lines = log_of(story)
    story.fail(ISSUE, 24, 24.6, status=0, error="timeout")

    judgement = judge_run(written(story.write(tmp_path), lines))

    assert sentences(judgement, "coverage")[-1].endswith(
        "with the status that the client saw; of 2 of them the client had given up, or was cut."
    )


def test_another_status_in_the_log_is_a_gap(tmp_path: Path) -> None:
    story = healthy()
    lines = [each.replace("status=200", "status=502") if "req-token_issue/new-30.0" in each else each
             for each in log_of(story)]  # fmt: skip

    assert told(written(story.write(tmp_path), lines)) == [
        "INCONCLUSIVE: 1 request has another status in the balancer's log than the client saw, such as 502 "
        "for 200: one of the two is wrong."
    ]


def test_an_answer_that_the_log_does_not_know_is_a_gap(tmp_path: Path) -> None:
    """The log was cut short, or the request went past the balancer."""
    story = healthy()

    assert told(written(story.write(tmp_path), log_of(story)[:-3])) == [
        "INCONCLUSIVE: 3 requests were answered, and the balancer's log has no line with their ids: the log "
        "is not whole, or they went another way."
    ]


def test_a_cut_on_a_new_connection_that_the_log_does_not_know_is_a_gap(tmp_path: Path) -> None:
    story = healthy(drained=False)
    story.fail(ISSUE, 24, 24.6, status=0, error="reset")

    assert told(with_log(story, tmp_path)) == [
        "INCONCLUSIVE: 2 requests were cut on new connections and have no line in the balancer's log, which "
        "has such: who cut them is not known."
    ]


def test_what_a_balancer_that_died_had_under_way_is_in_no_log(tmp_path: Path) -> None:
    story = healthy(drained=False)
    story.fail(ISSUE, 24, 24.6, status=0, error="reset")
    story.event(24.7, "note", "roll", server="haproxy", signal="SIGKILL", alive_ns=ns(24), dead_ns=ns(24.7))

    assert not [each for each in told(with_log(story, tmp_path)) if "who cut them" in each]


def test_a_request_with_two_lines_was_sent_twice_in_silence(tmp_path: Path) -> None:
    story = healthy()
    lines = log_of(story)
    lines.append(next(each for each in lines if "req-token_issue/new-30.0" in each))

    assert told(written(story.write(tmp_path), lines)) == [
        "INCONCLUSIVE: 1 request has more than one line in the balancer's log: they were sent again, and "
        "what became of each sending is not known."
    ]


def test_requests_that_never_left_or_have_no_id_are_not_looked_for(tmp_path: Path) -> None:
    story = healthy()
    story.fail(ISSUE, 24, 24.6, status=0, outcome="unsent", error="pool_full", request_id=None)
    story.due(LOAD, 30, 30.4)[0]["request_id"] = None

    assert not [each for each in told(with_log(story, tmp_path)) if "log" in each]


def test_a_log_that_is_not_under_the_seal_is_no_evidence_and_no_gap(tmp_path: Path) -> None:
    """Earlier programs did not seal it, and it goes on growing behind a lab that is kept."""
    run = written(healthy().write(tmp_path), ["garbage"], sealed=False)

    judgement = judge_run(run)

    assert judgement.verdict is Verdict.PASS
    assert (
        "The balancer's log is not under the run's seal, so that no other program's word stands for the "
        "answers that the clients saw."
    ) in judgement.limits


def test_what_the_balancer_of_a_kept_lab_writes_after_the_close_changes_nothing(tmp_path: Path) -> None:
    run = with_log(healthy(), tmp_path)
    before = told(run)
    with run.balancer_log.open("a") as log:
        log.write(line(53, status=502) + "\n")

    assert told(run) == before


def test_a_log_that_is_gone_or_was_changed_is_no_longer_what_was_sealed(tmp_path: Path) -> None:
    run = with_log(healthy(), tmp_path)
    whole = run.balancer_log.read_bytes()
    run.balancer_log.write_bytes(whole.replace(b"status=200", b"status=201", 1))
    changed = told(run)
    run.balancer_log.unlink()

    assert changed[0] == (
        "INCONCLUSIVE: logs/haproxy.log is not what was sealed when the run was closed: its lines were "
        "changed."
    )
    assert told(run)[0] == (
        "INCONCLUSIVE: logs/haproxy.log is gone: it held 325 lines when the run was closed and sealed."
    )


def test_a_node_that_was_out_and_was_given_somebody_elses_request_fails(tmp_path: Path) -> None:
    """None of the run's own clients met it."""
    run = with_log(healthy(), tmp_path, line(24.1, server="node1"), line(22.9, server="node1"))

    assert sentences(judge_run(run), "procedure") == [
        "FAIL: node1 was out of the balancer from 23.10 to 28.00 s into the run (roll) and did not stay out: "
        "the balancer's log has 1 other request given to it that came meanwhile."
    ]


@pytest.mark.parametrize("second", [23.05, 24.7, 27.9])
def test_at_the_edges_of_that_time_somebody_elses_request_may_have_come_before_or_after(
    tmp_path: Path, second: float
) -> None:
    assert judge_run(with_log(healthy(), tmp_path, line(second, server="node1"))).verdict is Verdict.PASS


def test_an_own_request_that_got_no_answer_and_was_given_to_a_node_that_was_out_fails(tmp_path: Path) -> None:
    story = healthy()
    lines = log_of(story)
    for row in story.due(ISSUE, 24, 24.4):
        lines = [each.replace("server=node2", "server=node1") if row["request_id"] in each else each
                 for each in lines]  # fmt: skip
    story.fail(ISSUE, 24, 24.4, status=0, error="timeout", end_ns=ns(34.1))

    found = sentences(judge_run(written(story.write(tmp_path), lines)), "procedure")

    assert [each for each in found if "did not stay out" in each] == [
        "FAIL: node1 was out of the balancer from 23.10 to 28.00 s into the run (roll) and did not stay out: "
        "the balancer's log has 1 other request given to it that came meanwhile."
    ]
