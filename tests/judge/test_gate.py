"""What a gate lets through, what it does not, and that it is told every time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from harness.errors import UsageError
from harness.judge import judge_run, write_verdict
from harness.judge.gate_outcome import Standing
from harness.judge.model import Finding, Judgement, Question, Verdict
from harness.judge.questions import QUESTIONS
from harness.scenario.gate import GateSettings
from tests.judge.story import ISSUE, VALIDATE, Story, healthy, judged, question

BUG = "https://bugs.launchpad.net/keystone/+bug/1"


def _failing() -> Story:
    """Two stops that hurt one lane: 3 requests in 1.5 s at node1, 2 in 1 s at node2."""
    story = healthy(drained=False)
    story.fail(ISSUE, 23.4, 24.6)
    story.fail(ISSUE, 33.4, 34.1)
    return story


def _accepted(question: str = "availability", **names: Any) -> dict[str, Any]:
    known = {"reason": "The server cuts what it has not accepted.", "link": BUG, "until": "2026-12-31"}
    return {"question": question, **known, **names}


def _judged(story: Story, path: Path, **gate: Any) -> Judgement:
    story.scenario["gate"] = gate
    return judged(story, path)


def _availability(judgement: Judgement) -> list[tuple[Verdict, str | None]]:
    return [(finding.verdict, finding.accepted) for finding in question(judgement, "availability").findings]


# --- accepted findings


TWICE = (
    "isrupted twice, at most 3.5 s in all, the longest 2.0 s: 5 of 312 requests failed, 26% of those due "
    "meanwhile; never down; all while nodes were stopped"
)


def test_accepted_outages_pass_and_the_headline_says_what_failed(tmp_path: Path) -> None:
    judgement = _judged(_failing(), tmp_path, accepted=[_accepted(phase="roll", step="stop")])

    because = f"The server cuts what it has not accepted ({BUG}), until 2026-12-31"
    assert judgement.verdict is Verdict.PASS
    assert _availability(judgement) == [(Verdict.FAIL, because), (Verdict.FAIL, because)]
    assert judgement.headline == (
        f"Passes with 2 accepted findings, not without disruption: d{TWICE}; 2 nodes went from 27.1.0 to "
        "29.1.0."
    )
    assert [(use.standing, use.findings) for use in judgement.gate.acceptances] == [(Standing.USED, 2)]


def test_an_acceptance_of_one_node_leaves_the_other_to_fail_and_says_what_does_not_count(
    tmp_path: Path,
) -> None:
    judgement = _judged(_failing(), tmp_path, accepted=[_accepted(node="node1")])

    assert judgement.verdict is Verdict.FAIL
    assert [accepted is None for _, accepted in _availability(judgement)] == [False, True]
    assert judgement.headline == (f"D{TWICE}. Not counted: 1 accepted finding.")


def test_an_acceptance_that_lapsed_before_the_run_counts_again_and_says_so(tmp_path: Path) -> None:
    judgement = _judged(_failing(), tmp_path, accepted=[_accepted(node="node1", until="2025-12-31")])

    assert judgement.verdict is Verdict.FAIL
    assert (
        question(judgement, "availability")
        .findings[0]
        .sentence.endswith(
            f"It was accepted until 2025-12-31: The server cuts what it has not accepted ({BUG})."
        )
    )
    assert judgement.gate.notes == (
        f"The acceptance of availability (node node1; {BUG}) lapsed on 2025-12-31, and 1 of its findings "
        "counts again; remove it, or decide anew.",
    )


def test_an_acceptance_holds_on_its_last_day(tmp_path: Path) -> None:
    """The stories start on 2026-01-01, UTC; the day of the judging is of no matter."""
    judgement = _judged(_failing(), tmp_path, accepted=[_accepted(phase="roll", until="2026-01-01")])

    assert judgement.verdict is Verdict.PASS


def test_an_acceptance_that_covers_nothing_is_told(tmp_path: Path) -> None:
    judgement = _judged(healthy(), tmp_path, accepted=[_accepted(phase="expand", error="timeout")])

    assert judgement.verdict is Verdict.PASS
    assert judgement.headline.startswith("No downtime was seen: 0 of 312 requests failed")
    assert judgement.gate.notes == (
        f"The acceptance of availability (phase expand, error timeout; {BUG}) covers nothing in this run; "
        "remove it if what it accepts is gone.",
    )


def test_an_outage_of_two_lanes_is_not_accepted_by_the_name_of_one(tmp_path: Path) -> None:
    story = _failing()
    story.fail(VALIDATE, 23.4, 24.6)

    assert _judged(story, tmp_path, accepted=[_accepted(lane=ISSUE)]).verdict is Verdict.FAIL
    assert _judged(story, tmp_path, accepted=[_accepted(lane="token_*")]).verdict is Verdict.PASS


def test_a_finding_that_hit_more_than_was_accepted_is_another_one(tmp_path: Path) -> None:
    judgement = _judged(_failing(), tmp_path, accepted=[_accepted(phase="roll", requests_max=2)])

    assert [accepted is None for _, accepted in _availability(judgement)] == [True, False]


def test_the_sentence_of_a_finding_can_be_named_by_a_pattern(tmp_path: Path) -> None:
    story = healthy()
    story.detail("restore", "restore_trust")["seen"] = True

    judgement = _judged(story, tmp_path, accepted=[_accepted("procedure", pattern="reads 1 after it")])

    assert judgement.verdict is Verdict.PASS
    assert judgement.headline == (
        "Passes with 1 accepted finding: log_bin_trust_function_creators was 0 before the upgrade and reads "
        "1 after it. Besides, 0 of 312 requests failed while 2 nodes went from 27.1.0 to 29.1.0; failures "
        "of one operation for longer than 0.50 s, or silence towards everybody for longer than 1.50 s, would "
        "have been seen."
    )


# --- missing evidence


def test_missing_evidence_is_not_accepted_along_with_failures(tmp_path: Path) -> None:
    """Failures before the upgrade make an outage INCONCLUSIVE; accepting outages does not accept that."""
    story = healthy()
    story.fail(ISSUE, 4.0, 4.6)

    judgement = _judged(story, tmp_path, accepted=[_accepted(phase="baseline")])

    assert question(judgement, "availability").verdict is Verdict.INCONCLUSIVE
    assert judgement.verdict is Verdict.INCONCLUSIVE


def test_missing_evidence_is_accepted_only_in_so_many_words_and_stays_unproven(tmp_path: Path) -> None:
    story = healthy()
    story.footer = None
    wanted = _accepted("coverage", inconclusive=True, pattern="has no footer")

    judgement = _judged(story, tmp_path, accepted=[wanted])

    assert judgement.verdict is Verdict.PASS
    assert judgement.headline == (
        "Passes with 1 accepted finding: probes.jsonl has no footer: its writer was killed, and requests it "
        "had not written yet are lost. Besides, 0 of 312 requests failed while 2 nodes went from 27.1.0 to "
        "29.1.0; failures of one operation for longer than 0.50 s, or silence towards everybody for longer "
        "than 1.50 s, would have been seen."
    )
    assert judgement.limits[0] == (
        "Not proven, and accepted as such: probes.jsonl has no footer: its writer was killed, and requests "
        "it had not written yet are lost."
    )


def test_a_run_that_did_not_complete_is_let_nothing_through(tmp_path: Path) -> None:
    story = _failing()
    story.outcome = "aborted"
    everything = [_accepted(phase="roll"), _accepted("procedure", inconclusive=True, pattern=".")]

    judgement = _judged(story, tmp_path, accepted=everything, budgets=[{"failed_max": 100}])

    assert judgement.verdict is Verdict.FAIL
    assert question(judgement, "procedure").verdict is Verdict.INCONCLUSIVE
    assert all(accepted is None for _, accepted in _availability(judgement))
    assert judgement.gate.notes == (
        "The run did not complete, so the gate lets nothing through: what was not run can not be accepted.",
    )


def test_a_check_that_broke_is_never_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> Question:
        raise KeyError("x")

    monkeypatch.setitem(QUESTIONS, "coverage", broken)

    judgement = _judged(healthy(), tmp_path, accepted=[_accepted("coverage", inconclusive=True, pattern=".")])

    assert judgement.verdict is Verdict.INCONCLUSIVE


# --- budgets


def test_failures_within_the_budget_of_their_phase_pass_and_say_how_much_was_used(tmp_path: Path) -> None:
    judgement = _judged(_failing(), tmp_path, budgets=[{"phase": "roll", "failed_max": 5, "outage_s_max": 4}])

    within = (
        "within the budget of availability in phase roll (5 of 5 failed requests, 3.5 of 4 s of disruption)"
    )
    assert judgement.verdict is Verdict.PASS
    assert _availability(judgement) == [(Verdict.FAIL, within), (Verdict.FAIL, within)]
    assert judgement.headline == (
        f"Passes with 2 findings within budget, not without disruption: d{TWICE}; 2 nodes went from 27.1.0 "
        "to 29.1.0."
    )


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        (
            {"failed_max": 4},
            "The budget of availability in phase roll is exceeded: 5 failed requests, where 4 failed "
            "requests are let through.",
        ),
        (
            {"failed_max": 9, "outage_s_max": 2},
            "The budget of availability in phase roll is exceeded: 3.5 s of disruption, where 2 s of "
            "disruption are let through.",
        ),
    ],
)
def test_one_more_than_the_budget_fails_with_both_numbers(
    tmp_path: Path, limits: dict[str, float], sentence: str
) -> None:
    judgement = _judged(_failing(), tmp_path, budgets=[{"phase": "roll", **limits}])

    findings = question(judgement, "availability").findings
    assert judgement.verdict is Verdict.FAIL
    assert findings[-1] == Finding(sentence, Verdict.FAIL, phase="roll")
    assert [finding.accepted for finding in findings] == [None, None, None]


def test_what_no_budget_covers_fails_as_ever(tmp_path: Path) -> None:
    story = _failing()
    story.fail(VALIDATE, 43.4, 43.9)

    judgement = _judged(story, tmp_path, budgets=[{"phase": "roll", "failed_max": 50}])

    assert [accepted is None for _, accepted in _availability(judgement)] == [False, False, True]
    assert judgement.verdict is Verdict.FAIL


def test_an_outage_of_two_lanes_needs_a_budget_for_each(tmp_path: Path) -> None:
    story = _failing()
    story.fail(VALIDATE, 23.4, 24.6)
    issue, validate = {"lane": ISSUE, "failed_max": 5}, {"lane": "token_validate/*", "failed_max": 3}

    assert _judged(story, tmp_path, budgets=[issue]).verdict is Verdict.FAIL
    assert _judged(story, tmp_path, budgets=[issue, validate]).verdict is Verdict.PASS


def test_every_budget_that_covers_a_failure_must_be_kept(tmp_path: Path) -> None:
    whole_run, one_lane = {"failed_max": 50}, {"lane": ISSUE, "failed_max": 1}

    assert _judged(_failing(), tmp_path, budgets=[whole_run, one_lane]).verdict is Verdict.FAIL


def test_what_is_accepted_takes_nothing_of_a_budget(tmp_path: Path) -> None:
    budgets = [{"phase": "roll", "failed_max": 2}]

    judgement = _judged(_failing(), tmp_path, accepted=[_accepted(node="node1")], budgets=budgets)

    assert judgement.verdict is Verdict.PASS
    assert judgement.headline.startswith("Passes with 1 accepted finding and 1 finding within budget, not ")


def test_lanes_that_fail_at_once_are_one_time_of_disruption(tmp_path: Path) -> None:
    """Both fail from 23.5 s on; the last success before was due at 23.125, the first after at 24.625."""
    story = healthy(drained=False)
    story.fail(ISSUE, 23.4, 24.6)
    story.fail(VALIDATE, 23.4, 24.6)

    (use,) = _judged(story, tmp_path, budgets=[{"outage_s_max": 2}]).gate.budgets

    assert use.used == pytest.approx(1.5)


def test_a_stall_budget_of_the_gate_is_stricter_where_the_judge_allows_a_deadline(tmp_path: Path) -> None:
    story = healthy()
    story.freeze(ISSUE, 24.0, 27.0)

    judgement = _judged(story, tmp_path, budgets=[{"phase": "roll", "lane": ISSUE, "stall_s_max": 2}])

    assert judged(healthy(), tmp_path).verdict is Verdict.PASS
    assert judgement.headline == (
        "The budget of availability in phase roll, lane token_issue/new is exceeded: 3.001 s "
        "without a success, where 2 s without a success are let through."
    )


def test_a_stall_over_the_judges_budget_is_let_through_by_a_wider_one_of_the_gate(tmp_path: Path) -> None:
    story = healthy()
    story.scenario["judge"] = {"stall_budget_s": 2}
    story.freeze(ISSUE, 24.0, 27.0)

    assert judged(story, tmp_path).verdict is Verdict.FAIL
    judgement = _judged(story, tmp_path, budgets=[{"phase": "roll", "stall_s_max": 4}])
    assert judgement.verdict is Verdict.PASS
    assert judgement.headline.startswith(
        "Passes with 1 finding within budget, not without disturbance: token_issue/new had no success for "
    )


def test_a_budget_of_failures_lets_no_stall_through(tmp_path: Path) -> None:
    story = healthy()
    story.scenario["judge"] = {"stall_budget_s": 2}
    story.freeze(ISSUE, 24.0, 27.0)

    assert _judged(story, tmp_path, budgets=[{"failed_max": 50, "outage_s_max": 60}]).verdict is Verdict.FAIL


def test_a_budget_for_a_lane_that_is_not_there_is_told(tmp_path: Path) -> None:
    judgement = _judged(healthy(), tmp_path, budgets=[{"lane": "token_isue/*", "failed_max": 5}])

    assert judgement.gate.notes == (
        "The budget of availability in lane token_isue/* is about no lane of this run; lanes here: "
        "load/user_get/reused, token_issue/new, token_validate/reused.",
    )


def test_a_budget_of_zero_is_what_a_run_has_without_a_gate(tmp_path: Path) -> None:
    assert _judged(_failing(), tmp_path, budgets=[{"failed_max": 0}]).verdict is Verdict.FAIL
    assert _judged(healthy(), tmp_path, budgets=[{"failed_max": 0}]).verdict is Verdict.PASS


def test_a_run_is_judged_under_the_gate_that_it_was_made_with_unless_another_is_given(tmp_path: Path) -> None:
    story = _failing()
    story.scenario["gate"] = {"budgets": [{"phase": "roll", "failed_max": 5}]}
    run = story.write(tmp_path)

    stored, strict = judge_run(run), judge_run(run, gate=GateSettings())

    assert stored.verdict is Verdict.PASS
    assert strict.verdict is Verdict.FAIL
    assert strict.headline == (f"D{TWICE}. Judged under another gate than the run was made with.")
    assert "another gate" not in stored.headline


def test_giving_the_gate_that_the_run_was_made_with_changes_nothing(tmp_path: Path) -> None:
    gate = GateSettings.model_validate({"accepted": [_accepted(phase="roll")]})
    story = _failing()
    story.scenario["gate"] = gate.model_dump(mode="json")
    run = story.write(tmp_path)

    assert judge_run(run, gate=gate).headline == judge_run(run).headline


def test_a_stored_gate_with_a_key_of_a_newer_harness_is_refused_since_it_may_narrow(tmp_path: Path) -> None:
    story = _failing()
    story.scenario["gate"] = {"accepted": [_accepted(phase="roll", only_on="weekends")]}
    run = story.write(tmp_path)

    with pytest.raises(UsageError) as refusal:
        judge_run(run)
    assert str(refusal.value) == (
        f"{run.manifest}: scenario.gate is none that this harness knows (accepted.0.only_on: unknown key); "
        "judge it with the harness that made it, or under another gate with --gate FILE."
    )
    assert judge_run(run, gate=GateSettings()).verdict is Verdict.FAIL


def test_the_verdict_file_keeps_what_was_let_through(tmp_path: Path) -> None:
    story = _failing()
    story.scenario["gate"] = {
        "accepted": [_accepted(node="node1")],
        "budgets": [{"phase": "roll", "failed_max": 2}],
    }
    run = story.write(tmp_path)

    write_verdict(judge_run(run), run.verdict)

    document = orjson.loads(run.verdict.read_bytes())
    assert (document["verdict"], document["exit_code"]) == ("PASS", 0)
    assert (document["gate"]["accepted"], document["gate"]["budgeted"]) == (1, 1)
    assert document["gate"]["budgets"] == [
        {
            "scope": "availability in phase roll",
            "measure": "failed_max",
            "limit": 2,
            "used": 2.0,
            "kept": True,
        }
    ]
    assert document["gate"]["acceptances"][0]["standing"] == "used"
    assert document["questions"]["availability"]["findings"][0]["accepted"] == (
        f"The server cuts what it has not accepted ({BUG}), until 2026-12-31"
    )
