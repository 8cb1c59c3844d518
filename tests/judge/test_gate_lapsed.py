"""What a lapsed acceptance is said to count again, beside what else of the gate takes the same finding."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.judge.model import Judgement, Verdict
from tests.judge.story import ISSUE, healthy, judged

BUG = "https://bugs.launchpad.net/keystone/+bug/1"
LAPSED = f"The acceptance of availability (step stop; {BUG}) lapsed on 2025-12-31"
BUDGET = {"question": "availability", "phase": "roll", "failed_max": 9, "outage_s_max": 9.0}


def _accepted(until: str = "2025-12-31", **names: Any) -> dict[str, Any]:
    return {"question": "availability", "reason": "Known.", "link": BUG, "until": until, **names}


def _judged(path: Path, **gate: Any) -> Judgement:
    """Two stops that hurt one lane."""
    story = healthy(drained=False)
    story.fail(ISSUE, 23.4, 24.6)
    story.fail(ISSUE, 33.4, 34.1)
    story.scenario["gate"] = gate
    return judged(story, path)


def test_what_a_budget_takes_is_not_said_to_count_again(tmp_path: Path) -> None:
    judgement = _judged(tmp_path, accepted=[_accepted(step="stop")], budgets=[BUDGET])
    assert judgement.verdict is Verdict.PASS
    assert judgement.gate.notes == (
        f"{LAPSED}; a budget takes 2 of its findings; remove it, or decide anew.",
    )


def test_what_another_acceptance_covers_is_not_said_to_count_again(tmp_path: Path) -> None:
    other = _accepted("2026-12-31", node="node1")
    judgement = _judged(tmp_path, accepted=[_accepted(step="stop"), other])
    assert judgement.gate.notes == (
        f"{LAPSED}, and 1 of its findings counts again; another acceptance covers 1 of them; remove it, or "
        "decide anew.",
    )


def test_where_the_budget_is_exceeded_what_it_does_not_take_counts_again(tmp_path: Path) -> None:
    judgement = _judged(tmp_path, accepted=[_accepted(step="stop")], budgets=[{**BUDGET, "failed_max": 1}])
    assert judgement.verdict is Verdict.FAIL
    assert judgement.gate.notes == (
        f"{LAPSED}, and 2 of its findings count again; remove it, or decide anew.",
    )


def test_findings_of_a_question_that_only_advises_do_not_count_again(tmp_path: Path) -> None:
    story = healthy()
    for lane in ("token_issue/new", "token_validate/reused"):
        story.slow(lane, 22, 42, 0.4)
    story.scenario["impact"] = {"enabled": True}
    lapsed = {**_accepted(phase="roll"), "question": "impact"}
    story.scenario["gate"] = {"accepted": [lapsed]}
    judgement = judged(story, tmp_path)
    (note,) = judgement.gate.notes
    assert "again" not in note
    assert note.endswith("the question only advises; remove it, or decide anew.")
