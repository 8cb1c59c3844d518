"""Stretches in which answers were slow one after the other, which a comparison of phases takes for noise."""

from __future__ import annotations

from pathlib import Path

from harness.judge.model import Finding, Judgement, Verdict
from tests.judge.story import ISSUE, LOAD, VALIDATE, Story, healthy, judged, question

SLOW_S = 0.8


def asking() -> Story:
    story = healthy()
    story.scenario["impact"] = {"samples_min": 10}
    return story


def slow(story: Story, start: float, end: float, *lanes: str, every: int = 1) -> None:
    for lane in lanes or (ISSUE, VALIDATE):
        for row in story.due(lane, start, end)[::every]:
            row["end_ns"] += round(SLOW_S * 1e9)


def stretches(judgement: Judgement) -> list[Finding]:
    found = question(judgement, "impact").findings
    return [finding for finding in found if finding.sentence.startswith("Answers were slow")]


def test_answers_that_are_slow_together_are_told_with_their_edges_step_and_node(tmp_path: Path) -> None:
    story = asking()
    slow(story, 23.2, 31.2)

    (found,) = stretches(judged(story, tmp_path))
    assert found.sentence == (
        "Answers were slow for 8.45 s, from 23.50 s into the run: 32 of 36 requests took over 40 ms in "
        "token_issue/new and token_validate/reused, the slowest 0.82 s; the baseline's longest such stretch "
        "was 0.00 s (p = 0.00067 at most)."
    )
    assert found.verdict is Verdict.FAIL
    assert (found.phase, found.step, found.node) == ("roll", "stop", "node1")
    assert found.requests == 32


def test_half_of_the_answers_are_enough(tmp_path: Path) -> None:
    story = asking()
    slow(story, 23.2, 31.2, every=2)

    (found,) = stretches(judged(story, tmp_path))
    assert found.sentence.startswith(
        "Answers were slow for 7.95 s, from 23.50 s into the run: 16 of 32 requests"
    )


def test_a_lane_that_is_slow_alone_is_told_by_its_name(tmp_path: Path) -> None:
    story = asking()
    for number in range(1, 9):  # twice as many probes, so that chance explains a shorter stretch
        more = [
            row | {"intended_ns": row["intended_ns"] + number * 50_000_000} for row in story.records[ISSUE]
        ]
        story.records[ISSUE] = story.records[ISSUE] + more
    story.records[ISSUE].sort(key=lambda row: row["intended_ns"])
    story.lanes[0]["rate_hz"] = 20.0
    for row in story.due(ISSUE, 23, 26):
        row["end_ns"] += round(SLOW_S * 1e9)
    for row in story.due(VALIDATE, 2, 54):
        row["start_ns"] = row["intended_ns"]

    lanes = {finding.lanes for finding in stretches(judged(story, tmp_path))}
    assert lanes == {(ISSUE,)}


def test_a_baseline_that_has_such_stretches_of_its_own_explains_another(tmp_path: Path) -> None:
    story = asking()
    slow(story, 4.2, 8.2)
    slow(story, 23.2, 31.2)

    assert stretches(judged(story, tmp_path)) == []


def test_slow_answers_here_and_there_are_no_stretch(tmp_path: Path) -> None:
    story = asking()
    for second in range(14, 50, 4):
        slow(story, second, second + 0.9)

    assert stretches(judged(story, tmp_path)) == []


def test_what_the_reference_target_shows_as_well_may_be_the_machines(tmp_path: Path) -> None:
    story = asking()
    story.reference()
    slow(story, 23.2, 31.2)
    for row in story.due("reference/ping/new", 23.2, 31.2):
        row["end_ns"] += 300_000_000

    (found,) = stretches(judged(story, tmp_path))
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.sentence.endswith(
        "; the reference target became as slow then, so the machine may have done it."
    )


def test_the_load_paces_itself_and_proves_nothing(tmp_path: Path) -> None:
    story = asking()
    slow(story, 23.2, 31.2, LOAD)

    assert stretches(judged(story, tmp_path)) == []
