"""The question of impact: latency of each lane and phase against the baseline of the same run."""

from __future__ import annotations

from pathlib import Path

from harness.judge.model import Judgement, Verdict
from harness.judge.observations import Change, Impact
from tests.judge.story import ISSUE, REFERENCE, VALIDATE, Story, healthy, judged, ns, question, sentences

PHASES_SHORT = ("preflight", "trust", "expand", "contract", "restore", "cooldown")


def asking(**bounds: object) -> Story:
    """An upgrade whose scenario asks; ten answers a phase are enough, as its phases are short."""
    story = healthy()
    story.scenario["impact"] = {"samples_min": 10, **bounds}
    spread(story)
    return story


def spread(story: Story) -> None:
    """Latencies that differ from each other, as real ones do, with no neighbour like its neighbour."""
    for rows in story.records.values():
        for number, row in enumerate(rows):
            row["end_ns"] += (number * 5 % 11) * 1_000_000


def told(story: Story, path: Path) -> list[str]:
    """What the comparisons say; stretches of slow answers have tests of their own."""
    lines = sentences(judged(story, path), "impact")
    return [line for line in lines if "Low power" not in line and ": Answers were slow" not in line]


def row(judgement: Judgement, lane: str, phase: str) -> Impact:
    return next(impact for impact in judgement.impacts if (impact.lane, impact.phase) == (lane, phase))


def test_a_run_made_before_the_question_is_not_asked_it(tmp_path: Path) -> None:
    judgement = judged(healthy(), tmp_path)

    assert "impact" not in {each.name for each in judgement.questions}
    assert judgement.impacts == ()
    assert judgement.limits[2] == (
        "That answers were as quick as before is not proven: latencies are shown, and the question of impact "
        "was not asked."
    )


def test_latencies_as_before_pass_where_there_are_enough(tmp_path: Path) -> None:
    story = asking()
    for phase in PHASES_SHORT:
        story.forget(phase)

    judgement = judged(story, tmp_path)

    assert sentences(judgement, "impact") == [
        "PASS: In 2 lanes and 1 phase no latency differs from the baseline by more than 20 ms and 1.5 "
        "times, in its middle or among the slowest, and no slow answers came together for longer than "
        "chance explains."
    ]
    assert question(judgement, "impact").advisory


def test_a_slower_phase_fails_and_says_by_how_much_and_how_sure(tmp_path: Path) -> None:
    story = asking()
    story.slow(ISSUE, 22, 42, by_s=0.1)

    judgement = judged(story, tmp_path)

    assert sentences(judgement, "impact")[:1] == [
        "FAIL: token_issue/new was slower in phase roll: answers took 100 ms (95 % sure: 98 to 102 ms) "
        "longer, the median 125 ms instead of 26 ms; an answer took longer than one of the baseline 100% of "
        "the time (83% to 100%); 40 answers against 20 (p < 0.0001 after correction for 4 comparisons)."
    ]
    assert row(judgement, ISSUE, "roll").change is Change.SLOWER
    assert row(judgement, VALIDATE, "roll").change is Change.NONE


def test_an_advisory_failure_is_shown_and_not_counted_and_any_other_counts(tmp_path: Path) -> None:
    verdicts = []
    for advisory in (True, False):
        story = asking(advisory=advisory)
        story.slow(ISSUE, 22, 42, by_s=0.1)
        judgement = judged(story, tmp_path / str(advisory))
        assert question(judgement, "impact").verdict is Verdict.FAIL
        verdicts.append(judgement.verdict)

    assert verdicts == [Verdict.PASS, Verdict.FAIL]


def test_a_sure_shift_below_the_practical_floor_is_none(tmp_path: Path) -> None:
    story = asking(floor_ms=20.0)
    story.slow(ISSUE, 22, 42, by_s=0.019)

    judgement = judged(story, tmp_path)

    found = row(judgement, ISSUE, "roll")
    assert found.p_value is not None
    assert found.p_value < 0.001
    assert found.change is Change.NONE


