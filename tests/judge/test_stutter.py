"""The known-good target: telling the machine's stutters from Keystone's stalls."""

from __future__ import annotations

from pathlib import Path

from harness.judge.model import Verdict
from harness.judge.observations import Stutters
from tests.judge.story import ISSUE, REFERENCE, Story, healthy, judged, ns, question, sentences


def beside() -> Story:
    story = healthy()
    story.scenario["judge"] = {"stall_budget_s": 1.5}
    story.reference()
    return story


def test_a_target_that_answers_at_once_tells_nothing(tmp_path: Path) -> None:
    judgement = judged(beside(), tmp_path)

    assert judgement.stutters == Stutters()
    assert judgement.verdict is Verdict.PASS
    assert judgement.series.reference["latency_ms_max"].max() == 1.0


def test_a_stall_of_keystone_alone_fails(tmp_path: Path) -> None:
    story = beside()
    story.freeze(ISSUE, 30, 33)

    judgement = judged(story, tmp_path)

    assert sentences(judgement, "availability") == [
        "FAIL: token_issue/new had no success for 3.00 s although requests were due, from 30.00 s into the "
        "run; the budget is 1.5 s."
    ]


def test_a_stall_that_the_target_shares_is_the_machines(tmp_path: Path) -> None:
    story = beside()
    story.scenario["judge"]["lag_max_ms_max"] = 5_000.0
    for lane in (ISSUE, REFERENCE):
        story.freeze(lane, 30, 33)

    judgement = judged(story, tmp_path)

    assert sentences(judgement, "availability") == [
        "INCONCLUSIVE: token_issue/new had no success for 3.00 s although requests were due, from 30.00 s "
        "into the run; the budget is 1.5 s; the reference target had none for 3.00 s of it either.",
        "INCONCLUSIVE: 1 disruption or stall can not be charged to the upgrade: the machine stalled as "
        "well, as the reference target shows.",
    ]
    assert [(s.start_ns, s.end_ns, s.requests) for s in judgement.stutters.listed] == [
        (ns(30), ns(33) + 1_000_000, 12)
    ]


def test_a_stall_that_outlasts_the_targets_is_keystones(tmp_path: Path) -> None:
    story = beside()
    story.scenario["judge"]["lag_max_ms_max"] = 5_000.0
    story.freeze(ISSUE, 30, 33)
    story.freeze(REFERENCE, 30, 31)

    assert question(judged(story, tmp_path), "availability").verdict is Verdict.FAIL


def test_a_target_held_up_for_long_makes_coverage_speak(tmp_path: Path) -> None:
    story = beside()
    story.freeze(REFERENCE, 30, 33)

    assert sentences(judged(story, tmp_path), "coverage") == [
        "INCONCLUSIVE: 9 requests to the reference target took up to 3,001 ms (allowed: 1000 ms), though it "
        "has nothing to do but answer: the machine did that."
    ]


def test_failures_while_the_target_was_held_up_are_not_charged(tmp_path: Path) -> None:
    story = beside()
    story.freeze(REFERENCE, 30, 33)
    story.fail(ISSUE, 30.4, 30.6)

    assert question(judged(story, tmp_path), "availability").verdict is Verdict.INCONCLUSIVE


def test_a_short_stutter_is_shown_and_decides_nothing(tmp_path: Path) -> None:
    story = beside()
    story.slow(REFERENCE, 30, 30.2, by_s=0.2)

    judgement = judged(story, tmp_path)

    assert judgement.verdict is Verdict.PASS
    assert [s.requests for s in judgement.stutters.listed] == [1]


def test_the_targets_requests_are_none_of_keystones(tmp_path: Path) -> None:
    story = healthy()
    before = judged(story, tmp_path / "before").counts
    story.reference()

    assert judged(story, tmp_path / "after").counts == before
