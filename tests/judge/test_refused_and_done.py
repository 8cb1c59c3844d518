"""Writes that were answered with a refusal and carried out all the same: a balancer sent them twice."""

from __future__ import annotations

from pathlib import Path

from harness.evidence.ledger import ById, Found, Login, Sighting
from harness.judge.model import Verdict
from tests.judge.books import CONTRACT, GONE, MADE, ROLL, Books, books, judged, told
from tests.judge.story import question, sentences

CAROL = Sighting("id-of-carol", dict(MADE))


def _refused(made: Books, second: float, op: str, name: str, outcome: str = "failed") -> None:
    made.write(second, op, name, outcome, error="http_4xx", **(MADE if op == "user_create" else {}))


def _everywhere(made: Books, name: str, found: Found) -> None:
    for stage in (ROLL, CONTRACT):
        made.find(stage, "balancer node1 node2", name, found)


def test_a_creation_that_was_answered_409_and_is_there_is_no_user_that_is_back(tmp_path: Path) -> None:
    made = books()
    _refused(made, 28.5, "user_create", "carol")
    _everywhere(made, "carol", Found((CAROL,)))
    whole, refused = told(made, tmp_path)
    assert whole.startswith("PASS: All 4 acknowledged writes to 2 users were in force")
    assert whole.endswith("; of 1 write of unknown outcome 1 was carried out, 0 not, and 0 can not be told.")
    assert refused == (
        "PASS: The creation of user carol (phase roll, request req-28.5) was carried out; the answer said "
        "refused (http_4xx)."
    )


def test_what_was_refused_and_done_names_the_phase_step_and_lane_of_its_answer(tmp_path: Path) -> None:
    made = books()
    _refused(made, 28.5, "user_create", "carol")
    _everywhere(made, "carol", Found((CAROL,)))
    finding = question(judged(made, tmp_path), "integrity").findings[-1]
    assert (finding.verdict, finding.phase, finding.error) == (Verdict.PASS, "roll", "http_4xx")
    assert finding.lane == "load/user_create/reused"
    assert finding.requests == 1


def test_a_deletion_that_was_answered_404_and_was_carried_out_is_no_loss(tmp_path: Path) -> None:
    made = Books()
    made.write(5, "user_create", "carol", **MADE)
    made.write(6, "user_create", **MADE)
    _refused(made, 30, "user_delete", "carol")
    _everywhere(made, "carol", GONE)
    judgement = judged(made, tmp_path)
    assert question(judgement, "integrity").verdict is Verdict.PASS
    assert sentences(judgement, "integrity")[-1] == (
        "PASS: The deletion of user carol (phase roll, request req-30) was carried out, or somebody else had "
        "taken it away before; the answer said refused (http_4xx)."
    )


def test_a_refused_deletion_that_was_not_carried_out_is_told_in_the_count_alone(tmp_path: Path) -> None:
    made = books()
    _refused(made, 31, "user_delete", "alice")
    _everywhere(made, "alice", Found((Sighting("id-of-alice", {"description": "changed", "enabled": True}),)))
    (sentence,) = told(made, tmp_path)
    assert sentence.endswith(
        "; of 1 write of unknown outcome 0 were carried out, 1 not, and 0 can not be told."
    )


def test_a_ledger_that_notes_the_refusal_as_unknown_is_judged_as_one_that_notes_it_as_failed(
    tmp_path: Path,
) -> None:
    answers = []
    for outcome in ("failed", "unknown"):
        made = books()
        _refused(made, 28.5, "user_create", "carol", outcome)
        _everywhere(made, "carol", Found((CAROL,)))
        answers.append(told(made, tmp_path / outcome))
    assert answers[0] == answers[1]


def test_a_creation_that_was_never_sent_and_is_there_is_wrong_and_not_back(tmp_path: Path) -> None:
    made = books()
    made.write(28.5, "user_create", "carol", "failed", error="refused", **MADE)
    _everywhere(made, "carol", Found((CAROL,)))
    (sentence,) = told(made, tmp_path)
    assert sentence == (
        "FAIL: User carol is wrong: after the roll it is there although no creation of it was carried out "
        "through the balancer, at node1 and at node2; after contract it is there although no creation of it "
        "was carried out through the balancer, at node1 and at node2."
    )


def test_who_was_never_made_and_logs_in_is_not_called_deleted(tmp_path: Path) -> None:
    made = books()
    made.write(28.5, "user_create", "carol", "failed", error="refused", **MADE)
    made.find(CONTRACT, "node1", "carol", Found((), None, (Login(1, 201, "node1"),)))
    (sentence,) = told(made, tmp_path)
    assert sentence.endswith("is wrong: after contract it was never made and logs in at node1.")


def test_beside_a_loss_a_write_that_was_refused_and_done_is_told_too(tmp_path: Path) -> None:
    made = books()
    _refused(made, 28.5, "user_create", "carol")
    _everywhere(made, "carol", Found((CAROL,)))
    made.find(CONTRACT, "node2", "alice", GONE)
    lost, refused = told(made, tmp_path)
    assert lost.startswith("FAIL: User alice")
    assert refused.startswith("PASS: The creation of user carol")


def test_a_refused_change_of_password_that_was_carried_out_is_told_by_the_login(tmp_path: Path) -> None:
    made = Books()
    made.write(5, "user_create", **MADE, password=1)
    made.write(30, "password_change", outcome="failed", error="http_4xx", password=2)
    seen = Sighting("id-of-alice", dict(MADE))
    logins = (Login(2, 201, "node1"), Login(1, 401, "node2"))
    made.find(CONTRACT, "balancer", "alice", Found((seen,), ById(200, seen, "node1"), logins))
    whole, refused = told(made, tmp_path)
    assert whole.endswith("; of 1 write of unknown outcome 1 was carried out, 0 not, and 0 can not be told.")
    assert refused.startswith("PASS: The change of password of user alice (phase roll, request req-30) was ")


def test_many_writes_that_were_refused_and_done_are_counted(tmp_path: Path) -> None:
    made = books()
    for number in range(23):
        _refused(made, 28 + number / 100, "user_create", f"user{number}")
        _everywhere(made, f"user{number}", Found((Sighting(f"id-{number}", dict(MADE)),)))
    found = told(made, tmp_path)
    assert len(found) == 22
    assert found[-1] == (
        "PASS: Besides these 20, 3 more writes were carried out although the answer said refused."
    )


def test_the_table_counts_a_refused_write_among_the_unknown(tmp_path: Path) -> None:
    made = books()
    _refused(made, 28.5, "user_create", "carol")
    made.write(29, "user_create", "dave", "failed", error="refused", **MADE)
    _everywhere(made, "carol", Found((CAROL,)))
    (users,) = judged(made, tmp_path).writes
    assert (users.failed, users.unknown, users.resurrected) == (1, 1, 0)