def test_a_large_shift_of_a_slow_lane_is_none_below_the_ratio(tmp_path: Path) -> None:
    story = asking(floor_ratio=10.0)
    story.slow(ISSUE, 22, 42, by_s=0.1)

    assert row(judged(story, tmp_path), ISSUE, "roll").change is Change.NONE


def test_outliers_are_found_though_the_median_stays(tmp_path: Path) -> None:
    story = asking()
    for due in story.due(ISSUE, 22, 42)[::3]:
        due["end_ns"] += 900_000_000

    assert told(story, tmp_path) == [
        "FAIL: token_issue/new had outliers in phase roll: 14 of 40 answers took over 50 ms, in the "
        "baseline 0 of 20 (p = 0.012 after correction for 4 comparisons)."
    ]


def test_a_phase_that_became_quicker_is_told_and_does_not_fail(tmp_path: Path) -> None:
    story = asking()
    for phase in PHASES_SHORT:
        story.forget(phase)
    story.slow(ISSUE, 2, 22, by_s=0.1)

    assert sentences(judged(story, tmp_path), "impact") == [
        "PASS: In 2 lanes and 1 phase no latency differs from the baseline by more than 20 ms and 1.5 "
        "times, in its middle or among the slowest, and no slow answers came together for longer than "
        "chance explains; 1 comparison found answers quicker."
    ]


def test_too_few_answers_are_low_power_and_no_pass(tmp_path: Path) -> None:
    story = asking(samples_min=30)

    judgement = judged(story, tmp_path)

    assert question(judgement, "impact").verdict is Verdict.INCONCLUSIVE
    assert sentences(judgement, "impact")[3] == (
        "INCONCLUSIVE: Low power in phase roll: token_issue/new and token_validate/reused with 40 answers "
        "can not be compared with the baseline (needed on each side: 30, of which 10 independent of their "
        "neighbours)."
    )


def test_answers_like_their_neighbours_are_low_power_however_many(tmp_path: Path) -> None:
    story = asking()
    for start in range(22, 42, 10):
        story.slow(ISSUE, start, start + 5, by_s=0.1)

    assert row(judged(story, tmp_path), ISSUE, "roll").change is Change.LOW_POWER


def test_a_machine_without_room_compares_nothing(tmp_path: Path) -> None:
    story = asking()
    story.scenario["judge"] = {"baseline_p99_ms_max": 10.0}

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: Nothing can be compared with the baseline: the machine had no room for the load even "
        "before the upgrade began."
    ]


def test_a_run_without_a_baseline_compares_nothing(tmp_path: Path) -> None:
    story = asking()
    story.forget("baseline")

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: There is no baseline, so nothing can be compared with it."
    ]


def test_a_run_cut_short_is_no_pass(tmp_path: Path) -> None:
    story = asking()
    story.outcome = "aborted"

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: The run did not complete: of the rest of the upgrade nothing is known."
    ]


def test_what_the_reference_target_shows_as_well_is_not_laid_to_the_upgrade(tmp_path: Path) -> None:
    story = asking()
    story.reference()
    spread(story)
    for lane in (ISSUE, REFERENCE):
        story.slow(lane, 22, 42, by_s=0.1)

    (sentence,) = told(story, tmp_path)

    assert sentence.startswith("INCONCLUSIVE: token_issue/new was slower in phase roll: ")
    assert sentence.endswith("; the reference target became as slow then, so the machine may have done it.")


def test_failures_are_no_latencies(tmp_path: Path) -> None:
    story = asking()
    story.fail(ISSUE, 22, 32, end_ns=ns(40))

    judgement = judged(story, tmp_path)

    assert row(judgement, ISSUE, "roll").samples == 20
    assert row(judgement, ISSUE, "roll").change is Change.NONE
