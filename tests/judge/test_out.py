"""A node that is out of the balancer is left alone until it is given back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.evidence.names import Ability
from tests.judge.story import ISSUE, OLD, Story, healthy, judged, ns, question, sentences

OUT = (23.1, 28.0)
"""When node1 is out: from the end of `maint` to the begin of `ready`."""


def sample(second: float, status: str = "MAINT", lbtot: int = 333, **more: Any) -> dict[str, Any]:
    """What the balancer says of node1; node2 serves."""
    servers = {"node1": {"status": status, "lbtot": lbtot, **more}, "node2": {"status": "UP", "lbtot": 1}}
    return {"mono_ns": ns(second), "phase": "roll", "step": None, "servers": servers}


def watched(*samples: dict[str, Any]) -> Story:
    story = healthy()
    story.balancer = list(samples)
    return story


def told(story: Story, path: Path) -> list[str]:
    return sentences(judged(story, path), "procedure")


def test_a_node_that_stays_in_maintenance_until_it_is_given_back_is_as_it_should_be(tmp_path: Path) -> None:
    story = watched(
        sample(22.5, "DRAIN"), *(sample(23.2 + n / 2) for n in range(10)), sample(28.05, "UP 1/5", 340)
    )

    judgement = judged(story, tmp_path)

    assert judgement.verdict == "PASS"


def test_a_node_whose_maintenance_the_balancer_forgot_fails(tmp_path: Path) -> None:
    story = watched(sample(23.2), sample(23.7), sample(24.7, "UP 1/5", 341), sample(25.7, "DOWN", 369))

    judgement = judged(story, tmp_path)

    assert sentences(judgement, "procedure") == [
        "FAIL: node1 was out of the balancer from 23.10 to 28.00 s into the run (roll) and did not stay "
        "out: the balancer had it as UP 1/5 24.70 s into the run and gave it 36 requests meanwhile."
    ]
    (finding,) = question(judgement, "procedure").findings
    assert (finding.phase, finding.step, finding.node) == ("roll", "maint", "node1")
    assert (finding.start_ns, finding.end_ns) == (ns(24.7), ns(28.0))


def test_a_request_that_was_sent_while_a_node_was_out_and_that_it_answered_fails(tmp_path: Path) -> None:
    story = healthy()
    for row in story.due(ISSUE, 27.0, 28.4)[:2]:
        row.update(node="node1", release=OLD)

    assert told(story, tmp_path)[-1] == (
        "FAIL: node1 was out of the balancer from 23.10 to 28.00 s into the run (roll) and did not stay out: "
        "it answered 2 requests that were sent meanwhile, in token_issue/new."
    )


def test_a_request_that_the_balancer_meant_for_a_node_that_was_out_fails_likewise(tmp_path: Path) -> None:
    """A stopped node answers nothing: the balancer answers, and says for which node."""
    story = healthy()
    story.fail(ISSUE, 24.0, 25.0, detail="HTTP 502 from balancer, server node1")

    assert told(story, tmp_path) == [
        "FAIL: node1 was out of the balancer from 23.10 to 28.00 s into the run (roll) and did not stay out: "
        "the balancer answered 2 requests itself that it had meant for it, in token_issue/new."
    ]


def test_what_was_sent_before_it_was_out_or_after_may_be_answered_by_it(tmp_path: Path) -> None:
    story = healthy()
    row = story.due(ISSUE, 23.0, 23.4)[0]
    row.update(node="node1", release=OLD, start_ns=ns(23.099), end_ns=ns(24.5))

    assert judged(story, tmp_path).verdict == "PASS"


def test_what_left_just_before_a_node_was_given_back_and_arrived_after_may_be_answered_by_it(
    tmp_path: Path,
) -> None:
    """A lost packet of a new connection is sent again after a second, and after three."""
    story = healthy()
    for row, end in zip(story.due(ISSUE, 27.0, 28.0)[:2], (28.02, 28.01), strict=True):
        row.update(node="node1", end_ns=ns(end))

    assert judged(story, tmp_path).verdict == "PASS"


def test_what_was_sent_long_before_a_node_was_given_back_and_took_its_time_counts(tmp_path: Path) -> None:
    story = healthy()
    story.due(ISSUE, 24.0, 24.4)[0].update(node="node1", end_ns=ns(28.5))

    assert "it answered 1 request that was sent meanwhile, in token_issue/new" in told(story, tmp_path)[-1]


def test_a_look_that_may_have_begun_before_the_node_was_out_shows_nothing(tmp_path: Path) -> None:
    """Its time is that of the answer: what it shows may be from before."""
    story = watched(sample(22.9, "DRAIN"), sample(23.15, "DRAIN", 340), sample(23.5), sample(24.0))

    assert judged(story, tmp_path).verdict == "PASS"


def test_a_node_of_an_undrained_roll_is_never_out(tmp_path: Path) -> None:
    story = healthy(drained=False)
    story.balancer = [sample(22.0, "UP"), sample(24.0, "UP"), sample(25.0, "UP", 400)]

    assert judged(story, tmp_path).verdict == "PASS"


def test_a_node_that_was_never_given_back_is_out_until_its_last_step(tmp_path: Path) -> None:
    story = watched(sample(23.2), sample(23.7), sample(27.0), sample(30.0, "UP", 400))
    for step in ("ready", "wait_up", "settle"):
        story.forget("roll", step, "node1")

    assert not [line for line in told(story, tmp_path) if "did not stay out" in line]


def test_a_node_that_was_out_unwatched_is_a_gap_where_the_balancer_could_be_asked(tmp_path: Path) -> None:
    story = watched(sample(20.0, "UP"), sample(29.0, "UP"))
    story.abilities = sorted(Ability)

    assert [line for line in sentences(judged(story, tmp_path), "coverage") if "out of" in line] == [
        "INCONCLUSIVE: node1 was out of the balancer from 23.10 to 28.00 s into the run, and the balancer "
        "was not asked about it meanwhile: whether it stayed out is not known.",
        "INCONCLUSIVE: node2 was out of the balancer from 33.10 to 38.00 s into the run, and the balancer "
        "was not asked about it meanwhile: whether it stayed out is not known.",
    ]
