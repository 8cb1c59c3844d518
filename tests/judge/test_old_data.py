"""What became of data that was there before the load began, and what was asked of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.evidence.continuity import OLD_DATA_CHECKS
from harness.judge.model import Verdict
from harness.judge.old_words import KIND_WORDS
from tests.judge.cells import checked_story, told
from tests.judge.old_cells import KINDS, add_old_data
from tests.judge.story import NEW, OLD, Story, judged, ns, question, sentences

HEADLINE = "Old data of 4 kinds, 1,013 objects, was seen at each of 2 nodes before, during and after."


def old_story(kinds: dict[str, int] | None = None, **told_of_it: Any) -> Story:
    """A healthy upgrade with old data."""
    story = checked_story()
    story.scenario["continuity"]["old_data"] = True
    add_old_data(story, KINDS if kinds is None else kinds, **told_of_it)
    return story


def change(story: Story, check: str, *, release: str, **more: Any) -> None:
    """Every look at a kind of a node that serves a release comes out so."""
    assert story.cells is not None
    for each in story.cells:
        if each["check"] == check and each["checked_at"]["release"] == release:
            each.update(more)


def test_every_kind_has_its_words() -> None:
    assert tuple(KIND_WORDS) == OLD_DATA_CHECKS


# --- passing


def test_old_data_that_was_honoured_throughout_is_told_in_the_headline_and_counted(tmp_path: Path) -> None:
    judgement = judged(old_story(), tmp_path)

    assert judgement.verdict is Verdict.PASS
    assert judgement.headline.endswith(f" {HEADLINE}")
    assert (
        "7 phases, besides 28 of 4 kinds of old data in 4 phases; every"
        in sentences(judgement, "continuity")[0]
    )
    assert not any("old data" in limit or "older data" in limit for limit in judgement.limits)


def test_a_null_run_saw_it_before_and_after(tmp_path: Path) -> None:
    story = old_story({"old_ec2": 1})
    story.scenario["procedure"] = {"upgrade": False}
    for phase in ("flush", "trust", "expand", "migrate", "roll", "contract", "restore"):
        story.forget(phase)
        story.event(20, "skip", phase, reason="nothing is upgraded")
    kept = [each for each in story.cells or [] if each["phase"] in ("setup", "preflight", "cooldown")]
    for each in kept:
        for side in ("made_at", "checked_at"):
            each[side] = {**each[side], "release": OLD}
    story.cells = kept

    judgement = judged(story, tmp_path)

    assert judgement.verdict is Verdict.PASS
    assert judgement.headline.endswith(
        " Old data of 1 kind, 1 object, was seen at each of 2 nodes before and after."
    )


def test_a_run_from_before_there_was_any_is_judged_as_before_and_its_limits_say_so(tmp_path: Path) -> None:
    judgement = judged(checked_story(), tmp_path)

    assert judgement.verdict is Verdict.PASS
    assert (
        "Only data that was made for the run was asked about: what an upgrade does to older data, such as "
        "passwords that earlier releases hashed, is not known."
    ) in judgement.limits
    assert "ld data" not in judgement.headline


def test_kinds_that_can_not_be_had_are_told_as_such_and_asked_of_nobody(tmp_path: Path) -> None:
    rows = "this deployment gives no way to write rows behind its API"
    story = old_story(
        left_out={
            "old_sha512_crypt": "27.1.0 does not read it",
            "old_scrypt": rows,
            "old_expired_password": rows,
        }
    )

    judgement = judged(story, tmp_path)

    assert judgement.verdict is Verdict.PASS
    assert [limit for limit in judgement.limits if limit.startswith("Of old data")] == [
        "Of old data passwords hashed by sha512_crypt were not asked about: 27.1.0 does not read it.",
        f"Of old data passwords hashed by scrypt and expired passwords were not asked about: {rows}.",
    ]


# --- failing


def test_a_hash_that_the_new_release_does_not_read_fails_once_for_all_nodes_and_phases(
    tmp_path: Path,
) -> None:
    story = old_story()
    words = "closed the connection without an answer 3 times, and answered others meanwhile"
    change(story, "old_bcrypt", release=NEW, outcome="broken", detail=words)

    judgement = judged(story, tmp_path)

    assert judgement.verdict is Verdict.FAIL
    assert sentences(judgement, "continuity") == [
        "FAIL: A user whose password is hashed by bcrypt, there before the load began, made at node1 "
        "(27.1.0), could not log in at node1 and node2 (29.1.0) in the phases roll and cooldown, "
        f"3 times, the first 31.00 s into the run ({words}); 27.1.0 honoured it each time."
    ]
    finding = question(judgement, "continuity").findings[0]
    assert (finding.error, finding.node, finding.release, finding.phase) == ("old_bcrypt", None, NEW, "roll")
    assert (finding.step, finding.start_ns, finding.requests) == ("check_old_data", ns(31), 3)
    assert judgement.headline.startswith("The upgrade failed: A user whose password is hashed by bcrypt")


def test_a_list_that_is_cut_says_that_the_same_list_gives_fewer(tmp_path: Path) -> None:
    story = old_story()
    words = "the same list gives fewer: 1,000 projects, 1,101 before"
    change(story, "old_project_list", release=NEW, outcome="broken", detail=words)

    assert told(story, tmp_path) == [
        "FAIL: The list of a domain's projects, asked before the load began at node1 (27.1.0), was not as "
        "long at node1 and node2 (29.1.0) in the phases roll and cooldown, 3 times, the first 31.00 s into "
        f"the run ({words}); 27.1.0 honoured it each time."
    ]


def test_a_release_that_did_not_honour_it_each_time_is_no_witness(tmp_path: Path) -> None:
    """Damaged in the middle of the roll: what the old release honoured before it does not honour any more."""
    story = old_story()
    for each in story.cells or []:
        if each["check"] == "old_bcrypt" and each["phase"] in ("roll", "cooldown"):
            each.update(outcome="broken", detail="answered 401")

    told_of_it = told(story, tmp_path)

    assert len(told_of_it) == 2
    assert not any("honoured it" in sentence for sentence in told_of_it)
    assert told_of_it[1].endswith(
        "could not log in at node2 (27.1.0) in phase roll, 31.00 s into the run (answered 401)."
    )


@pytest.mark.parametrize("check", OLD_DATA_CHECKS)
def test_each_kind_is_named_where_it_is_broken(tmp_path: Path, check: str) -> None:
    story = old_story({str(check): 1})
    broken = next(
        each for each in story.cells or [] if each["check"] == check and each["phase"] == "cooldown"
    )
    broken.update(outcome="broken", detail="answered 500")

    judgement = judged(story, tmp_path)

    words = KIND_WORDS[check]
    assert judgement.verdict is Verdict.FAIL
    assert sentences(judgement, "continuity") == [
        f"FAIL: {words.subject} node1 (27.1.0), {words.predicate} node1 (29.1.0) in phase cooldown, 52.50 s "
        f"into the run (answered 500); 27.1.0 honoured it each time."
    ]


def test_what_was_broken_before_the_upgrade_began_is_not_laid_to_it(tmp_path: Path) -> None:
    story = old_story()
    for each in story.cells or []:
        if each["check"] == "old_ec2" and each["checked_at"]["node"] == "node2":
            each.update(outcome="broken", detail="answered 500")

    judgement = judged(story, tmp_path)

    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert all(
        sentence.startswith("INCONCLUSIVE: A credential of type ec2")
        and sentence.endswith("that was so before the upgrade began.")
        for sentence in sentences(judgement, "continuity")
    )


# --- undecidable


def test_a_kind_whose_making_was_refused_is_no_shortage_of_evidence(tmp_path: Path) -> None:
    reason = "node1 answered 403 when asked to imply a role"

    assert told(old_story(objections={"old_implied_role": reason, "old_domain_role": reason}), tmp_path) == [
        f"FAIL: Refused what was valid: {reason}, before the load began; of old data implied roles and roles "
        "of a domain could not be made."
    ]


def test_a_kind_that_could_not_be_made_leaves_open_what_it_was_to_tell(tmp_path: Path) -> None:
    reason = "node1 did not answer (no answer within 5 s) when asked to imply a role"
    objections = {"old_implied_role": reason, "old_domain_role": reason, "old_trust": "node1 answered 503"}

    assert told(old_story(objections=objections), tmp_path) == [
        f"INCONCLUSIVE: Of old data implied roles and roles of a domain could not be made: {reason}.",
        "INCONCLUSIVE: Of old data trusts could not be made: node1 answered 503.",
    ]


def test_old_data_that_was_asked_for_and_never_made_is_no_evidence(tmp_path: Path) -> None:
    story = checked_story()
    story.scenario["continuity"]["old_data"] = True

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: No old data was made before the load began, so only fresh data was asked about."
    ]


def test_a_look_that_is_missing_is_missed_by_kind_node_and_phase(tmp_path: Path) -> None:
    story = old_story()
    story.cells = [
        each
        for each in story.cells or []
        if not (each["check"] == "old_ec2" and each["phase"] == "expand")
        and not (
            each["step"] == "check_old_data"
            and each["phase"] == "roll"
            and each["checked_at"]["node"] == "node2"
        )
    ]

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: In phase expand 2 looks at old data were never made: ec2 credentials at node1 and ec2 "
        "credentials at node2.",
        "INCONCLUSIVE: In phase roll 4 looks at old data were never made: passwords hashed by bcrypt at "
        "node2, ec2 credentials at node2, the list of projects at node2 and projects at node2.",
    ]


def test_no_answer_is_unknown_and_told_with_its_kind(tmp_path: Path) -> None:
    story = old_story()
    silent = next(
        each for each in story.cells or [] if each["check"] == "old_ec2" and each["phase"] == "expand"
    )
    silent.update(outcome="unknown", detail="did not answer (no answer within 5 s)")

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: In phase expand 1 check of what was made at node1 could not be decided at node1 "
        "(old_ec2): did not answer (no answer within 5 s)."
    ]


def test_looks_at_old_data_do_not_stand_in_for_checks_between_nodes(tmp_path: Path) -> None:
    story = old_story()
    story.cells = [each for each in story.cells or [] if each["step"] != "check_continuity"]

    assert any("Nothing was looked for in the direction" in sentence for sentence in told(story, tmp_path))
