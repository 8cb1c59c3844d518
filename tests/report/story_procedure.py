"""The procedure of a story: its steps, what each node was then, what the database held."""

from __future__ import annotations

from typing import Any

from harness.judge.model import NodeState, Span
from harness.judge.observations import AppliedMigration, TablesRead
from tests.report.story_names import NEW, NEW_HEADS, NODES, OLD, OLD_HEADS, at


def procedure(*, drained: bool) -> tuple[tuple[Span, ...], tuple[NodeState, ...]]:
    steps = [
        _step("setup", "deployment_up", 0.0, 19.5),
        _step("setup", "load_up", 19.5, 22.0),
        _step("baseline", "observe", 22.0, 42.0),
        _command("preflight", "backup", 42.0, 42.6, ("mariadb-dump", "keystone")),
        _step("preflight", "versions", 42.6, 42.7, expected=OLD_HEADS, seen=OLD_HEADS),
        _command("preflight", "doctor", 42.7, 47.9, ("keystone-manage", "doctor"), exit_code=1),
        _command("preflight", "upgrade_check", 47.9, 52.6, ("keystone-status", "upgrade", "check")),
        _command("preflight", "db_check", 52.6, 58.5, ("keystone-manage", "db_sync", "--check"), exit_code=2),
        _step("flush", "token_flush", 58.5, 58.5, edge="skip", reason="27.1.0 has no token_flush"),
        _step("trust", "set_trust", 60.5, 60.6, binlog=True, before=False, after=True),
        *_sync("expand", 62.5, 67.4),
        *_sync("migrate", 72.9, 77.6),
        *_sync("contract", 113.1, 118.0),
        _step("contract", "prove_nodes", 113.0, 113.1, expected=NEW, seen=dict.fromkeys(NODES, NEW)),
        _step("restore", "restore_trust", 123.4, 123.5, before=False, seen=False),
        _step("cooldown", "observe", 125.4, 135.4),
    ]
    states: list[NodeState] = []
    for number, node in enumerate(NODES):
        start = 78.6 + number * 11.4
        states += _states(node, start, drained=drained)
        steps += _roll(node, start, drained=drained)
    return tuple(sorted(steps, key=lambda span: span.start_ns)), tuple(states)


def _step(
    phase: str, step: str, start: float, end: float, node: str | None = None, edge: str = "end", **detail: Any
) -> Span:
    return Span(phase, step, node, at(start), at(end), edge, {"busy_s": round(end - start, 2), **detail})


def _command(
    phase: str, step: str, start: float, end: float, argv: tuple[str, ...], exit_code: int = 0, **detail: Any
) -> Span:
    took_s = round(end - start, 2)
    return _step(
        phase,
        step,
        start,
        end,
        command=list(argv),
        exit_code=exit_code,
        duration_s=took_s,
        log=f"logs/{phase}-{step}.log",
        **detail,
    )


def _sync(phase: str, start: float, end: float) -> list[Span]:
    seen = OLD_HEADS if phase == "baseline" else NEW_HEADS
    check = ("keystone-manage", "db_sync", "--check")
    return [
        _command(phase, "db_sync", start, end, ("keystone-manage", "db_sync", f"--{phase}"), log_errors=[]),
        _step(phase, "prove_schema", end, end + 0.1, expected=seen, seen=seen),
        _command(
            phase,
            "db_check",
            end + 0.1,
            min(end + 5.4, end + 0.9 if phase == "migrate" else end + 5.4),
            check,
        ),
    ]


def _states(node: str, start: float, *, drained: bool) -> list[NodeState]:
    def state(name: str, release: str, begin: float, end: float) -> NodeState:
        return NodeState(node, name, release, at(begin), at(end))

    if not drained:
        return [
            state("serving", OLD, 0.0, start),
            state("stopped", NEW, start, start + 1.2),
            state("starting", NEW, start + 1.2, start + 7.9),
            state("serving", NEW, start + 7.9, 138.0),
        ]
    return [
        state("serving", OLD, 0.0, start),
        state("draining", OLD, start, start + 0.5),
        state("out", OLD, start + 0.5, start + 0.6),
        state("stopped", NEW, start + 0.6, start + 1.2),
        state("starting", NEW, start + 1.2, start + 7.2),
        state("out", NEW, start + 7.2, start + 8.2),
        state("serving", NEW, start + 8.2, 138.0),
    ]


def _roll(node: str, start: float, *, drained: bool) -> list[Span]:
    proof: dict[str, Any] = {"release_expected": NEW, "release_seen": NEW, "requests": 3}
    if not drained:
        plan = [("stop", 0.0, 0.9), ("switch", 0.9, 1.0), ("start", 1.0, 1.2), ("prove", 1.2, 7.9)]
        plan += [("settle", 7.9, 11.4)]
    else:
        plan = [("drain", 0.0, 0.1), ("wait_drained", 0.1, 0.5), ("maint", 0.5, 0.6), ("stop", 0.6, 1.0)]
        plan += [("switch", 1.0, 1.1), ("start", 1.1, 1.2), ("prove", 1.2, 7.2), ("ready", 7.2, 7.3)]
        plan += [("wait_up", 7.3, 8.2), ("settle", 8.2, 11.4)]
    return [
        _step("roll", name, start + a, start + b, node, **(proof if name == "prove" else {}))
        for name, a, b in plan
    ]


def migrations() -> tuple[AppliedMigration, ...]:
    rows = (
        ("expand", "e8725d6fa226", "Add index to revocation event", 66.1, 0.21),
        ("expand", "742c857f1dfb", "Add unique index to assignment", 66.5, 0.34),
    )
    return tuple(
        AppliedMigration(phase, revision, title, at(second), duration_s)
        for phase, revision, title, second, duration_s in rows
    )


def versions() -> tuple[TablesRead, ...]:
    rows = (
        (42.6, "preflight", "versions", OLD_HEADS),
        (62.5, "expand", "db_sync", OLD_HEADS),
        (67.4, "expand", "db_sync", NEW_HEADS),
        (72.9, "migrate", "db_sync", NEW_HEADS),
        (77.6, "migrate", "db_sync", NEW_HEADS),
        (113.1, "contract", "db_sync", NEW_HEADS),
        (118.0, "contract", "db_sync", NEW_HEADS),
    )
    edges = ("end", "begin", "end", "begin", "end", "begin", "end")
    return tuple(
        TablesRead(at(second), phase, step, edge, tables)
        for (second, phase, step, tables), edge in zip(rows, edges, strict=True)
    )
