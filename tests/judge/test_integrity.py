"""The question of integrity: what was acknowledged and is not there, and what was never looked for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.evidence.ledger import (
    ById,
    Change,
    EntityRead,
    Found,
    Kind,
    Login,
    ReadBackLog,
    Sighting,
    Stage,
    Value,
    Write,
    WriteLog,
)
from harness.evidence.names import Operation, Outcome
from harness.evidence.rundir import RunDirectory
from harness.judge import judge_run
from harness.judge.model import Judgement, Verdict
from tests.judge.story import NODES, OLD, healthy, ns, question, sentences

VIEWS = ("balancer", *NODES)
LANE = "load/user_create/reused"
ROLL, CONTRACT = Stage.ROLL, Stage.CONTRACT
MADE: dict[str, Any] = {"description": "as made", "enabled": True}


@dataclass
class Books:
    """A ledger and its read-backs in the making; everything is there and right until a test bends it."""

    writes: list[Write] = field(default_factory=list)
    bends: list[tuple[Stage, str, str, Found]] = field(default_factory=list)
    """Stage, view, entity and what was found of it there."""
    changing: set[str] = field(default_factory=set)
    stages: tuple[Stage, ...] = (ROLL, CONTRACT)
    ended: bool = True
    errors: tuple[str, ...] = ()
    noted: bool = True
    noted_at_s: float | None = None
    """When every write was noted as sent and acknowledged; None: each at its own time."""
    views: tuple[str, ...] = VIEWS
    forgotten: set[str] = field(default_factory=set)
    """Entities that the read-backs leave out."""

    def write(
        self, second: float, op: str, name: str = "alice", outcome: str = "ok", **asked: Value
    ) -> Write:
        answered = outcome == Outcome.OK
        entity_id = f"id-of-{name}" if answered or not op.endswith("create") else None
        node, release = ("node1", OLD) if answered else (None, None)
        at = ns(second)
        made = Write(
            LANE, op, name, entity_id, asked, f"req-{second:g}", at, at + 1000, outcome, None, node, release
        )
        self.writes.append(made)
        return made

    def find(self, stage: Stage, views: str, name: str, found: Found) -> None:
        """Bend what the views of a stage show."""
        self.bends += [(stage, view, name, found) for view in views.split()]

    def told(self, run: RunDirectory) -> None:
        """Write the ledger and the read-backs into the run directory."""
        if self.noted:
            self._note(run.writes / "load.jsonl")
        for stage in self.stages:
            cut_off_ns = ns(41 if stage is ROLL else 50)
            with ReadBackLog(run.ledger, stage, self.views, cut_off_ns) as log:
                for entity in self._entities(stage, cut_off_ns):
                    log.entity(entity)
                if self.ended:
                    log.end(40, self.errors)

    def _note(self, path: Path) -> None:
        at_ns = 0
        log = WriteLog(path, lambda: at_ns if self.noted_at_s is None else ns(self.noted_at_s))
        for write in self.writes:
            at_ns = write.invoked_ns
            seq = log.invoked(
                write.lane,
                Change(Operation(write.op), write.name, write.entity_id, write.asked),
                write.request_id,
            )
            log.completed(
                seq,
                Outcome(write.outcome),
                error=write.error,
                made_id=write.entity_id,
                node=write.node,
                release=write.release,
            )
        log.close()

    def _entities(self, stage: Stage, cut_off_ns: int) -> list[EntityRead]:
        names = dict.fromkeys((w.kind, w.name) for w in self.writes if w.invoked_ns < cut_off_ns)
        return [
            self._entity(stage, kind, name, cut_off_ns) for kind, name in names if name not in self.forgotten
        ]

    def _entity(self, stage: Stage, kind: Kind, name: str, cut_off_ns: int) -> EntityRead:
        ends = {Kind.GRANT: ("user_delete",)}.get(kind, ())
        own = tuple(w for w in self.writes if w.invoked_ns < cut_off_ns and (w.name == name or w.op in ends))
        found = {view: _right(view, own) for view in self.views}
        found |= {view: bent for at, view, of, bent in self.bends if (at, of) == (stage, name)}
        return EntityRead(kind, name, own, found, name in self.changing)


def _right(view: str, writes: tuple[Write, ...]) -> Found:
    """What a healthy Keystone shows after these writes, those of unknown outcome carried out."""
    carried_out = [write for write in writes if write.outcome != Outcome.FAILED]
    attributes: dict[str, Value] = {}
    for write in carried_out:
        attributes.update({key: value for key, value in write.asked.items() if key != "password"})
    gone = not carried_out or carried_out[-1].op.endswith(("delete", "revoke"))
    seen = () if gone else (Sighting(f"id-of-{writes[0].name}", attributes),)
    by_id = ById(404 if gone else 200, seen[0] if seen else None, "node1")
    return Found(seen, by_id if view == "balancer" else None)


def books() -> Books:
    """Alice stays, bob is deleted."""
    made = Books()
    made.write(5, "user_create", **MADE)
    made.write(30, "user_update", description="changed")
    made.write(6, "user_create", "bob", **MADE)
    made.write(35, "user_delete", "bob")
    return made


def judged(made: Books, path: Path, **integrity: Any) -> Judgement:
    story = healthy()
    story.scenario["integrity"] = {"enabled": True, **integrity}
    run = story.write(path)
    made.told(run)
    return judge_run(run)


def told(made: Books, path: Path) -> list[str]:
    return sentences(judged(made, path), "integrity")


GONE = Found(())
ALICE = Sighting("id-of-alice", {"description": "changed", "enabled": True})
BOB = Sighting("id-of-bob", dict(MADE))


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


# --- failing


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
    assert told(made, tmp_path)[-1] == (
        "INCONCLUSIVE: 3 answers of the read-back at the end are missing (node2: GET /v3/users: "
        "status 503), so "
        "what should be in there is not proven."
    )


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
