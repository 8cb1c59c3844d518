"""What a sentence says of answers without a name, of servers that are no nodes, and of bounds."""

from __future__ import annotations

from pathlib import Path

from harness.judge.observations import AppliedMigration
from tests.judge.story import ISSUE, NEW, OLD, VALIDATE, Story, healthy, judged, ns, sentences


def _nameless(story: Story, node: str, start: float, end: float) -> int:
    """Have the answers of a node in that time come without the header; how many."""
    rows = [row for rows in story.records.values() for row in rows if row["node"] == node]
    rows = [row for row in rows if ns(start) <= row["intended_ns"] < ns(end)]
    for row in rows:
        row.update(node=None, release=None)
    return len(rows)


def test_answers_without_the_header_are_not_said_to_be_no_answers_of_a_node(tmp_path: Path) -> None:
    story = healthy()
    number = _nameless(story, "node1", 2, 12)
    assert sentences(judged(story, tmp_path), "coverage") == [
        f"INCONCLUSIVE: No answer that names node1 was seen in the baseline, and {number} answers came "
        "without the header that names a node, so whether it served is not known."
    ]


def test_a_node_that_was_silent_while_every_answer_had_a_name_served_nobody(tmp_path: Path) -> None:
    story = healthy()
    for rows in story.records.values():
        for row in rows:
            if row["node"] == "node1" and row["intended_ns"] < ns(12):
                row["node"] = "node2"
    assert sentences(judged(story, tmp_path), "coverage") == [
        "INCONCLUSIVE: No answer of node1 was seen in the baseline, so nobody would have missed it."
    ]


def test_in_the_roll_answers_without_a_release_are_told_too(tmp_path: Path) -> None:
    story = healthy()
    number = _nameless(story, "node1", 22, 42)
    for rows in story.records.values():
        for row in rows:
            if row["node"] == "node2" and ns(22) <= row["intended_ns"] < ns(42):
                row["release"] = OLD
    (sentence,) = sentences(judged(story, tmp_path), "coverage")
    assert sentence == (
        f"INCONCLUSIVE: No answer that names release {NEW} was seen during the roll, and {number} answers "
        "came without the header that names one, so whether both releases served is not known."
    )


def test_after_the_last_proof_answers_without_a_name_are_told_too(tmp_path: Path) -> None:
    story = healthy()
    number = _nameless(story, "node1", 38, 54)
    found = sentences(judged(story, tmp_path), "procedure")
    assert (
        f"INCONCLUSIVE: No answer that names node1 on release {NEW} was seen after the last node was proven, "
        f"and {number} answers came without the header that names a node, so whether it served is not known."
    ) in found


def test_a_server_that_is_no_node_is_blamed_for_nothing(tmp_path: Path) -> None:
    story = healthy(drained=False)
    for lane in (ISSUE, VALIDATE):
        story.fail(lane, 6, 7, detail="503 Service Unavailable from balancer, server unknown", status=503)
    found = " ".join(sentences(judged(story, tmp_path), "availability"))
    assert "unknown" not in found


def test_with_a_stall_budget_the_headline_names_the_longest_and_not_the_first(tmp_path: Path) -> None:
    story = healthy()
    story.freeze(ISSUE, 24, 27)
    story.freeze(ISSUE, 34, 40)
    judgement = judged(story, tmp_path, "judge.stall_budget_s=2", "judge.silence_s_max=20")
    assert "6.0" in judgement.headline or "6.1" in judgement.headline


def test_the_last_migration_of_a_command_took_at_most_until_its_end(tmp_path: Path) -> None:
    story = healthy()
    first = {
        "branch": "expand",
        "revision": "e8725d6fa226",
        "title": "Add index",
        "started_ns": ns(18.5),
        "duration_s": 0.5,
    }
    last = {**first, "revision": "742c857f1dfb", "title": "Add column\x1b[00m", "started_ns": ns(19)}
    story.detail("expand", "db_sync")["migrations"] = [first, last]
    assert judged(story, tmp_path).migrations == (
        AppliedMigration("expand", "e8725d6fa226", "Add index", ns(18.5), 0.5),
        AppliedMigration("expand", "742c857f1dfb", "Add column", ns(19), 0.5, at_most=True),
    )


def test_a_migration_whose_end_is_logged_is_measured_though_it_is_the_last(tmp_path: Path) -> None:
    """As sqlalchemy-migrate did it: `53 -> 54...`, then `done`."""
    story = healthy()
    (migration,) = story.detail("expand", "db_sync")["migrations"]
    migration["title"] = "53 -> 54"
    (told,) = judged(story, tmp_path).migrations
    assert told.at_most is False
