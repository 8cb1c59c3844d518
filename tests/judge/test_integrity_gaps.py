"""Ledgers and read-backs that are not whole prove nothing."""

from __future__ import annotations

from pathlib import Path

from harness.evidence.ledger import (
    Found,
    Login,
    Sighting,
)
from harness.evidence.names import Verdict
from harness.judge import judge_run
from tests.judge.books import ALICE, CONTRACT, GONE, LANE, MADE, ROLL, Books, books, judged, told
from tests.judge.story import healthy, question, sentences

# --- undecidable


def test_without_a_ledger_nothing_is_known(tmp_path: Path) -> None:
    assert told(Books(stages=(), noted=False), tmp_path) == [
        "INCONCLUSIVE: There is no ledger: nothing is known of what was written."
    ]


def test_a_read_back_that_was_not_made_is_missed(tmp_path: Path) -> None:
    made = books()
    made.stages = (ROLL,)
    assert told(made, tmp_path) == [
        "INCONCLUSIVE: Nothing was read back at the end, so of the writes until then nothing is known."
    ]


def test_a_read_back_that_broke_off_proves_nothing(tmp_path: Path) -> None:
    made = books()
    made.ended = False
    assert told(made, tmp_path) == [
        "INCONCLUSIVE: The read-back after the roll broke off, so it proves nothing.",
        "INCONCLUSIVE: The read-back at the end broke off, so it proves nothing.",
    ]


def test_a_loss_stands_although_the_read_back_broke_off(tmp_path: Path) -> None:
    made = books()
    made.ended = False
    made.find(ROLL, "balancer node1 node2", "alice", GONE)
    assert [sentence.split(":")[0] for sentence in told(made, tmp_path)] == [
        "FAIL",
        "INCONCLUSIVE",
        "INCONCLUSIVE",
    ]


def test_without_acknowledged_writes_nothing_is_proven(tmp_path: Path) -> None:
    made = Books()
    made.write(5, "user_create", "alice", "failed", **MADE)
    assert told(made, tmp_path) == [
        "INCONCLUSIVE: The read-back after the roll had no acknowledged write to look for, so it "
        "proves nothing.",
        "INCONCLUSIVE: The read-back at the end had no acknowledged write to look for, so it proves nothing.",
    ]


def test_answers_that_are_missing_are_counted(tmp_path: Path) -> None:
    made = books()
    made.errors = ("node2: GET /v3/users: status 503",)
    made.find(CONTRACT, "node2", "alice", Found(None))
    made.find(CONTRACT, "node2", "bob", Found(None, None, (Login(1, 503, None),)))
    assert told(made, tmp_path)[-2:] == [
        "FAIL: Refused what was valid: in the read-back at the end, node2: GET /v3/users: status 503.",
        "INCONCLUSIVE: 3 answers of the read-back at the end are missing (node2: GET /v3/users: "
        "status 503), so "
        "what should be in there is not proven.",
    ]


def test_a_write_that_the_requests_show_and_the_ledger_does_not_is_missed(tmp_path: Path) -> None:
    story = healthy()
    story.scenario["integrity"] = {"enabled": True}
    story.lanes[2].update(op="user_create", lane=LANE)
    story.records[LANE] = [
        {**row, "op": "user_create", "lane": LANE} for row in story.records.pop("load/user_get/reused")
    ]
    run = story.write(tmp_path)
    books().told(run)
    assert sentences(judge_run(run), "integrity") == [
        "INCONCLUSIVE: The ledger lacks 104 of the 108 writes that lane load/user_create/reused sent."
    ]


def test_a_damaged_ledger_is_told(tmp_path: Path) -> None:
    story = healthy()
    story.scenario["integrity"] = {"enabled": True}
    run = story.write(tmp_path)
    books().told(run)
    file = run.writes / "load.jsonl"
    file.write_bytes(b'{"edge":"invoked","seq":99}\nnot json\n' + file.read_bytes())
    assert sentences(judge_run(run), "integrity") == ["INCONCLUSIVE: The ledger holds 2 damaged lines."]


