"""Times in which nobody at all was answered, whatever came later."""

from __future__ import annotations

from pathlib import Path

from harness.judge.model import Verdict
from tests.judge.story import ISSUE, LOAD, VALIDATE, Story, healthy, judged, ns, question, sentences

EVERYBODY = (ISSUE, VALIDATE, LOAD)


def silent(start: float, end: float, *lanes: str) -> Story:
    story = healthy()
    for lane in lanes or EVERYBODY:
        story.freeze(lane, start, end)
    return story


def test_nobody_answered_for_nine_seconds_and_then_everybody_is_no_pass(tmp_path: Path) -> None:
    judgement = judged(silent(23.2, 32.6), tmp_path)

    told = (
        "Nobody was answered for 9.35 s although requests were due, from 23.25 s into the run, in "
        "load/user_get/reused, token_issue/new and token_validate/reused; the bound is 1.5 s; all were "
        "answered in the end: by its letter zero downtime allows that, zero impact does not."
    )
    assert judgement.verdict is Verdict.FAIL
    assert sentences(judgement, "availability") == [f"FAIL: {told}"]
    assert judgement.headline == told
    (finding,) = question(judgement, "availability").findings
    assert (finding.phase, finding.step, finding.node) == ("roll", "stop", "node1")


def test_what_was_under_way_before_a_silence_does_not_tell_when_it_began(tmp_path: Path) -> None:
    """The last success came while other requests waited; they may have taken their time. Who was due next was
    not answered.
    """
    story = silent(22.9, 32.6)
    (slow,) = story.due(ISSUE, 22.4, 22.6)
    slow["end_ns"] = ns(23.3)

    (finding,) = question(judged(story, tmp_path), "availability").findings
    assert (finding.start_ns, finding.inner_start_ns) == (ns(23.3), ns(23.5))
    assert finding.inner_end_ns == finding.end_ns


def test_an_answer_to_anybody_ends_the_silence(tmp_path: Path) -> None:
    story = silent(23.2, 26.6, ISSUE, VALIDATE)
    assert judged(story, tmp_path / "load goes on").verdict is Verdict.PASS

    story.freeze(LOAD, 23.2, 26.6)
    assert judged(story, tmp_path / "silent").verdict is Verdict.FAIL


def test_three_intervals_are_let_pass_and_the_scenario_may_set_another_bound(tmp_path: Path) -> None:
    assert judged(silent(23.2, 24.6), tmp_path / "three").verdict is Verdict.PASS
    assert judged(silent(23.2, 24.6), tmp_path / "less", "judge.silence_s_max=1").verdict is Verdict.FAIL
    assert judged(silent(23.2, 32.6), tmp_path / "more", "judge.silence_s_max=10").verdict is Verdict.PASS


def test_a_silence_without_a_request_due_is_none(tmp_path: Path) -> None:
    story = healthy()
    for lane in EVERYBODY:
        story.records[lane] = [row for row in story.records[lane] if row not in story.due(lane, 24, 30)]

    assert "Nobody was answered" not in str(sentences(judged(story, tmp_path), "availability"))


def test_a_silence_that_the_reference_target_shares_is_the_machines(tmp_path: Path) -> None:
    story = silent(23.2, 28.6)
    story.reference()
    story.freeze("reference/ping/new", 23.2, 28.6)

    (told, reason) = sentences(judged(story, tmp_path), "availability")
    assert told.startswith("INCONCLUSIVE: Nobody was answered for 5.35 s")
    assert "the reference target had none for 5.35 s of it either" in told
    assert reason == (
        "INCONCLUSIVE: 1 disruption or stall can not be charged to the upgrade: the machine was starved "
        "at that moment."
    )


def test_where_nobody_was_answered_before_the_upgrade_no_later_silence_is_charged(tmp_path: Path) -> None:
    story = silent(4.2, 6.6)
    for lane in EVERYBODY:
        story.freeze(lane, 23.2, 25.6)

    found = question(judged(story, tmp_path, "judge.baseline_p99_ms_max=9000"), "availability")
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.findings[1].sentence.startswith("Nobody was answered for 2.35 s")
    assert "; in the baseline nobody was answered for 2.35 s; " in found.findings[1].sentence
    assert found.findings[-1].sentence == (
        "2 disruptions or stalls can not be charged to the upgrade: nobody was answered for as long even "
        "before the upgrade began."
    )


def test_an_outage_of_everybody_tells_of_the_silence_in_it(tmp_path: Path) -> None:
    story = healthy()
    for lane in EVERYBODY:
        story.fail(lane, 23.4, 28.1)

    assert [f.requests for f in question(judged(story, tmp_path), "availability").findings] == [28]


def test_an_outage_of_one_lane_does_not_hide_that_nobody_was_answered(tmp_path: Path) -> None:
    story = silent(23.2, 32.6)
    story.fail(ISSUE, 23.4, 23.6)

    judgement = judged(story, tmp_path)
    outage, silence = question(judgement, "availability").findings
    assert outage.sentence.startswith("Disrupted from 23.00 s")
    assert silence.sentence.endswith("the bound is 1.5 s; 1 request due then failed.")
    assert judgement.headline.endswith("while a node was stopped; nobody was answered for 9.4 s.")


def test_a_budget_for_stalls_of_every_lane_lets_a_silence_pass(tmp_path: Path) -> None:
    story = silent(23.2, 32.6)
    story.scenario["gate"] = {"budgets": [{"question": "availability", "stall_s_max": 10}]}

    judgement = judged(story, tmp_path)
    assert judgement.verdict is Verdict.PASS
    assert "within the budget of availability (9.351 of 10 s without a success)" in str(
        [finding.accepted for finding in question(judgement, "availability").findings]
    )
