"""Is every acknowledged write still there?"""

from __future__ import annotations

from pathlib import Path

from harness.evidence.ledger import (
    ById,
    Found,
    Sighting,
)
from harness.judge import judge_run
from harness.judge.model import Verdict
from tests.judge.books import ALICE, CONTRACT, GONE, LANE, MADE, ROLL, Books, books, judged, told
from tests.judge.story import healthy, question, sentences

# --- passing


def test_a_run_whose_writes_are_all_in_force_passes(tmp_path: Path) -> None:
    judgement = judged(books(), tmp_path)
    assert judgement.verdict is Verdict.PASS
    assert sentences(judgement, "integrity") == [
        "PASS: All 4 acknowledged writes to 2 users were in force after the roll and after contract, "
        "through the "
        "balancer, at node1 and at node2; the passwords of 0 users were tried there; no write was "
        "left in doubt."
    ]
    (counts,) = judgement.writes
    assert (counts.kind, counts.entities, counts.acknowledged, counts.proven) == ("user", 2, 4, 4)


def test_unknown_writes_are_resolved_by_what_was_found(tmp_path: Path) -> None:
    made = books()
    made.write(20, "user_create", "carol", "unknown", **MADE)
    made.write(21, "user_create", "dave", "unknown", **MADE)
    made.write(22, "password_change", "alice", "unknown", password=2)
    for stage in (ROLL, CONTRACT):
        made.find(stage, "balancer node1 node2", "dave", GONE)
    judgement = judged(made, tmp_path)
    (sentence,) = sentences(judgement, "integrity")
    assert sentence.endswith(
        "; of 3 writes of unknown outcome 1 was carried out, 1 not, and 1 can not be told."
    )
    assert sentence.startswith("PASS")


def test_carried_out_and_not_carried_out_are_told_apart(tmp_path: Path) -> None:
    made = books()
    for number, name in enumerate(("carol", "dave", "erin")):
        made.write(20 + number, "user_create", name, "unknown", **MADE)
    for stage in (ROLL, CONTRACT):
        made.find(stage, "balancer node1 node2", "carol", GONE)
    (sentence,) = told(made, tmp_path)
    assert sentence.endswith(
        "; of 3 writes of unknown outcome 2 were carried out, 1 not, and 0 can not be told."
    )


def test_each_kind_is_counted_by_itself_and_what_failed_is_no_acknowledged_write(tmp_path: Path) -> None:
    made = Books()
    made.write(5, "user_create", **MADE)
    made.write(7, "project_create", "p", **MADE)
    made.write(8, "role_grant", "alice/p/member")
    made.write(9, "user_create", "carol", "failed", **MADE)
    made.write(10, "user_update", "alice", "failed", description="refused")
    (sentence,) = told(made, tmp_path)
    assert sentence.startswith(
        "PASS: All 3 acknowledged writes to 1 user, 1 project and 1 role grant were in force after the roll"
    )


def test_the_table_of_writes_counts_each_kind_its_outcomes_and_its_faults(tmp_path: Path) -> None:
    made = Books()
    made.write(5, "user_create", **MADE)
    made.write(6, "user_create", "bob", **MADE)
    made.write(8, "role_grant", "bob/p/member")
    made.write(9, "user_create", "carol", "failed", **MADE)
    made.write(10, "user_create", "dave", "unknown", **MADE)
    made.write(35, "user_delete", "bob")
    made.write(51, "user_create", "late", **MADE)
    made.find(CONTRACT, "node1", "alice", GONE)
    made.find(CONTRACT, "node2", "bob/p/member", Found((Sighting("id-of-bob/p/member", {}),)))

    users, grants = judged(made, tmp_path).writes
    assert (users.kind, users.entities, users.acknowledged, users.failed, users.unknown, users.proven) == (
        "user", 5, 4, 1, 1, 3
    )  # fmt: skip
    assert (users.lost, users.resurrected, users.wrong, users.duplicated) == (1, 0, 0, 0)
    assert (grants.kind, grants.entities, grants.acknowledged, grants.proven) == ("grant", 1, 1, 1)
    assert (grants.lost, grants.resurrected, grants.wrong, grants.duplicated) == (0, 1, 0, 0)


def test_a_ledger_that_knows_as_many_writes_as_were_sent_is_whole(tmp_path: Path) -> None:
    story = healthy()
    story.scenario["integrity"] = {"enabled": True}
    story.lanes[2].update(op="user_create", lane=LANE)
    rows = story.records.pop("load/user_get/reused")[:4]
    story.records[LANE] = [{**row, "op": "user_create", "lane": LANE} for row in rows]
    run = story.write(tmp_path)
    books().told(run)
    assert question(judge_run(run), "integrity").verdict is Verdict.PASS


def test_an_answer_by_id_that_says_nothing_is_missing_and_no_loss(tmp_path: Path) -> None:
    made = books()
    made.find(CONTRACT, "balancer", "alice", Found((ALICE,), ById(503, None, "node2")))
    assert told(made, tmp_path) == [
        "INCONCLUSIVE: 1 answer of the read-back at the end is missing, so what should be in there is not "
        "proven."
    ]


def test_what_was_written_after_the_last_read_back_is_told_as_unproven(tmp_path: Path) -> None:
    made = books()
    made.write(51, "user_create", "late", **MADE)
    made.write(7, "user_create", "busy", **MADE)
    made.changing = {"busy"}
    made.find(CONTRACT, "balancer node1 node2", "busy", GONE)
    (sentence,) = told(made, tmp_path)
    assert sentence.startswith("PASS: All 4 acknowledged writes to 2 users")
    assert sentence.endswith("; 2 acknowledged writes came too late to be read back.")


# --- not asked


def test_a_question_that_was_switched_off_is_not_in_the_verdict(tmp_path: Path) -> None:
    judgement = judged(Books(stages=(), noted=False), tmp_path, enabled=False)
    assert "integrity" not in {each.name for each in judgement.questions}
    assert judgement.limits[0] == (
        "That every write which was acknowledged is still there is not proven: the question of "
        "integrity was not "
        "asked."
    )
    assert judgement.writes == ()


def test_a_run_made_before_the_question_existed_is_judged_as_before(tmp_path: Path) -> None:
    judgement = judge_run(healthy().write(tmp_path))
    assert judgement.verdict is Verdict.PASS
    assert "integrity" not in {each.name for each in judgement.questions}
