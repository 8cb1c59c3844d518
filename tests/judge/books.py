"""Ledgers of a story: what was written, and what the read-backs found."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.evidence.ledger import (
    ById,
    Change,
    EntityRead,
    Found,
    Kind,
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
from harness.judge.model import Judgement
from tests.judge.story import NODES, OLD, healthy, ns, sentences

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
        self,
        second: float,
        op: str,
        name: str = "alice",
        outcome: str = "ok",
        error: str | None = None,
        **asked: Value,
    ) -> Write:
        """A write; one that failed without an `error` was never sent."""
        answered = outcome == Outcome.OK
        entity_id = f"id-of-{name}" if answered or not op.endswith("create") else None
        node, release = ("node1", OLD) if answered else (None, None)
        at = ns(second)
        made = Write(
            LANE,
            op,
            name,
            entity_id,
            asked,
            f"req-{second:g}",
            at,
            at + 1000,
            Outcome(outcome),
            error,
            node,
            release,
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