def test_a_run_that_rolls_nothing_is_read_back_at_the_end_alone(tmp_path: Path) -> None:
    story = healthy()
    story.scenario |= {"integrity": {"enabled": True}, "procedure": {"upgrade": False}}
    story.forget("roll")
    story.event(22, "skip", "roll", reason="nothing is upgraded")
    run = story.write(tmp_path)
    made = books()
    made.stages = (CONTRACT,)
    made.told(run)
    (sentence,) = sentences(judge_run(run), "integrity")
    assert sentence.startswith("PASS: All 4 acknowledged writes to 2 users were in force at the end, through")


# --- what a read-back that came to its end never looked at


def test_a_read_back_that_skips_a_node_does_not_speak_for_it(tmp_path: Path) -> None:
    made = books()
    made.views = ("balancer", "node1")
    assert told(made, tmp_path) == [
        "INCONCLUSIVE: The read-back after the roll did not look at node2, so that is not proven.",
        "INCONCLUSIVE: The read-back at the end did not look at node2, so that is not proven.",
    ]


def test_a_read_back_that_forgets_an_acknowledged_user_is_not_taken_for_whole(tmp_path: Path) -> None:
    made = books()
    made.noted_at_s = 45  # of both stages, before the last
    made.forgotten = {"bob"}
    assert told(made, tmp_path) == [
        "INCONCLUSIVE: The read-back at the end left out 2 writes that were acknowledged before it began, so "
        "that is not proven."
    ]


def test_what_is_acknowledged_after_the_cut_off_is_not_forgotten(tmp_path: Path) -> None:
    made = books()
    made.noted_at_s = 50
    made.forgotten = {"bob"}
    assert told(made, tmp_path)[0].startswith("PASS: All 2 acknowledged writes to 1 user were in force")


def test_lists_alone_do_not_show_what_is_served_by_id(tmp_path: Path) -> None:
    made = books()
    for stage in (ROLL, CONTRACT):
        made.find(stage, "balancer", "alice", Found((ALICE,)))
        made.find(stage, "balancer", "bob", GONE)
    assert told(made, tmp_path) == [
        "INCONCLUSIVE: The read-back after the roll read nothing by its id, so that is not proven.",
        "INCONCLUSIVE: The read-back at the end read nothing by its id, so that is not proven.",
    ]


def test_passwords_that_were_to_be_tried_and_never_were_are_told(tmp_path: Path) -> None:
    made = books()
    made.write(7, "user_create", "carol", password=1, **MADE)
    right = Sighting("id-of-carol", dict(MADE))
    for stage in (ROLL, CONTRACT):
        made.find(stage, "node1", "carol", Found((right,), None, (Login(1, 201, "node1"),)))

    assert sentences(judged(made, tmp_path, logins_sample=10), "integrity") == [
        "INCONCLUSIVE: The read-back after the roll tried no password through the balancer and at node2, so "
        "that is not proven.",
        "INCONCLUSIVE: The read-back at the end tried no password through the balancer and at node2, so that "
        "is not proven.",
    ]


def test_no_password_is_missed_where_none_was_to_be_tried_or_nobody_has_one(tmp_path: Path) -> None:
    made = books()
    assert question(judged(made, tmp_path / "none has one", logins_sample=10), "integrity").verdict == "PASS"
    made.write(7, "user_create", "carol", password=1, **MADE)
    assert question(judged(made, tmp_path / "not asked", logins_sample=0), "integrity").verdict == "PASS"


def test_a_read_back_whose_beginning_is_lost_proves_nothing_and_breaks_nothing(tmp_path: Path) -> None:
    story = healthy()
    story.scenario["integrity"] = {"enabled": True}
    run = story.write(tmp_path)
    books().told(run)
    lines = run.ledger.read_bytes().splitlines(keepends=True)
    run.ledger.write_bytes(b"".join(line for line in lines if b'"edge":"begin"' not in line))
    found = question(judge_run(run), "integrity")
    assert found.verdict is Verdict.INCONCLUSIVE
    assert not [finding for finding in found.findings if finding.of_the_harness]
