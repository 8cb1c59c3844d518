"""Hand-made run directories: two nodes upgraded in 56 seconds, told second by second."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from harness.evidence.rundir import RunDirectory
from harness.judge.model import Judgement, Question
from harness.judge.verdict import judge_run

OLD, NEW = "27.1.0", "29.1.0"
NODES = ("node1", "node2")
T0_NS = 1_000_000_000_000
OLD_TABLES = {"alembic_version": ["47147121", "c88cdce8f248"]}
NEW_TABLES = {"alembic_version": ["742c857f1dfb", "c88cdce8f248"]}
ISSUE, VALIDATE, LOAD = "token_issue/new", "token_validate/reused", "load/user_get/reused"
REFERENCE = "reference/ping/new"
NO_LOG = (
    "The balancer's log is not among the run's files, so that no other program's word stands for the answers "
    "that the clients saw."
)
"""A limit of every run that has none."""

_NODE_STEPS = (
    ("drain", 0.0, 0.1),
    ("wait_drained", 0.1, 1.0),
    ("maint", 1.0, 1.1),
    ("stop", 1.1, 2.0),
    ("switch", 2.0, 2.1),
    ("start", 2.1, 2.2),
    ("prove", 2.2, 6.0),
    ("ready", 6.0, 6.1),
    ("wait_up", 6.1, 7.0),
    ("settle", 7.0, 10.0),
)
_ROLL_AT = {"node1": 22.0, "node2": 32.0}
_UNDRAINED = frozenset({"drain", "wait_drained", "maint", "ready"})


def ns(second: float) -> int:
    """The run's clock at a second of the story."""
    return T0_NS + round(second * 1_000_000_000)


