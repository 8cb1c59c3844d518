"""What a pair of releases, or a deployment, can not show, whatever a run of it looks like."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.judge.model import Verdict
from tests.judge.cells import cell, checked_story
from tests.judge.story import NEW, OLD, OLD_TABLES, Story, healthy, judged, ns, question, sentences

NOTHING = (
    "No step of expand, migrate or contract had anything to migrate, so nothing was shown of a change of the "
    "schema while requests went on."
)


def _nothing_migrated() -> Story:
    """A pair whose schema is the same: `29 -> 30`."""
    story = healthy()
    story.detail("expand", "db_sync")["migrations"] = []
    return story


# --- pairs that migrate nothing


def test_a_pair_that_migrates_nothing_says_so_in_limits_and_headline(tmp_path: Path) -> None:
    judgement = judged(_nothing_migrated(), tmp_path)
    assert judgement.verdict is Verdict.PASS
    assert NOTHING in judgement.limits
    assert "while 2 nodes went from 27.1.0 to 29.1.0, with nothing to migrate;" in judgement.headline


def test_a_pair_that_only_expands_says_what_was_not_shown_and_not_in_the_headline(tmp_path: Path) -> None:
    judgement = judged(healthy(), tmp_path)
    assert (
        "Contract had nothing to migrate, so nothing was shown of it while requests went on."
        in judgement.limits
    )
    assert NOTHING not in judgement.limits
    assert "nothing to migrate" not in judgement.headline


def test_where_the_tables_moved_a_log_that_tells_of_no_migration_is_not_believed(tmp_path: Path) -> None:
    story = _nothing_migrated()
    for edge, tables in (("begin", OLD_TABLES), ("end", {"alembic_version": ["x", "y"]})):
        sample = {"mono_ns": ns(18.5), "kind": "versions", "phase": "expand", "step": "db_sync"}
        story.versions.insert(1, {**sample, "edge": edge, "tables": tables})
    judgement = judged(story, tmp_path)
    assert NOTHING not in judgement.limits
    assert "nothing to migrate" not in judgement.headline


def test_where_it_is_not_known_what_was_migrated_nothing_is_said(tmp_path: Path) -> None:
    story = healthy()
    for phase in ("expand", "contract"):
        del story.detail(phase, "db_sync")["migrations"]
    assert not any("to migrate" in limit for limit in judged(story, tmp_path).limits)


def test_a_run_that_upgrades_nothing_is_not_asked_for_migrations(tmp_path: Path) -> None:
    story = _nothing_migrated()
    story.scenario["procedure"] = {"upgrade": False}
    assert not any("to migrate" in limit for limit in judged(story, tmp_path).limits)


# --- --check


@pytest.mark.parametrize(("trusted", "said"), [(False, True), (True, False), (None, False)])
def test_a_check_that_lies_is_said_to_show_nothing(tmp_path: Path, trusted: bool | None, said: bool) -> None:
    story = healthy()
    told = {"answer": "nothing is due", "advisory": True, "trusted": trusted, "exit_code": 0}
    story.step("expand", "db_check", 20.6, 21.0, **told)
    limit = (
        f"keystone-manage db_sync --check of {NEW} answers that nothing is due whatever is due (Launchpad "
        "2080542): its answer shows nothing, and the version tables were read instead."
    )
    assert (limit in judged(story, tmp_path).limits) is said


# --- one node


def test_one_node_is_said_to_be_away_whatever_its_releases_do(tmp_path: Path) -> None:
    story = healthy(drained=False)
    story.alone()
    judgement = judged(story, tmp_path)
    assert judgement.verdict is Verdict.FAIL
    assert (
        "There is one node, so nobody is served while it is changed, drained or not; and its old and its new "
        "release never served together, so nothing was shown of what one makes and the other must honour at "
        "the same time." in judgement.limits
    )
    assert judgement.headline.rstrip(".").endswith("while the only node was stopped")


def test_two_nodes_have_no_such_limit(tmp_path: Path) -> None:
    assert not any("one node" in limit for limit in judged(healthy(), tmp_path).limits)


def test_a_wrong_password_that_one_node_takes_twice_shows_no_agreement_of_releases(tmp_path: Path) -> None:
    story = checked_story()
    alone = ("node1", NEW)
    assert story.cells is not None
    story.cells = [each for each in story.cells if each["check"] != "password_tail_80_bytes"]
    tail = "password_tail_80_bytes"
    story.cells.append(cell(53.0, tail, alone, alone, phase="cooldown", detail="accepted by both"))
    assert (
        "PASS: A password that is wrong only after byte 72 was accepted by node1 in 1 check; no other node "
        "was there to compare, so this is told and not failed."
    ) in sentences(judged(story, tmp_path), "continuity")


def test_two_nodes_of_one_release_are_not_said_to_be_releases_that_agree(tmp_path: Path) -> None:
    story = checked_story()
    assert story.cells is not None
    story.cells = [each for each in story.cells if each["check"] != "password_tail_80_bytes"]
    places = (("node1", OLD), ("node2", OLD))
    story.cells.append(cell(31.0, "password_tail_80_bytes", *places, detail="accepted by both"))
    assert (
        "PASS: A password that is wrong only after byte 72 was accepted by both nodes in 1 check; both "
        "served one release, so this is told and not failed."
    ) in sentences(judged(story, tmp_path), "continuity")


# --- a baseline without room


def test_a_baseline_without_room_says_what_was_asked_for_and_what_was_answered(tmp_path: Path) -> None:
    story = healthy()
    story.reference()
    for lane in ("token_issue/new", "token_validate/reused"):
        story.slow(lane, 2, 12, 4.0)
    found = question(judged(story, tmp_path), "coverage").findings
    (room,) = [finding.sentence for finding in found if "no room" in finding.sentence]
    assert "; of 60 requests due in its 10.0 s (6.0 a second) 44 were answered in it (4.4 a second)" in room
