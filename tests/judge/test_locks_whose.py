"""Whose lock it was: only a wait of the step's own, or one for a lock that it holds, is the upgrade's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.judge.model import Verdict
from tests.judge.story import Story, healthy, judged, ns, question, sentences

ALTER, INSERT = "ALTER TABLE service_provider ADD COLUMN x VARCHAR(?)", "INSERT INTO user (id) VALUES (?)"
MANAGE = "keystone-manage db_sync --expand"
BACKUP, TABLE = "Waiting for backup lock", "Waiting for table metadata lock"
OF_A_BACKUP = {"thread": 50, "account": "root", "program": "", "lock": "MDL_BACKUP_FTWRL2", "statement": ""}
OF_A_READER = {
    "thread": 51, "account": "keystone", "program": "node-1", "lock": "MDL_SHARED_READ", "statement": "",
}  # fmt: skip
OF_MANAGE = {
    "thread": 52, "account": "keystone", "program": MANAGE, "lock": "MDL_EXCLUSIVE", "statement": "",
}  # fmt: skip


def watched() -> Story:
    story = healthy()
    story.watch()
    return story


def wait(
    story: Story, start: float, end: float, statement: str, state: str, thread: int = 7, **more: Any
) -> None:
    """Have a statement seen waiting from `start` to `end`."""
    for sample in story.activity:
        if ns(start) <= sample["mono_ns"] < ns(end):
            seconds = (sample["mono_ns"] - ns(start)) / 1e9
            sample["waiting"].append(
                {"thread": thread, "account": "keystone", "seconds": seconds, "state": state}
                | {"statement": statement, **more}
            )


def backup(story: Story) -> None:
    """Three writes of nodes wait for a backup's read lock."""
    for thread in (7, 8, 9):
        program = f"node-{thread - 6}"
        wait(story, 18.5, 21.75, INSERT, BACKUP, thread, program=program, holders=[OF_A_BACKUP])


def test_a_backup_that_holds_up_nodes_is_told_and_not_charged_to_the_upgrade(tmp_path: Path) -> None:
    story = watched()
    backup(story)
    judgement = judged(story, tmp_path)
    assert judgement.verdict is Verdict.PASS
    assert sentences(judgement, "procedure")[-1] == (
        "PASS: A lock held Keystone up for 3.0 s from 18.50 s into the run, in phase expand, step db_sync, "
        "and it was not the upgrade's: a statement of node-1 waited (Waiting for backup lock; allowed: 1 s): "
        f"{INSERT}, and 2 more statements meanwhile; it was held by thread 50 of account root "
        "(MDL_BACKUP_FTWRL2)."
    )


def test_one_backup_is_one_finding_however_many_waited(tmp_path: Path) -> None:
    story = watched()
    backup(story)
    found = sentences(judged(story, tmp_path), "procedure")
    assert sum("A lock held" in sentence for sentence in found) == 1


def test_a_reader_that_holds_the_step_up_is_named_and_the_queue_behind_is_one_finding(
    tmp_path: Path,
) -> None:
    story = watched()
    wait(story, 18.5, 20.75, ALTER, TABLE, program=MANAGE, holders=[OF_A_READER])
    select = "SELECT * FROM service_provider"
    wait(story, 18.75, 20.75, select, TABLE, 8, program="node-2", holders=[OF_A_READER])
    judgement = judged(story, tmp_path)
    assert sentences(judgement, "procedure") == [
        "FAIL: A lock held Keystone up for 2.0 s from 18.50 s into the run, in phase expand, step db_sync: a "
        "statement of keystone-manage db_sync --expand waited (Waiting for table metadata lock; allowed: "
        f"1 s): {ALTER}, and 1 more statement meanwhile; it was held by node-1 (thread 51, MDL_SHARED_READ)."
    ]
    assert judgement.headline.startswith("A lock held Keystone up for 2.0 s from 18.50 s into the run")


def test_a_lock_of_the_step_that_holds_nodes_up_is_charged_to_it(tmp_path: Path) -> None:
    story = watched()
    wait(story, 18.5, 20.75, INSERT, TABLE, program="node-1", holders=[OF_MANAGE])
    (sentence,) = sentences(judged(story, tmp_path), "procedure")
    assert sentence.startswith("FAIL: A lock held Keystone up for 2.0 s")
    assert sentence.endswith("it was held by keystone-manage db_sync --expand (thread 52, MDL_EXCLUSIVE).")