@dataclass
class Story:
    """A run directory in the making; tests bend it and then have it judged."""

    scenario: dict[str, Any] = field(default_factory=dict)
    outcome: str | None = "completed"
    events: list[dict[str, Any]] = field(default_factory=list)
    records: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    lanes: list[dict[str, Any]] = field(default_factory=list)
    footer: dict[str, Any] | None = field(default_factory=dict)
    tail: bytes = b""
    versions: list[dict[str, Any]] = field(default_factory=list)
    activity: list[dict[str, Any]] = field(default_factory=list)
    """Samples of what waits in the database."""
    balancer: list[dict[str, Any]] = field(default_factory=list)
    """Samples of the balancer's counters."""
    to: str = NEW
    abilities: list[str] | None = None
    """What the deployment could do; None: a run that does not tell."""
    cells: list[dict[str, Any]] | None = None
    """Lines of `continuity.jsonl`; None: there is no such file."""
    command: list[str] = field(default_factory=list)
    nodes: tuple[str, ...] = NODES
    nth: int = 0
    """Which of a series of runs it is: each begins a minute after the one before."""

    # --- bending

    def event(self, second: float, edge: str, phase: str, step: str | None = None, **more: Any) -> None:
        """Add an event; `node` and the rest of `more` as detail."""
        node = more.pop("node", None)
        self.events.append(
            {"mono_ns": ns(second), "phase": phase, "step": step, "node": node, "edge": edge, "detail": more}
        )

    def phase(self, name: str, start: float, end: float) -> None:
        self.event(start, "begin", name)
        self.event(end, "end", name)

    def step(self, phase: str, name: str, start: float, end: float, **detail: Any) -> None:
        self.event(start, "begin", phase, name, node=detail.get("node"))
        self.event(end, "end", phase, name, busy_s=end - start, **detail)

    def find(
        self, phase: str, step: str | None, node: str | None = None, edge: str = "end"
    ) -> dict[str, Any]:
        """The event, to be changed in place."""
        return next(
            e
            for e in self.events
            if (e["phase"], e["step"], e["node"], e["edge"]) == (phase, step, node, edge)
        )

    def detail(self, phase: str, step: str, node: str | None = None) -> dict[str, Any]:
        """What the step told at its end, to be changed in place."""
        detail: dict[str, Any] = self.find(phase, step, node)["detail"]
        return detail

    def forget(self, phase: str, step: str | None = "*", node: str | None = None) -> None:
        """Remove all events of a step, or of a phase with its steps (`*`)."""
        self.events = [
            e
            for e in self.events
            if not (e["phase"] == phase and (step == "*" or (e["step"] == step and e["node"] == node)))
        ]

    def alone(self) -> None:
        """Leave node1 alone: who was answered by node2 is answered by it, and refused while it is down."""
        self.nodes = NODES[:1]
        self.events = [event for event in self.events if event["node"] != NODES[1]]
        self.detail("contract", "prove_nodes")["seen"] = {NODES[0]: NEW}
        for row in (row for rows in self.records.values() for row in rows):
            at = row["intended_ns"]
            row.update(node=NODES[0], release=NEW if at >= ns(_ROLL_AT[NODES[0]] + 7.0) else OLD)
            if ns(_ROLL_AT[NODES[0]] + 1.0) <= at < ns(_ROLL_AT[NODES[0]] + 7.0):
                row.update(node=None, release=None, outcome="failed", status=503, error="http_5xx")

    def move(self, phase: str, step: str | None, by: float, node: str | None = None) -> None:
        """Shift the events of one step in time."""
        for event in self.events:
            if (event["phase"], event["step"], event["node"]) == (phase, step, node):
                event["mono_ns"] += round(by * 1e9)

    def die(self, second: float) -> None:
        """Kill the harness and its generators: nothing is written from then on."""
        self.events = [event for event in self.events if event["mono_ns"] <= ns(second)]
        self.records = {
            lane: [row for row in rows if row["end_ns"] <= ns(second)] for lane, rows in self.records.items()
        }
        self.outcome = None
        self.footer = None

    def due(self, lane: str, start: float, end: float) -> list[dict[str, Any]]:
        """Requests of a lane due from `start` to before `end`, to be changed in place."""
        return [row for row in self.records[lane] if ns(start) <= row["intended_ns"] < ns(end)]

    def fail(self, lane: str, start: float, end: float, **changes: Any) -> int:
        """Let the requests due in that time fail, 502 without a node's name unless told otherwise."""
        rows = self.due(lane, start, end)
        for row in rows:
            row.update(
                {"outcome": "failed", "status": 502, "error": "http_5xx", "node": None, "release": None}
            )
            row.update(changes)
        return len(rows)

    def reference(self, rate_hz: float = 4.0) -> None:
        """Put a known-good target beside the balancer, probed as densely in one lane: 1 ms each."""
        lane = _lane(REFERENCE, "ping", "new", rate_hz) | {"role": "reference"}
        self.lanes.append(lane)
        self.records[REFERENCE] = [
            _record(lane, 1.0 + number / rate_hz, 0)
            | {"end_ns": ns(1.001 + number / rate_hz), "node": None, "release": None}
            | {"start_ns": ns(1.0 + number / rate_hz)}
            for number in range(round(54 * rate_hz))
        ]

    def slow(self, lane: str, start: float, end: float, by_s: float) -> int:
        """Let the requests due in that time take so much longer, and succeed."""
        rows = self.due(lane, start, end)
        for row in rows:
            row["end_ns"] += round(by_s * 1e9)
        return len(rows)

    def freeze(self, lane: str, start: float, end: float) -> int:
        """Let the requests due in that time be answered at its end."""
        rows = self.due(lane, start, end)
        for row in rows:
            row["end_ns"] = ns(end) + 1_000_000
        return len(rows)

    def watch(self, every_s: float = 0.25) -> None:
        """Have the database watched, with nothing waiting in it."""
        self.scenario.setdefault("judge", {})["lock_wait_s_max"] = 1.0
        self.activity = [
            {
                "mono_ns": ns(2 + number * every_s),
                "kind": "activity",
                "phase": "x",
                "step": None,
                "waiting": [],
                "transactions": 1,
                "oldest_transaction_s": 0.01,
            }
            for number in range(round(52 / every_s))
        ]

    # --- telling

    def write(self, path: Path) -> RunDirectory:
        """Write the run directory."""
        path.mkdir(parents=True, exist_ok=True)
        run = RunDirectory(path)
        run.requests.mkdir(exist_ok=True)
        run.manifest.write_bytes(orjson.dumps(self._manifest()))
        events = sorted(self.events, key=lambda event: int(event["mono_ns"]))
        run.journal.write_bytes(_lines({"seq": seq, **event} for seq, event in enumerate(events)))
        run.database.write_bytes(_lines([*self.versions, *self.activity]))
        run.balancer.write_bytes(_lines(self.balancer))
        (run.requests / "probes.jsonl").write_bytes(self._requests())
        if self.cells is not None:
            run.continuity.write_bytes(_lines(self.cells))
        return run

    def _requests(self) -> bytes:
        rows = sorted((row for rows in self.records.values() for row in rows), key=lambda r: int(r["end_ns"]))
        header = {"file": "probes.jsonl", "clock": {"wall_ns": 0, "mono_ns": 0}, "lanes": self.lanes}
        lines = [{"header": header}, *({"seq": seq, **row} for seq, row in enumerate(rows))]
        if self.footer is not None:
            footer = {"records": len(rows), "unsent": 0, "lag_p99_ms": 1.0, "lag_max_ms": 2.0, "faults": []}
            lines.append({"footer": {**footer, **self.footer}})
        return _lines(lines) + self.tail

    def _manifest(self) -> dict[str, Any]:
        return {
            "format": 1,
            "scenario": self.scenario,
            "from": {"series": "2025.1", "version": OLD},
            "to": {"series": "2026.1", "version": self.to},
            "nodes": list(self.nodes),
            "clock": {"wall_ns": 1_760_000_000_000_000_000 + self.nth * 60_000_000_000, "mono_ns": T0_NS},
            "started": datetime(2026, 1, 1, tzinfo=UTC).isoformat(),
            "ended": None,
            "outcome": self.outcome,
            "host": {"cores": 2},
            "seed": 1,
            "command": self.command,
            **({} if self.abilities is None else {"abilities": self.abilities}),
        }


def _lines(rows: Iterable[dict[str, Any]]) -> bytes:
    return b"".join(orjson.dumps(row) + b"\n" for row in rows)


