"""Somebody was hurt whom nobody asked about: what the balancer saw fail and no client of the run received."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.judge import judge_run
from harness.judge.model import Judgement, Verdict
from tests.judge.log_lines import line, log_of, with_log, written
from tests.judge.story import ISSUE, VALIDATE, Story, healthy, judged, ns, sentences

HURT = "somebody was hurt whom nobody asked about."


def sample(second: float, taken: int | None = None, **counts: int) -> dict[str, Any]:
    """What the balancer had counted by then: 5xx by server, and requests taken."""
    servers: dict[str, dict[str, int]] = {
        name: {"hrsp_5xx": counts.get(name, 0)} for name in ("FRONTEND", "node1", "node2")
    }
    if taken is not None:
        servers["FRONTEND"]["req_tot"] = taken
    return {"mono_ns": ns(second), "phase": "x", "step": None, "servers": servers}


def hurt(judgement: Judgement) -> list[str]:
    return [each for each in sentences(judgement, "coverage") if HURT in each]


def said(what: str, phase: str, servers: str) -> str:
    return (
        f"INCONCLUSIVE: The balancer {what} in phase {phase} that neither the probes nor the load had sent "
        f"({servers}): {HURT}"
    )


def counted(*samples: dict[str, Any], story: Story | None = None) -> Story:
    story = story or healthy()
    story.balancer = list(samples)
    return story


# --- by the counters


def test_5xx_that_the_balancer_counted_and_no_client_of_the_run_had_leave_the_run_open(
    tmp_path: Path,
) -> None:
    story = counted(
        sample(20), sample(35), sample(36, FRONTEND=46, node2=40), sample(50, FRONTEND=46, node2=40)
    )

    judgement = judged(story, tmp_path)

    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert hurt(judgement) == [said("answered 46 requests with 5xx", "roll", "(balancer): 6 and node2: 40")]


def test_5xx_that_the_probes_and_the_load_had_explain_what_was_counted(tmp_path: Path) -> None:
    story = healthy(drained=False)
    number = story.fail(ISSUE, 24, 26) + story.fail(VALIDATE, 24, 26, node="node1", status=500)
    counted(sample(20), sample(24.9, FRONTEND=4, node1=2), sample(30, FRONTEND=number, node1=4), story=story)

    assert number == 8
    assert hurt(judged(story, tmp_path)) == []


def test_an_own_one_explains_one_that_was_counted_at_its_time_and_no_other(tmp_path: Path) -> None:
    story = healthy(drained=False)
    story.fail(ISSUE, 24, 26)
    counted(sample(20), sample(30, FRONTEND=4), sample(40, FRONTEND=4), sample(41, FRONTEND=7), story=story)

    assert [each.partition(" with ")[0] for each in hurt(judged(story, tmp_path))] == [
        "INCONCLUSIVE: The balancer answered 3 requests"
    ]


def test_what_became_of_a_request_that_was_given_up_may_have_been_a_5xx(tmp_path: Path) -> None:
    story = healthy(drained=False)
    story.fail(ISSUE, 24, 25, status=0, error="timeout", end_ns=ns(34))
    counted(sample(20), sample(40), sample(41, FRONTEND=2), story=story)

    assert hurt(judged(story, tmp_path)) == []


def test_what_was_counted_before_and_after_the_probes_is_nobodys_news(tmp_path: Path) -> None:
    story = counted(sample(0.5), sample(1.5, FRONTEND=9), sample(20, FRONTEND=9), sample(55, FRONTEND=9),
                    sample(55.9, FRONTEND=20))  # fmt: skip

    assert judged(story, tmp_path).verdict is Verdict.PASS


def test_counters_that_began_again_count_from_zero(tmp_path: Path) -> None:
    story = counted(sample(20, FRONTEND=100), sample(25, FRONTEND=2), sample(30, FRONTEND=2))

    assert [each.partition(" with ")[0] for each in hurt(judged(story, tmp_path))] == [
        "INCONCLUSIVE: The balancer answered 2 requests"
    ]


# --- by the log


def test_somebody_elses_5xx_in_the_log_is_told_by_phase_and_server(tmp_path: Path) -> None:
    others = (
        line(19.2, server="node1", status=502, ts="SH--"),
        *(line(30 + n / 10, status=500, sent_id="req-someone") for n in range(3)),
        line(31, server="<NOSRV>", status=503, ts="SC--"),
    )

    assert hurt(judge_run(with_log(healthy(), tmp_path, *others))) == [
        said("answered 1 request with 5xx", "expand", "node1: 1"),
        said("answered 4 requests with 5xx", "roll", "(balancer): 1 and node2: 3"),
    ]


def test_somebody_elses_request_that_was_cut_is_hurt_and_one_that_its_client_left_is_not(
    tmp_path: Path,
) -> None:
    others = (
        line(30, status=200, ts="SD--"),
        line(30.1, status=-1, ts="CD--"),
        line(30.2, status=400, ts="PR--"),
        line(30.3, status=404),
    )

    assert hurt(judge_run(with_log(healthy(), tmp_path, *others))) == [
        said("cut 1 request", "roll", "node2: 1")
    ]


def test_with_a_log_it_is_the_log_that_says_whose_a_5xx_was(tmp_path: Path) -> None:
    """The counters could not tell an own request that was given up from somebody else's that failed."""
    story = healthy(drained=False)
    lines = log_of(story, line(26, status=502))
    story.fail(ISSUE, 24, 25, status=0, error="timeout", end_ns=ns(34))
    counted(sample(20), sample(26.5, FRONTEND=1), story=story)

    assert len(hurt(judge_run(written(story.write(tmp_path), lines)))) == 1


def test_requests_that_the_balancer_took_and_that_are_in_no_line_were_cut(tmp_path: Path) -> None:
    """HAProxy logs nothing of what it cuts on a kept connection, and counts it all the same."""
    story = healthy(drained=False)
    story.fail(VALIDATE, 24, 25, status=0, error="closed")
    taken = {second: sum(row["start_ns"] <= ns(second) for rows in story.records.values() for row in rows)
             for second in (20.375, 24.875, 30.375)}  # fmt: skip
    own = counted(*(sample(second, number + 100) for second, number in taken.items()), story=story)
    quiet = hurt(judge_run(with_log(own, tmp_path / "quiet")))
    cut = counted(
        *(sample(second, number + 100 + 7 * (second > 21)) for second, number in taken.items()), story=story
    )

    assert quiet == []
    assert hurt(judge_run(with_log(cut, tmp_path / "cut"))) == [
        said("cut 7 requests", "roll", "(balancer): 7")
    ]


def test_somebody_elses_requests_that_go_well_are_nobodys_business(tmp_path: Path) -> None:
    others = [line(29 + n / 7, server="node1", sent_id=f"req {n} with spaces") for n in range(100)]

    assert judge_run(with_log(healthy(), tmp_path, *others)).verdict is Verdict.PASS