def test_a_backup_that_holds_the_step_up_is_charged_for_the_step_waited(tmp_path: Path) -> None:
    story = watched()
    backup(story)
    wait(story, 18.75, 21.5, ALTER, BACKUP, 10, program=MANAGE, holders=[OF_A_BACKUP])
    (sentence,) = sentences(judged(story, tmp_path), "procedure")
    assert sentence.startswith("FAIL: A lock held Keystone up for 3.0 s from 18.50 s into the run")
    assert "a statement of keystone-manage db_sync --expand waited" in sentence
    assert "and 3 more statements meanwhile" in sentence


def test_where_the_step_alone_waited_nobody_else_is_said_to_have_been_held_up(tmp_path: Path) -> None:
    story = watched()
    wait(story, 18.5, 20.75, ALTER, TABLE, program=MANAGE, holders=[OF_A_READER])
    (sentence,) = sentences(judged(story, tmp_path), "procedure")
    assert sentence.startswith("FAIL: A lock held keystone-manage up for 2.0 s from 18.50 s into the run")


def test_a_short_wait_of_the_step_within_a_backup_is_not_charged(tmp_path: Path) -> None:
    story = watched()
    backup(story)
    wait(story, 19.5, 20.25, ALTER, BACKUP, 10, program=MANAGE, holders=[OF_A_BACKUP])
    assert question(judged(story, tmp_path), "procedure").verdict is Verdict.PASS


def test_in_a_run_that_did_not_note_whose_a_statement_is_a_backup_is_known_by_its_lock(
    tmp_path: Path,
) -> None:
    story = watched()
    wait(story, 18.5, 21.75, INSERT, BACKUP)
    assert question(judged(story, tmp_path), "procedure").verdict is Verdict.PASS


def test_in_such_a_run_a_change_of_a_table_is_the_steps(tmp_path: Path) -> None:
    story = watched()
    wait(story, 18.5, 21.75, ALTER, BACKUP)
    (sentence,) = sentences(judged(story, tmp_path), "procedure")
    assert sentence.startswith("FAIL: A lock held keystone-manage up for 3.0 s")
    assert sentence.endswith("; who held it was not seen.")


def test_in_such_a_run_whoever_waits_for_a_table_may_wait_for_the_step(tmp_path: Path) -> None:
    story = watched()
    wait(story, 18.5, 21.75, INSERT, TABLE)
    assert question(judged(story, tmp_path), "procedure").verdict is Verdict.FAIL


def test_a_holder_that_is_known_clears_the_step_where_the_lock_is_of_a_table(tmp_path: Path) -> None:
    story = watched()
    locked = {**OF_A_BACKUP, "lock": "MDL_SHARED_NO_READ_WRITE"}
    wait(story, 18.5, 21.75, INSERT, TABLE, program="node-1", holders=[locked])
    assert question(judged(story, tmp_path), "procedure").verdict is Verdict.PASS


def test_two_causes_at_different_times_are_two_findings(tmp_path: Path) -> None:
    story = watched()
    wait(story, 18.25, 19.75, ALTER, TABLE, program=MANAGE, holders=[OF_A_READER])
    wait(story, 43.25, 45.0, ALTER, TABLE, 8, program=MANAGE, holders=[OF_A_READER])
    found = sentences(judged(story, tmp_path), "procedure")
    assert len(found) == 2


def test_the_table_of_waits_says_who_held_the_lock(tmp_path: Path) -> None:
    story = watched()
    backup(story)
    (first, *_) = judged(story, tmp_path).database.waits
    assert (first.program, [each.account for each in first.holders]) == ("node-1", ["root"])


def test_who_waits_for_a_reader_and_then_for_the_step_waited_for_the_step(tmp_path: Path) -> None:
    story = watched()
    for start, end, holder in (
        (18.5, 19.25, OF_A_READER),
        (19.25, 20.0, OF_MANAGE),
        (20.0, 20.5, OF_A_READER),
    ):
        for sample in story.activity:
            if ns(start) <= sample["mono_ns"] < ns(end):
                ran_s = (sample["mono_ns"] - ns(18.5)) / 1e9
                sample["waiting"].append(
                    {
                        "thread": 7,
                        "account": "keystone",
                        "seconds": ran_s,
                        "state": TABLE,
                        "statement": INSERT,
                    }
                    | {"program": "node-2", "holders": [holder]}
                )
    (sentence,) = sentences(judged(story, tmp_path), "procedure")
    assert sentence.startswith("FAIL: A lock held Keystone up for 1.8 s")
    assert "held by node-1 (thread 51, MDL_SHARED_READ) and keystone-manage db_sync --expand" in sentence
