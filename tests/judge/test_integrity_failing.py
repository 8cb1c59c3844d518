"""Acknowledged writes that are lost, undone, wrong or there twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from harness.evidence.ledger import (
    ById,
    Found,
    Login,
    Sighting,
)
from harness.judge.model import Verdict
from tests.judge.books import ALICE, BOB, CONTRACT, GONE, LANE, MADE, ROLL, Books, books, judged, told
from tests.judge.story import OLD, ns, question, sentences


def test_one_lost_user_fails_the_run_whatever_the_uptime(tmp_path: Path) -> None:
    made = books()
    made.find(CONTRACT, "balancer node1 node2", "alice", GONE)
    judgement = judged(made, tmp_path)
    assert judgement.verdict is Verdict.FAIL
    assert question(judgement, "availability").verdict is Verdict.PASS
    assert sentences(judgement, "integrity") == [
        "FAIL: User alice (id id-of-alice), whose update node1 on 27.1.0 acknowledged 30.00 s into "
        "the run (phase "
        "roll, request req-30), is lost: after contract not found through the balancer, at node1 and "
        "at node2."
    ]
    (finding,) = question(judgement, "integrity").findings
    assert (finding.phase, finding.step, finding.node, finding.release) == ("roll", "settle", "node1", OLD)
    assert (finding.error, finding.start_ns, finding.lane) == ("lost", ns(30) + 1000, LANE)
    assert judgement.writes[0].lost == 1
    assert judgement.headline.startswith("The upgrade failed: User alice (id id-of-alice), whose update")


def test_a_user_that_one_node_does_not_see_is_lost_there(tmp_path: Path) -> None:
    made = books()
    made.find(ROLL, "node2", "alice", GONE)
    assert told(made, tmp_path)[0].endswith("is lost: after the roll not found at node2.")


def test_a_user_in_the_list_and_not_by_id_is_lost(tmp_path: Path) -> None:
    made = books()
    made.find(CONTRACT, "balancer", "alice", Found((ALICE,), ById(404, None, "node2")))
    assert told(made, tmp_path)[0].endswith("is lost: after contract not found through the balancer.")


def test_a_write_that_certainly_failed_is_not_the_one_that_is_not_honoured(tmp_path: Path) -> None:
    made = books()
    made.write(33, "user_update", description="refused", outcome="failed")
    made.find(CONTRACT, "node1", "alice", GONE)
    assert told(made, tmp_path)[0].startswith(
        "FAIL: User alice (id id-of-alice), whose update node1 on 27.1.0 acknowledged 30.00 s into the run"
    )


def test_a_name_that_nobody_acknowledged_and_that_stands_twice_blames_no_write(tmp_path: Path) -> None:
    made = books()
    made.write(20, "user_create", "carol", "unknown", **MADE)
    twice = (Sighting("one", dict(MADE)), Sighting("two", dict(MADE)))
    made.find(CONTRACT, "node1", "carol", Found(twice))
    judgement = judged(made, tmp_path)
    assert sentences(judgement, "integrity") == [
        "FAIL: User carol is there twice: after contract found at node1."
    ]
    (finding,) = question(judgement, "integrity").findings
    assert (finding.phase, finding.step, finding.node, finding.release, finding.lane) == (None,) * 5


def test_a_deleted_user_that_is_back_is_told(tmp_path: Path) -> None:
    made = books()
    made.find(CONTRACT, "balancer node1 node2", "bob", Found((BOB,)))
    assert told(made, tmp_path) == [
        "FAIL: User bob (id id-of-bob), whose deletion node1 on 27.1.0 acknowledged 35.00 s into the "
        "run (phase "
        "roll, request req-35), is back: after contract found through the balancer, at node1 and at node2."
    ]


def test_a_grant_that_outlives_its_user_is_told(tmp_path: Path) -> None:
    made = Books()
    made.write(5, "user_create", "bob", **MADE)
    made.write(6, "role_grant", "bob/p/member")
    made.write(35, "user_delete", "bob")
    made.find(CONTRACT, "node1", "bob/p/member", Found((Sighting("id-of-bob/p/member", {}),)))
    assert told(made, tmp_path)[0].startswith(
        "FAIL: The grant bob/p/member (id id-of-bob/p/member), whose deletion node1 on 27.1.0 acknowledged"
    )


def test_an_attribute_that_went_back_is_wrong(tmp_path: Path) -> None:
    made = books()
    stale = replace(ALICE, attributes=MADE)
    made.find(ROLL, "balancer node1 node2", "alice", Found((stale,)))
    made.find(CONTRACT, "node2", "alice", Found((stale,)))
    assert told(made, tmp_path) == [
        "FAIL: User alice (id id-of-alice), whose update node1 on 27.1.0 acknowledged 30.00 s into "
        "the run (phase "
        "roll, request req-30), is wrong: after the roll its description is 'as made' instead of 'changed' "
        "through the balancer, at node1 and at node2; after contract its description is 'as made' instead of "
        "'changed' at node2."
    ]


def test_a_name_that_belongs_to_another_id_is_wrong(tmp_path: Path) -> None:
    made = books()
    made.find(CONTRACT, "node1", "alice", Found((replace(ALICE, id="another"),)))
    assert told(made, tmp_path)[0].endswith("is wrong: after contract it has the id another at node1.")


def test_a_name_that_stands_twice_is_told(tmp_path: Path) -> None:
    made = books()
    made.find(CONTRACT, "node1 node2", "alice", Found((ALICE, replace(ALICE, id="another"))))
    judgement = judged(made, tmp_path)
    assert sentences(judgement, "integrity")[0].endswith(
        "is there twice: after contract found at node1 and at node2."
    )
    assert judgement.writes[0].duplicated == 1


def test_a_user_under_another_name_is_wrong(tmp_path: Path) -> None:
    made = books()
    renamed = Sighting("id-of-alice", ALICE.attributes, name="mallory")
    made.find(CONTRACT, "node1", "alice", Found((renamed,)))
    assert told(made, tmp_path) == [
        "FAIL: User alice (id id-of-alice), whose update node1 on 27.1.0 acknowledged 30.00 s into the run "
        "(phase roll, request req-30), is wrong: after contract its name is 'mallory' instead of 'alice' at "
        "node1."
    ]


def test_a_user_under_its_own_name_passes(tmp_path: Path) -> None:
    made = books()
    named = Sighting("id-of-alice", ALICE.attributes, name="alice")
    made.find(CONTRACT, "node1", "alice", Found((named,)))
    assert judged(made, tmp_path).verdict is Verdict.PASS


def _with_password(*logins: Login) -> Books:
    made = Books()
    made.write(5, "user_create", **MADE, password=1)
    made.write(30, "password_change", password=2)
    seen = Sighting("id-of-alice", dict(MADE))
    made.find(CONTRACT, "balancer", "alice", Found((seen,), ById(200, seen, "node1"), logins))
    return made


def test_a_password_change_that_is_honoured_passes(tmp_path: Path) -> None:
    (sentence,) = told(_with_password(Login(2, 201, "node1"), Login(1, 401, "node2")), tmp_path)
    assert "; the passwords of 1 user were tried there; " in sentence


def test_a_refused_password_is_wrong(tmp_path: Path) -> None:
    made = _with_password(Login(2, 401, "node1"), Login(1, 401, "node2"))
    assert told(made, tmp_path) == [
        "FAIL: User alice (id id-of-alice), whose change of password node1 on 27.1.0 acknowledged "
        "30.00 s into "
        "the run (phase roll, request req-30), is wrong: after contract its acknowledged password is refused "
        "through the balancer."
    ]


def test_a_password_that_was_changed_and_still_works_is_wrong(tmp_path: Path) -> None:
    made = _with_password(Login(2, 201, "node1"), Login(1, 201, "node2"))
    assert told(made, tmp_path)[0].endswith(
        "is wrong: after contract a password that it no longer has is accepted through the balancer."
    )


def test_a_disabled_user_who_logs_in_is_wrong(tmp_path: Path) -> None:
    made = _with_password(Login(2, 201, "node1"))
    made.write(31, "user_update", enabled=False)
    seen = Sighting("id-of-alice", {**MADE, "enabled": False})
    made.bends = [(CONTRACT, "node1", "alice", Found((seen,), None, (Login(2, 201, "node1"),)))]
    assert told(made, tmp_path)[0].endswith("is wrong: after contract it is disabled and logs in at node1.")


def test_many_losses_are_counted(tmp_path: Path) -> None:
    made = Books()
    for number in range(23):
        made.write(5 + number / 100, "user_create", f"user{number}", **MADE)
        made.find(CONTRACT, "node1", f"user{number}", GONE)
    found = told(made, tmp_path)
    assert len(found) == 21
    assert found[-1] == (
        "FAIL: Besides these 20, 3 more entities were found lost, resurrected, wrong or duplicated."
    )
