"""What was not looked for between the releases, or told nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.judge import judge_run
from harness.judge.model import Verdict
from tests.judge.cells import PHASES, checked_story, cohort, find, told
from tests.judge.story import NEW, OLD, Story, judged, question, sentences


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
            detail="node2 did not answer (no answer within 5 s) when asked to create a user",
            made_at={"node": "node2", "release": None},
            checked_at={"node": "node1", "release": None},
        )

    assert inconclusive(story, tmp_path) == [
        "INCONCLUSIVE: In phase roll 2 checks of what was made at node2 could not be decided at node1 "
        "(disabled_token_refused and disabled_login_refused): node2 did not answer (no answer within 5 s) "
        "when asked to create a user."
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
        f"{tmp_path / 'continuity.jsonl'}, line 1: outcome: is missing; add it; "
        "restore the file from where the run was made."
    )