def healthy(*, drained: bool = True) -> Story:
    """An upgrade in which nothing went wrong: every question passes."""
    story = Story(scenario={"roll": {"drained": drained}})
    story.lanes = [
        _lane(ISSUE, "token_issue", "new", 2.0),
        _lane(VALIDATE, "token_validate", "reused", 2.0),
        _lane(LOAD, "user_get", "reused", None) | {"role": "load"},
    ]
    _tell_procedure(story, drained=drained)
    for number, lane in enumerate(story.lanes):
        story.records[lane["lane"]] = [
            _record(lane, second / 2 + number / 8, second + number) for second in range(2, 110)
        ]
    return story


def _lane(name: str, op: str, connection: str, rate_hz: float | None) -> dict[str, Any]:
    return {"lane": name, "op": op, "connection": connection, "rate_hz": rate_hz, "deadline_s": 10.0}


def _record(lane: dict[str, Any], second: float, turn: int) -> dict[str, Any]:
    """A request that went well: 20 ms, answered by one of the nodes that serve at that time."""
    serving = [node for node in NODES if not 1.0 <= second - _ROLL_AT[node] < 7.0]
    node = serving[turn % len(serving)]
    return {
        "lane": lane["lane"],
        "op": lane["op"],
        "connection": lane["connection"],
        "intended_ns": ns(second),
        "start_ns": ns(second + 0.001),
        "end_ns": ns(second + 0.020),
        "status": 200,
        "outcome": "ok",
        "error": None,
        "detail": None,
        "node": node,
        "release": NEW if second >= _ROLL_AT[node] + 2.0 else OLD,
        "request_id": f"req-{lane['lane']}-{second}",
    }


def _tell_procedure(story: Story, *, drained: bool) -> None:
    story.phase("setup", 0, 2)
    story.step("setup", "load_up", 1, 2)
    story.phase("baseline", 2, 12)
    story.step("baseline", "observe", 2, 12)
    story.phase("preflight", 12, 16)
    story.step("preflight", "versions", 12, 13, expected=OLD_TABLES, seen=OLD_TABLES)
    story.event(16, "skip", "flush", reason="27.1.0 has no token_flush: its tokens are not stored")
    story.phase("trust", 16.1, 18)
    story.step("trust", "set_trust", 16.1, 16.2, binlog=True, before=False, after=True)
    story.phase("expand", 18, 22)
    _sync(story, "expand", 18)
    story.event(22, "skip", "migrate", reason="db_sync --migrate does nothing in 29.1.0")
    story.phase("roll", 22, 42)
    for node in NODES:
        _roll(story, node, _ROLL_AT[node], drained=drained)
    story.phase("contract", 42, 46)
    story.step("contract", "prove_nodes", 42, 43, expected=NEW, seen=dict.fromkeys(NODES, NEW))
    _sync(story, "contract", 43)
    story.phase("restore", 46, 48)
    story.step("restore", "restore_trust", 46, 46.1, before=False, seen=False)
    story.phase("cooldown", 48, 54)
    story.step("cooldown", "observe", 48, 54)
    story.phase("teardown", 54, 56)
    story.versions = [_sample(12, "preflight", OLD_TABLES), _sample(45, "contract", NEW_TABLES)]


def _sample(second: float, phase: str, tables: dict[str, list[str]]) -> dict[str, Any]:
    return {"mono_ns": ns(second), "kind": "versions", "phase": phase, "step": "x", "tables": tables}


def _sync(story: Story, phase: str, second: float) -> None:
    migration = {
        "branch": phase,
        "revision": "742c857f1dfb",
        "title": "Add an index",
        "started_ns": ns(second + 1),
        "duration_s": 0.1,
    }
    story.step(
        phase,
        "db_sync",
        second,
        second + 2,
        command=["keystone-manage", "db_sync", f"--{phase}"],
        exit_code=0,
        migrations=[migration] if phase == "expand" else [],
        log_errors=[],
    )
    story.step(phase, "prove_schema", second + 2, second + 2.5, expected=NEW_TABLES, seen=NEW_TABLES)


def _roll(story: Story, node: str, at: float, *, drained: bool) -> None:
    details: dict[str, dict[str, Any]] = {
        "switch": {"release": NEW},
        "prove": {"release_expected": NEW, "release_seen": NEW, "requests": 3},
        "wait_drained": {"sessions_left": 0},
    }
    for name, start, end in _NODE_STEPS:
        if drained or name not in _UNDRAINED:
            story.step("roll", name, at + start, at + end, node=node, **details.get(name, {}))


# --- judging


def judged(story: Story, path: Path, *overrides: str) -> Judgement:
    """Write the story and judge it."""
    return judge_run(story.write(path), overrides)


def question(judgement: Judgement, name: str) -> Question:
    return next(q for q in judgement.questions if q.name == name)


def sentences(judgement: Judgement, name: str) -> list[str]:
    """Findings of a question, each behind its verdict."""
    return [f"{finding.verdict}: {finding.sentence}" for finding in question(judgement, name).findings]
