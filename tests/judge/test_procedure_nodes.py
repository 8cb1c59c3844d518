"""Every node ended on the new release, and none was left behind at contract."""

from __future__ import annotations

from pathlib import Path

from harness.judge.model import Verdict
from tests.judge.story import (
    VALIDATE,
    Story,
    healthy,
    judged,
    question,
    sentences,
)


def told(story: Story, path: Path) -> list[str]:
    return sentences(judged(story, path), "procedure")


def test_a_node_that_was_never_proven_fails_and_makes_contract_too_early(tmp_path: Path) -> None:
    story = healthy()
    story.forget("roll", "prove", "node2")

    assert told(story, tmp_path) == [
        "FAIL: node2 was not proven on release 29.1.0.",
        "FAIL: Contract began 43.00 s into the run, before node2 was proven on release 29.1.0.",
    ]


def test_a_node_that_answers_as_the_old_release_fails(tmp_path: Path) -> None:
    story = healthy()
    story.detail("roll", "prove", "node2")["release_seen"] = "27.1.0"

    judgement = judged(story, tmp_path)

    assert sentences(judgement, "procedure") == [
        "FAIL: node2 answered as release 27.1.0 when it was to be proven on 29.1.0.",
        "FAIL: node2 was not proven on release 29.1.0.",
        "FAIL: Contract began 43.00 s into the run, before node2 was proven on release 29.1.0.",
    ]
    assert {finding.node for finding in question(judgement, "procedure").findings} == {"node2"}


def test_a_proof_that_failed_is_none_whatever_release_it_saw(tmp_path: Path) -> None:
    story = healthy()
    story.find("roll", "prove", "node2")["edge"] = "fail"

    assert told(story, tmp_path)[1:] == [
        "FAIL: node2 was not proven on release 29.1.0.",
        "FAIL: Contract began 43.00 s into the run, before node2 was proven on release 29.1.0.",
    ]


def test_contract_before_two_nodes_names_both_and_lays_it_to_neither(tmp_path: Path) -> None:
    story = healthy()
    story.move("contract", "db_sync", -20)

    finding = next(
        each
        for each in question(judged(story, tmp_path), "procedure").findings
        if each.sentence.startswith("Contract began")
    )
    assert "before node1 and node2 were proven" in finding.sentence
    assert finding.node is None


def test_a_look_at_the_nodes_that_failed_is_none(tmp_path: Path) -> None:
    story = healthy()
    story.find("contract", "prove_nodes")["edge"] = "fail"

    assert "FAIL: Contract ran without asking every node for its release first." in told(story, tmp_path)


def test_contract_before_the_last_node_fails(tmp_path: Path) -> None:
    story = healthy()
    story.move("contract", "db_sync", -8)

    assert "FAIL: Contract began 35.00 s into the run, before node2 was proven on release 29.1.0." in told(
        story, tmp_path
    )


def test_contract_that_asked_no_node_first_fails(tmp_path: Path) -> None:
    story = healthy()
    story.forget("contract", "prove_nodes")

    assert told(story, tmp_path) == ["FAIL: Contract ran without asking every node for its release first."]


def test_a_node_seen_on_the_old_release_right_before_contract_fails(tmp_path: Path) -> None:
    story = healthy()
    story.detail("contract", "prove_nodes")["seen"] = {"node1": "29.1.0", "node2": "27.1.0"}

    assert told(story, tmp_path) == ["FAIL: Before contract node2 served release 27.1.0, not 29.1.0."]


def test_contract_whose_look_at_the_nodes_is_not_journalled_is_not_proven(tmp_path: Path) -> None:
    story = healthy()
    del story.detail("contract", "prove_nodes")["seen"]

    assert told(story, tmp_path) == ["INCONCLUSIVE: What each node served before contract is not journalled."]


def test_an_answer_of_the_old_release_after_the_roll_fails(tmp_path: Path) -> None:
    story = healthy()
    for row in story.due(VALIDATE, 50, 51):
        row.update(release="27.1.0", node="node2")

    judgement = judged(story, tmp_path)

    assert sentences(judgement, "procedure") == [
        "FAIL: 2 requests in token_validate/reused were answered by node2 on release 27.1.0 after every node "
        "was proven on 29.1.0."
    ]
    (finding,) = question(judgement, "procedure").findings
    assert (finding.node, finding.release, finding.requests) == ("node2", "27.1.0", 2)


def test_an_old_answer_that_names_no_node_fails_as_well(tmp_path: Path) -> None:
    story = healthy()
    for row in story.due(VALIDATE, 50, 51):
        row.update(release="27.1.0", node=None)

    assert told(story, tmp_path) == [
        "FAIL: 2 requests in token_validate/reused were answered by an unnamed node on release 27.1.0 after "
        "every node was proven on 29.1.0."
    ]


def test_a_node_that_falls_back_after_its_own_proof_fails_though_others_are_still_to_come(
    tmp_path: Path,
) -> None:
    story = healthy()
    for row in story.due(VALIDATE, 29, 30):
        row.update(release="27.1.0", node="node1")

    assert told(story, tmp_path) == [
        "FAIL: 2 requests in token_validate/reused were answered by node1 on release 27.1.0 after it had "
        "been proven on 29.1.0."
    ]


def test_an_old_answer_to_what_left_before_the_nodes_own_proof_is_no_relapse(tmp_path: Path) -> None:
    story = healthy(drained=False)
    for row in story.due(VALIDATE, 27, 28):
        row.update(release="27.1.0", node="node1", end_ns=row["end_ns"] + 2_000_000_000)

    assert question(judged(story, tmp_path), "procedure").verdict is Verdict.PASS


def test_a_relapse_is_known_although_another_node_was_never_proven(tmp_path: Path) -> None:
    story = healthy()
    story.forget("roll", "prove", "node2")
    for row in story.due(VALIDATE, 50, 51):
        row.update(release="27.1.0", node="node1")

    assert told(story, tmp_path)[-1] == (
        "FAIL: 2 requests in token_validate/reused were answered by node1 on release 27.1.0 after it had "
        "been proven on 29.1.0."
    )


def test_a_node_that_answered_nobody_after_the_roll_is_not_proven_by_traffic(tmp_path: Path) -> None:
    story = healthy()
    for rows in story.records.values():
        for row in rows:
            row["node"] = "node1" if row["release"] == "29.1.0" else row["node"]

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: No answer of node2 on release 29.1.0 was seen after the last node was proven."
    ]
