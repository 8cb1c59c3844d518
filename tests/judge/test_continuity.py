"""The question of continuity: what was made on one release is honoured by the other, or not, or unknown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.errors import UsageError
from harness.evidence.continuity import PAIR_CHECKS
from harness.judge import judge_run
from harness.judge.model import Verdict
from tests.judge.story import NEW, NODES, OLD, Story, healthy, judged, ns, question, sentences

PHASES = {"preflight": 14.0, "trust": 17.0, "expand": 21.0, "roll": 31.0, "contract": 45.0, "restore": 47.0}
UP, DOWN, AFTER = ("node1", NEW), ("node2", OLD), ("node2", NEW)


def cell(
    second: float, check: str, made: tuple[str, str | None], checked: tuple[str, str | None], **more: Any
) -> dict[str, Any]:
    return {
        "mono_ns": ns(second),
        "phase": "roll",
        "step": "check_continuity",
        "check": check,
        "made_at": {"node": made[0], "release": made[1]},
        "checked_at": {"node": checked[0], "release": checked[1]},
        "cached": None,
        "outcome": "ok",
        "took_s": 0.25 if check.endswith("refused") else None,
        "detail": None,
        "request_id": "req-1",
        **more,
    }


def pair(second: float, made: tuple[str, str], checked: tuple[str, str], **more: Any) -> list[dict[str, Any]]:
    """Every check between two nodes."""
    cells = [cell(second, check, made, checked, **more) for check in PAIR_CHECKS]
    cells[0]["cached"] = True
    return [*cells, cell(second, "token_validates", made, checked, cached=False, **more)]


def cohort(phase: str, second: float, **more: Any) -> list[dict[str, Any]]:
    of = {"phase": phase, "step": "check_cohort", "detail": "ordinary", **more}
    tokens = [cell(second, "cohort_token", ("node1", OLD), (node, OLD), **of) for node in NODES]
    return [*tokens, cell(second, "cohort_login", ("node1", OLD), ("node2", OLD), **of)]


def checked_story() -> Story:
    """A healthy upgrade with every check made; node1 is rolled first and compared with node2 at second 32."""
    story = healthy()
    story.scenario["continuity"] = {"enabled": True, "refuse_within_s": 5.0}
    story.cells = [*pair(31.5, UP, DOWN), *pair(31.6, DOWN, UP)]
    for phase, second in (*PHASES.items(), ("cooldown", 52.0)):
        story.cells += cohort(phase, second)
    story.cells += pair(53.0, UP, AFTER, phase="cooldown")
    return story


def find(story: Story, check: str, checked: tuple[str, str] = UP) -> dict[str, Any]:
    """The cell of a check that was made at node2 and looked for at node1, to be changed in place."""
    assert story.cells is not None
    place = {"node": checked[0], "release": checked[1]}
    return next(c for c in story.cells if c["check"] == check and c["checked_at"] == place)


def told(story: Story, path: Path) -> list[str]:
    return sentences(judged(story, path), "continuity")


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


# --- undecidable


def inconclusive(story: Story, path: Path) -> list[str]:
    judgement = judged(story, path)
    assert question(judgement, "continuity").verdict is Verdict.INCONCLUSIVE
    assert judgement.verdict is Verdict.INCONCLUSIVE
    return sentences(judgement, "continuity")


def test_a_missing_file_is_no_good_evidence(tmp_path: Path) -> None:
    story = checked_story()
    story.cells = None

    assert inconclusive(story, tmp_path) == [
        "INCONCLUSIVE: There is no continuity.jsonl, so what one release made was not looked for at the "
        "other."
    ]


def test_an_unknown_cell_is_inconclusive_with_its_reason(tmp_path: Path) -> None:
    story = checked_story()
    for check in ("disabled_token_refused", "disabled_login_refused"):
        find(story, check).update(
            outcome="unknown",
            detail="node2 answered 503 when asked to create a user",
            made_at={"node": "node2", "release": None},
            checked_at={"node": "node1", "release": None},
        )

    assert inconclusive(story, tmp_path) == [
        "INCONCLUSIVE: In phase roll 2 checks of what was made at node2 could not be decided at node1 "
        "(disabled_token_refused and disabled_login_refused): node2 answered 503 when asked to create a user."
    ]


def test_a_direction_that_was_never_looked_in_is_missing(tmp_path: Path) -> None:
    story = checked_story()
    story.cells = [
        c for c in story.cells or [] if c["checked_at"]["release"] != OLD or "cohort" in c["check"]
    ]

    assert inconclusive(story, tmp_path) == [
        "INCONCLUSIVE: Nothing was looked for in the direction 29.1.0 -> 27.1.0.",
        "INCONCLUSIVE: What was made at the one was never looked for at the other while their releases "
        "differed: node1 to node2.",
    ]


def test_an_answer_that_names_no_release_counts_for_no_direction(tmp_path: Path) -> None:
    story = checked_story()
    for each in story.cells or []:
        if each["phase"] == "cooldown" and each["step"] == "check_continuity":
            each["checked_at"]["release"] = None

    assert inconclusive(story, tmp_path) == [
        "INCONCLUSIVE: Nothing was looked for in the direction 29.1.0 -> 29.1.0."
    ]


def test_checks_that_were_left_out_in_a_direction_are_named(tmp_path: Path) -> None:
    story = checked_story()
    story.cells = [
        c
        for c in story.cells or []
        if not (c["checked_at"] == {"node": "node1", "release": NEW} and c["check"] in ("trust", "catalog"))
        and c["cached"] is not False
    ]

    assert inconclusive(story, tmp_path) == [
        "INCONCLUSIVE: 3 checks were never made in the direction 27.1.0 -> 29.1.0: a token validates (not "
        "cached), a trust can be used and the catalog is the same.",
        "INCONCLUSIVE: 1 check was never made in the direction 29.1.0 -> 27.1.0: a token validates (not "
        "cached).",
        "INCONCLUSIVE: 1 check was never made in the direction 29.1.0 -> 29.1.0: a token validates (not "
        "cached).",
    ]


def test_a_change_that_took_too_long_fails_whatever_the_harness_concluded(tmp_path: Path) -> None:
    story = checked_story()
    find(story, "revoked_token_refused").update(took_s=7.25)

    assert told(story, tmp_path) == [
        "FAIL: A token revoked at node2 (27.1.0) was not refused at node1 (29.1.0) in phase roll, 31.60 s "
        "into the run: it took 7.25 s (allowed: 5 s)."
    ]


def test_a_change_that_took_just_as_long_as_it_may_is_honoured(tmp_path: Path) -> None:
    story = checked_story()
    find(story, "revoked_token_refused").update(took_s=5.0)

    assert question(judged(story, tmp_path), "continuity").verdict is Verdict.PASS


def test_what_a_node_honours_of_its_own_shows_nothing(tmp_path: Path) -> None:
    story = checked_story()
    for each in story.cells or []:
        if each["phase"] == "cooldown" and each["step"] == "check_continuity":
            each["made_at"] = each["checked_at"]

    assert inconclusive(story, tmp_path) == [
        "INCONCLUSIVE: Nothing was looked for in the direction 29.1.0 -> 29.1.0."
    ]


def test_members_of_the_cohort_that_one_node_or_one_phase_was_not_asked_for_are_named(tmp_path: Path) -> None:
    story = checked_story()
    story.cells = (story.cells or []) + [
        each
        for phase, second in (*PHASES.items(), ("cooldown", 52.0))
        for each in cohort(phase, second, detail="80_bytes")
        if not (phase == "roll" and each["checked_at"]["node"] == "node2")
    ]

    assert inconclusive(story, tmp_path) == [
        "INCONCLUSIVE: In phase roll node2 was not asked for the tokens of some users made before the first "
        "phase: 80_bytes.",
        "INCONCLUSIVE: In phase roll some users made before the first phase did not log in: 80_bytes.",
    ]


def test_a_member_that_was_renewed_or_broken_is_the_same_member(tmp_path: Path) -> None:
    story = checked_story()
    for each in story.cells or []:
        if each["phase"] == "cooldown" and each["check"] == "cohort_token":
            each["detail"] = "ordinary, renewed as its life had ended"

    assert question(judged(story, tmp_path), "continuity").verdict is Verdict.PASS


@pytest.mark.parametrize("cached", [True, False])
def test_a_token_that_was_only_looked_for_one_way_is_told(tmp_path: Path, cached: bool) -> None:
    story = checked_story()
    story.cells = [
        each
        for each in story.cells or []
        if not (
            each["check"] == "token_validates" and each["cached"] is cached and each["phase"] == "cooldown"
        )
    ]

    assert inconclusive(story, tmp_path) == [
        "INCONCLUSIVE: 1 check was never made in the direction 29.1.0 -> 29.1.0: a token validates "
        f"({'cached' if cached else 'not cached'})."
    ]


def test_with_one_node_both_releases_never_serve_at_once(tmp_path: Path) -> None:
    run = checked_story().write(tmp_path)
    run.manifest.write_text(run.manifest.read_text().replace('["node1","node2"]', '["node1"]'))

    assert (
        "INCONCLUSIVE: There is one node only, so both releases never served at once and nothing made on the "
        "one could be looked for on the other."
    ) in sentences(judge_run(run), "continuity")


def test_a_phase_in_which_the_cohort_was_not_looked_at_is_named(tmp_path: Path) -> None:
    story = checked_story()
    story.cells = [
        c
        for c in story.cells or []
        if not (c["step"] == "check_cohort" and c["phase"] == "contract")
        and not (c["phase"] == "expand" and c["checked_at"]["node"] == "node2")
    ]

    assert inconclusive(story, tmp_path) == [
        "INCONCLUSIVE: In phase expand the tokens made before the first phase were not validated at node2.",
        "INCONCLUSIVE: In phase expand no user made before the first phase logged in.",
        "INCONCLUSIVE: In phase contract the tokens made before the first phase were not validated at node1 "
        "and node2.",
        "INCONCLUSIVE: In phase contract no user made before the first phase logged in.",
    ]


def test_a_run_that_did_not_complete_says_so_once_and_not_all_that_is_missing(tmp_path: Path) -> None:
    story = checked_story()
    story.cells = cohort("preflight", 14)
    story.die(20)

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: The run did not complete, so of the checks that were still to come nothing is known."
    ]


def test_a_torn_line_is_told(tmp_path: Path) -> None:
    run = checked_story().write(tmp_path)
    with run.continuity.open("ab") as file:
        file.write(b'{"mono_ns": 1, "pha')

    assert sentences(judge_run(run), "continuity") == ["INCONCLUSIVE: continuity.jsonl holds 1 damaged line."]


def test_a_line_without_a_field_is_refused_by_name(tmp_path: Path) -> None:
    story = checked_story()
    del (story.cells or [])[0]["outcome"]

    with pytest.raises(UsageError) as caught:
        judged(story, tmp_path)
    assert str(caught.value) == (
        f"{tmp_path / 'continuity.jsonl'}, line 1: 'outcome' is None, expected str; "
        "restore the file from where the run was made."
    )
