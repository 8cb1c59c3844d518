"""What was valid and was refused is no shortage of evidence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.judge.model import Verdict
from tests.judge.cells import checked_story, cohort, find, told
from tests.judge.story import NEW, OLD, Story, judged, ns, question

SAID = "Could not find role assignment with role: 5fa4"


def refusal(second: float, **more: Any) -> dict[str, Any]:
    return {
        "mono_ns": ns(second),
        "node": "node2",
        "release": OLD,
        "asked": "create an application credential",
        "status": 400,
        "said": f"{SAID}.",
        "request_id": "req-400",
        **more,
    }


def hindered(story: Story, *checks: str, **more: Any) -> None:
    """Cells of node2, looked for at node1, that became unknown."""
    for check in checks:
        find(story, check).update(
            outcome="unknown",
            made_at={"node": "node2", "release": None},
            checked_at={"node": "node1", "release": None},
            **more,
        )


def test_a_valid_request_that_was_answered_with_400_fails_with_what_the_answer_said(tmp_path: Path) -> None:
    story = checked_story()
    hindered(
        story,
        "application_credential",
        "trust",
        detail="node2 answered 400 when asked to create an application credential",
        refused=refusal(31.5),
    )

    judgement = judged(story, tmp_path)

    assert judgement.verdict is Verdict.FAIL
    (finding,) = question(judgement, "continuity").findings
    assert finding.sentence == (
        "Refused what was valid: node2 (27.1.0) answered 400 when asked to create an application "
        f'credential, in phase roll, 31.50 s into the run ("{SAID}"); 2 checks could not be decided for it '
        "(application_credential and trust)."
    )
    assert (finding.phase, finding.step, finding.node, finding.release, finding.error) == (
        "roll",
        "check_continuity",
        "node2",
        OLD,
        "http_4xx",
    )
    assert (finding.start_ns, finding.requests) == (ns(31.5), 1)


def test_one_thing_refused_again_and_again_in_a_phase_is_one_finding_with_its_number(tmp_path: Path) -> None:
    story = checked_story()
    for check, second in (("application_credential", 31.5), ("trust", 31.5), ("catalog", 31.8)):
        hindered(story, check, detail="x", refused=refusal(second, said=""))

    assert told(story, tmp_path) == [
        "FAIL: Refused what was valid: node2 (27.1.0) answered 400 when asked to create an application "
        "credential, in phase roll, 2 times, the first 31.50 s into the run; 3 checks could not be decided "
        "for it (application_credential, trust and catalog)."
    ]


def test_a_member_of_the_cohort_that_was_refused_in_the_baseline_is_told_once_and_there(
    tmp_path: Path,
) -> None:
    story = checked_story()
    absent: dict[str, Any] = {
        "outcome": "unknown",
        "detail": "80_bytes: node2 answered 502 when asked to create a user",
        "refused": refusal(5, asked="create a user", status=502, said=""),
    }
    story.cells = [
        *(story.cells or []),
        *cohort("preflight", 14.0, **absent),
        *cohort("contract", 45.0, **absent),
    ]

    assert told(story, tmp_path) == [
        "FAIL: Refused what was valid: node2 (27.1.0) answered 502 when asked to create a user, in phase "
        "baseline, 5.00 s into the run; 6 checks could not be decided for it (cohort_token and cohort_login)."
    ]


@pytest.mark.parametrize(
    "detail",
    [
        "node2 answered 503 when asked to create a user",
        "80_bytes: node2 answered 503 when asked to create a user",
        "80_bytes: its life had ended, and node2 answered 503 when asked to create a user",
    ],
)
def test_a_run_of_an_earlier_program_tells_it_in_its_details(tmp_path: Path, detail: str) -> None:
    story = checked_story()
    hindered(story, "disabled_token_refused", "disabled_login_refused", detail=detail)

    (sentence,) = told(story, tmp_path)

    assert sentence.startswith(
        "FAIL: Refused what was valid: node2 answered 503 when asked to create a user, in phase roll, "
    )


@pytest.mark.parametrize(
    "detail",
    [
        "node2 did not answer (no answer within 5 s) when asked to create a user",
        "node2 answered 201 when asked to show the roles before the change",
        "node2 answered 418 when asked to log in with a wrong password",
        "not begun: the step had taken 40 s",
    ],
)
def test_no_answer_or_one_that_refuses_nothing_valid_stays_unknown(tmp_path: Path, detail: str) -> None:
    story = checked_story()
    hindered(story, "trust", detail=detail)

    assert question(judged(story, tmp_path), "continuity").verdict is Verdict.INCONCLUSIVE


def test_what_was_refused_after_a_server_of_the_machine_died_is_not_laid_to_keystone(tmp_path: Path) -> None:
    story = checked_story()
    hindered(story, "trust", detail="x", refused=refusal(31.5))
    story.event(
        31, "note", "roll", server="mariadb", found="ended", exit_code=-9, since_ns=ns(30.0), dead_ns=ns(31.0)
    )

    assert question(judged(story, tmp_path), "continuity").verdict is Verdict.INCONCLUSIVE


def test_a_cell_that_was_decided_has_no_refusal(tmp_path: Path) -> None:
    story = checked_story()
    find(story, "trust", ("node2", OLD)).update(refused=refusal(31.5, node="node1", release=NEW))

    assert question(judged(story, tmp_path), "continuity").verdict is Verdict.PASS
