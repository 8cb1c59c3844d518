"""Does one release honour what was made on the other?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.judge.model import Verdict
from tests.judge.cells import checked_story, cohort, find, pair, told
from tests.judge.story import NEW, OLD, healthy, judged, ns, question, sentences

# --- passing


def test_a_matrix_in_which_everything_held_passes_and_says_how_much_that_was(tmp_path: Path) -> None:
    judgement = judged(checked_story(), tmp_path)

    assert judgement.verdict is Verdict.PASS
    assert [q.name for q in judgement.questions] == ["procedure", "coverage", "availability", "continuity"]
    assert sentences(judgement, "continuity") == [
        "PASS: All 84 checks held: 21 in the direction 27.1.0 -> 29.1.0, 21 in the direction 29.1.0 -> "
        "27.1.0, 21 in the direction 29.1.0 -> 29.1.0 and 21 of users and tokens of the baseline in 7 "
        "phases; every change was honoured within 0.25 s."
    ]
    assert not any("continuity" in limit for limit in judgement.limits)
    assert len(judgement.continuity) == 84


def test_a_wrong_tail_that_both_releases_take_is_told_and_does_not_fail(tmp_path: Path) -> None:
    story = checked_story()
    for each in story.cells or []:
        if each["check"] == "password_tail_80_bytes":
            each["detail"] = "accepted by both"

    judgement = judged(story, tmp_path)

    assert question(judgement, "continuity").verdict is Verdict.PASS
    assert sentences(judgement, "continuity")[1] == (
        "PASS: A password that is wrong only after byte 72 was accepted by both nodes in 3 checks; the "
        "releases agree, so this is told and not failed."
    )


def test_a_null_control_needs_the_checks_once_between_nodes_of_the_one_release(tmp_path: Path) -> None:
    story = checked_story()
    story.scenario["procedure"] = {"upgrade": False}
    for phase in ("flush", "trust", "expand", "migrate", "roll", "contract", "restore"):
        story.forget(phase)
        story.event(20, "skip", phase, reason="nothing is upgraded")
    one = ("node1", OLD), ("node2", OLD)
    story.cells = [*cohort("preflight", 14), *cohort("cooldown", 52), *pair(53, *one, phase="cooldown")]

    assert told(story, tmp_path) == [
        "PASS: All 27 checks held: 21 in the direction 27.1.0 -> 27.1.0 and 6 of users and tokens of the "
        "baseline in 2 phases; every change was honoured within 0.25 s."
    ]


# --- not asked


@pytest.mark.parametrize("section", [None, {"enabled": False}])
def test_a_run_that_was_not_asked_is_judged_as_before_and_its_limits_say_so(
    tmp_path: Path, section: dict[str, Any] | None
) -> None:
    story = healthy()
    if section is not None:
        story.scenario["continuity"] = section

    judgement = judged(story, tmp_path)

    assert judgement.verdict is Verdict.PASS
    assert "continuity" not in [q.name for q in judgement.questions]
    assert (
        "That tokens, users and roles made on one release are honoured by the other is not proven: the "
        "question of continuity was not asked."
    ) in judgement.limits


# --- failing


@pytest.mark.parametrize(
    ("check", "sentence"),
    [
        ("token_validates", "A token issued at node2 (27.1.0) and cached did not validate at node1 (29.1.0)"),
        ("user_reads", "A user created at node2 (27.1.0) could not be read at node1 (29.1.0)"),
        ("user_logs_in", "A user created at node2 (27.1.0) could not log in at node1 (29.1.0)"),
        (
            "password_60_bytes",
            "A user created with a password of 60 bytes at node2 (27.1.0) could not log in at node1 (29.1.0)",
        ),
        (
            "password_80_bytes",
            "A user created with a password of 80 bytes at node2 (27.1.0) could not log in at node1 (29.1.0)",
        ),
        (
            "password_non_ascii",
            "A user created with a non-ASCII password at node2 (27.1.0) could not log in at node1 (29.1.0)",
        ),
        (
            "password_tail_60_bytes",
            "For a user created at node2 (27.1.0) a password that is wrong only after byte 54 was not "
            "treated alike at node1 (29.1.0)",
        ),
        (
            "password_tail_80_bytes",
            "For a user created at node2 (27.1.0) a password that is wrong only after byte 72 was not "
            "treated alike at node1 (29.1.0)",
        ),
        ("new_password_works", "A password changed at node2 (27.1.0) did not work at node1 (29.1.0)"),
        ("old_password_refused", "A password replaced at node2 (27.1.0) was not refused at node1 (29.1.0)"),
        ("revoked_token_refused", "A token revoked at node2 (27.1.0) was not refused at node1 (29.1.0)"),
        (
            "disabled_token_refused",
            "The token of a user disabled at node2 (27.1.0) was not refused at node1 (29.1.0)",
        ),
        (
            "disabled_login_refused",
            "The login of a user disabled at node2 (27.1.0) was not refused at node1 (29.1.0)",
        ),
        (
            "deleted_token_refused",
            "The token of a user deleted at node2 (27.1.0) was not refused at node1 (29.1.0)",
        ),
        (
            "deleted_login_refused",
            "The login of a user deleted at node2 (27.1.0) was not refused at node1 (29.1.0)",
        ),
        ("role_granted", "A role granted at node2 (27.1.0) did not show in a token issued at node1 (29.1.0)"),
        (
            "role_revoked",
            "A role revoked at node2 (27.1.0) did not go from the tokens issued at node1 (29.1.0)",
        ),
        (
            "application_credential",
            "An application credential made at node2 (27.1.0) did not log in at node1 (29.1.0)",
        ),
        ("trust", "A trust made at node2 (27.1.0) could not be used at node1 (29.1.0)"),
        ("catalog", "The catalog of node2 (27.1.0) was not the same at node1 (29.1.0)"),
    ],
)
def test_a_broken_cell_fails_and_names_check_nodes_releases_phase_and_time(
    tmp_path: Path, check: str, sentence: str
) -> None:
    story = checked_story()
    find(story, check).update(outcome="broken", detail="answered 500")

    judgement = judged(story, tmp_path)

    assert judgement.verdict is Verdict.FAIL
    assert sentences(judgement, "continuity") == [
        f"FAIL: {sentence} in phase roll, 31.60 s into the run (answered 500)."
    ]
    finding = question(judgement, "continuity").findings[0]
    assert (finding.phase, finding.step, finding.node, finding.release) == (
        "roll",
        "check_continuity",
        "node1",
        NEW,
    )
    assert (finding.error, finding.start_ns, finding.requests) == (check, ns(31.6), 1)


def test_a_token_that_only_validates_from_the_cache_is_broken(tmp_path: Path) -> None:
    story = checked_story()
    cold = next(c for c in story.cells or [] if c["cached"] is False and c["checked_at"]["node"] == "node1")
    cold.update(outcome="broken", detail="answered 404")

    assert told(story, tmp_path) == [
        "FAIL: A token issued at node2 (27.1.0) and not cached did not validate at node1 (29.1.0) in phase "
        "roll, 31.60 s into the run (answered 404)."
    ]


def test_broken_cells_of_one_kind_are_one_finding_with_their_number(tmp_path: Path) -> None:
    story = checked_story()
    for each in story.cells or []:
        if each["check"] == "cohort_token" and each["phase"] == "contract":
            each.update(outcome="broken", detail="ordinary: answered 404")
    story.cells = [*(story.cells or []), *cohort("contract", 45.5, outcome="broken", detail="x")[:1]]

    assert told(story, tmp_path) == [
        "FAIL: A token issued before the first phase at node1 (27.1.0) did not validate at node1 (27.1.0) in "
        "phase contract, 2 times, the first 45.00 s into the run (ordinary: answered 404).",
        "FAIL: A token issued before the first phase at node1 (27.1.0) did not validate at node2 (27.1.0) in "
        "phase contract, 45.00 s into the run (ordinary: answered 404).",
    ]


def test_a_broken_cell_outweighs_unknown_ones(tmp_path: Path) -> None:
    story = checked_story()
    find(story, "trust").update(outcome="unknown", detail="did not answer (no answer within 5 s)")
    find(story, "catalog").update(outcome="broken", detail="the catalogs differ")

    assert question(judged(story, tmp_path), "continuity").verdict is Verdict.FAIL
