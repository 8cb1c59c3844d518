"""Hand-made judged runs: a drained roll that passes, an undrained one that fails, one that was killed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from harness.evidence.manifest import ClockReading, Manifest
from harness.evidence.names import Role, RunOutcome
from harness.judge.gate.outcome import AcceptanceUse, BudgetUse, GateOutcome, Standing
from harness.judge.model import (
    Downtime,
    Finding,
    Judgement,
    LaneStats,
    NodeState,
    Outage,
    Question,
    Series,
    Span,
    Stall,
    Timeline,
    Verdict,
)
from harness.scenario import Scenario

OLD, NEW = "27.1.0", "29.1.0"
NODES = ("node1", "node2", "node3")
T0 = 7_000_000_000_000
"""Start of every story, CLOCK_MONOTONIC nanoseconds."""
LANES = tuple(
    f"{op}/{connection}"
    for op in ("token_issue", "token_validate", "user_create", "project_list")
    for connection in ("new", "reused")
)
LOAD_LANE = "load/token_issue/reused"
OLD_HEADS = {"alembic_version": ["47147121", "c88cdce8f248"]}
NEW_HEADS = {"alembic_version": ["742c857f1dfb", "c88cdce8f248"]}

_PHASES = (
    ("setup", 0.0, 22.0),
    ("baseline", 22.0, 42.0),
    ("preflight", 42.0, 58.5),
    ("flush", 58.5, 60.5),
    ("trust", 60.5, 62.5),
    ("expand", 62.5, 72.9),
    ("migrate", 72.9, 78.6),
    ("roll", 78.6, 113.0),
    ("contract", 113.0, 123.4),
    ("restore", 123.4, 125.4),
    ("cooldown", 125.4, 135.4),
    ("teardown", 135.4, 138.0),
)


def at(second: float) -> int:
    """Nanoseconds of an instant of the story."""
    return T0 + round(second * 1e9)


def drained() -> Judgement:
    """Nothing happened while everything changed."""
    return _story(drained=True)


def undrained() -> Judgement:
    """Each of three stops hurt."""
    return _story(drained=False)


def killed() -> Judgement:
    """The harness was killed during expand: no end of anything, no footer, no roll."""
    whole = drained()
    end_ns = at(66.0)
    phases = tuple(
        replace(span, end_ns=end_ns, edge="begin") if span.phase == "expand" else span
        for span in whole.timeline.phases
        if span.start_ns < end_ns
    )
    steps = tuple(
        replace(span, end_ns=end_ns, edge="begin", detail={"command": span.detail["command"]})
        if span.end_ns > end_ns
        else span
        for span in whole.timeline.steps
        if span.start_ns < end_ns
    )
    states = tuple(NodeState(node, "serving", OLD, at(0), end_ns) for node in NODES)
    series = Series(
        whole.series.bucket_ns,
        whole.series.rate[whole.series.rate["bucket"] < end_ns],
        whole.series.latency[whole.series.latency["bucket"] < end_ns],
        whole.series.failures,
    )
    present = {span.phase for span in phases} | {None}
    torn = "The run ended during expand, 66.0 s into it: the harness was killed, and nothing after is known."
    return replace(
        whole,
        manifest=whole.manifest.model_copy(update={"ended": None, "outcome": RunOutcome.CRASHED}),
        timeline=Timeline(T0, end_ns, phases, steps, states),
        verdict=Verdict.INCONCLUSIVE,
        headline="Nothing can be said: the harness was killed during expand, before any node was rolled.",
        questions=(
            Question(
                "procedure", Verdict.INCONCLUSIVE, (_finding(torn, Verdict.INCONCLUSIVE, phase="expand"),)
            ),
            Question(
                "coverage",
                Verdict.INCONCLUSIVE,
                (
                    _finding(
                        "probes.jsonl has no footer: its writer did not end in order.", Verdict.INCONCLUSIVE
                    ),
                    _finding("The phase roll has no probes at all.", Verdict.INCONCLUSIVE, phase="roll"),
                ),
            ),
            Question(
                "availability",
                Verdict.INCONCLUSIVE,
                (
                    _finding(
                        "No request failed until 66.0 s, but most phases are missing.", Verdict.INCONCLUSIVE
                    ),
                ),
            ),
            Question(
                "integrity",
                Verdict.INCONCLUSIVE,
                (_finding("The final read-back did not take place.", Verdict.INCONCLUSIVE),),
            ),
            Question("continuity", Verdict.INCONCLUSIVE, ()),
            Question("impact", Verdict.PASS, (), advisory=True),
        ),
        lanes=tuple(stats for stats in whole.lanes if stats.phase in present),
        series=series,
        counts={"requests": 704, "failed": 0, "unknown": 0, "unsent": 0},
        migrations=(),
        versions=whole.versions[:2],
        overhead={},
        limits=("The run was cut short: it proves nothing about the phases after expand.",),
    )


def gated() -> Judgement:
    """The undrained roll, let through: its outages are accepted."""
    hurt = undrained()
    because = "The server cuts what it has not accepted (https://bugs.launchpad.net/keystone/+bug/1)"
    questions = tuple(
        replace(
            question,
            verdict=Verdict.PASS,
            findings=tuple(
                replace(finding, accepted=f"{because}, until 2026-12-31") for finding in question.findings
            ),
        )
        if question.name == "availability"
        else question
        for question in hurt.questions
    )
    bug = "https://bugs.launchpad.net/keystone/+bug/1"
    used = AcceptanceUse(
        "availability",
        "step stop",
        "The server cuts what it has not accepted.",
        bug,
        "2026-12-31",
        Standing.USED,
        3,
    )
    old = AcceptanceUse(
        "impact",
        "phase expand",
        "It was cold.",
        "https://example.org/2",
        "2026-01-31",
        Standing.LAPSED,
        0,
    )
    return replace(
        hurt,
        verdict=Verdict.PASS,
        headline="Passes with 3 accepted findings, not without downtime: 3 outages, 4.2 s in all.",
        questions=questions,
        gate=GateOutcome(
            accepted=4,
            acceptances=(used, old),
            budgets=(BudgetUse("availability in phase roll", "failed_max", 3, 1),),
            notes=(
                "The acceptance of impact (phase expand; https://example.org/2) lapsed on 2026-01-31; "
                "remove it, or decide anew.",
            ),
        ),
    )


def _finding(sentence: str, verdict: Verdict, **details: Any) -> Finding:
    return Finding(sentence=sentence, verdict=verdict, **details)


def _story(*, drained: bool) -> Judgement:
    steps, states = _procedure(drained=drained)
    failures = _failures() if not drained else []
    failed = sum(row["outcome"] == "failed" for row in failures)
    unknown = len(failures) - failed
    lanes = _lane_stats(failures)
    return Judgement(
        manifest=_manifest(drained=drained),
        timeline=Timeline(
            T0,
            at(138.0),
            tuple(Span(name, None, None, at(a), at(b), "end", {}) for name, a, b in _PHASES),
            steps,
            states,
        ),
        verdict=Verdict.PASS if drained else Verdict.FAIL,
        headline=(
            f"No downtime: none of 2,152 requests failed while Keystone went from {OLD} to {NEW} on 3 nodes."
            if drained
            else f"There was downtime: 3 outages, 4.2 s in all, while Keystone went from {OLD} to {NEW}."
        ),
        questions=_questions(drained=drained, failed=failed, unknown=unknown),
        downtime=Downtime() if drained else downtime_of(_outages(failures)),
        lanes=lanes,
        stalls=_stalls(lanes),
        series=_series(failures, steps),
        counts={"requests": 2152, "failed": failed, "unknown": unknown, "unsent": 0},
        minimum_detectable_outage_s=1.02,
        detectable_whole_outage_s=0.16,
        migrations=_migrations(),
        versions=_versions(),
        overhead={"wall_s": 113.4, "busy_s": 111.9, "overhead_percent": 1.3},
        limits=(
            "An outage under 0.16 s in every lane, or under 1.02 s in one, may have gone unseen.",
            "All parts shared one machine: what a network between them would add was not measured.",
            "bcrypt ran with 4 rounds; a production cloud has 12 or more, and a login costs more there.",
        ),
    )


def _manifest(*, drained: bool) -> Manifest:
    name = "drained" if drained else "undrained"
    scenario = Scenario.model_validate({"name": name, "seed": 7, "roll": {"drained": drained}})
    return Manifest.model_validate(
        {
            "format": 1,
            "scenario": scenario.resolved(),
            "from": {"series": "2025.1", "version": OLD},
            "to": {"series": "2026.1", "version": NEW},
            "nodes": NODES,
            "clock": ClockReading(wall_ns=1_790_000_000_000_000_000, mono_ns=T0),
            "started": datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC),
            "ended": datetime(2026, 9, 21, 14, 15, 38, tzinfo=UTC),
            "outcome": "completed",
            "host": {
                "cores": 2,
                "memory_bytes": 8 * 2**30,
                "kernel": "Linux 6.1.0",
                "software": {
                    "haproxy": "2.6.12",
                    "mariadb": "10.11.6",
                    "memcached": "1.6.18",
                    "locust": "2.47.0",
                },
            },
            "seed": 7,
            "command": ("harness", "run", f"scenarios/{name}.toml"),
        }
    )


def _procedure(*, drained: bool) -> tuple[tuple[Span, ...], tuple[NodeState, ...]]:
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


_BURSTS = (
    (78.7, "node1", 7, 1.5),
    (90.1, "node2", 6, 1.4),
    (101.5, "node3", 6, 1.3),
)


def _failures() -> list[dict[str, Any]]:
    found = []
    for start, node, requests, length in _BURSTS:
        for number in range(requests):
            lane = LANES[(number * 3) % len(LANES)]
            op, connection = lane.split("/")
            is_new = connection == "new"
            is_unknown = op in ("user_create", "token_issue") and not is_new
            found.append(
                {
                    "intended_ns": at(start + length * number / requests),
                    "lane": lane,
                    "op": op,
                    "connection": connection,
                    "outcome": "unknown" if is_unknown else "failed",
                    "error": "http_5xx" if is_new else "timeout" if number == 5 else "closed",
                    "status": 502 if is_new else 0,
                    "detail": "502 Bad Gateway" if is_new else "closed before the status line",
                    "node": None,
                    "release": None,
                    "request_id": f"req-{node}-{number}",
                    "latency_ms": 10_000.0 if number == 5 else 4.0 + number * 90,
                }
            )
    return found


def downtime_of(outages: tuple[Outage, ...]) -> Downtime:
    """Outages that lie apart, with their lengths and counts."""
    charged = [outage for outage in outages if outage.charged]
    return Downtime(
        outages=outages,
        total=len(outages),
        charged=len(charged),
        longest_s=max((outage.duration_s for outage in charged), default=0.0),
        charged_s=sum(outage.duration_s for outage in charged),
        failed=sum(outage.requests for outage in outages),
        failed_charged=sum(outage.requests for outage in charged),
    )


def _stalls(lanes: Iterable[LaneStats]) -> tuple[Stall, ...]:
    longest = [
        Stall(stats.lane, stats.gap_s_max)
        for stats in lanes
        if stats.phase is None and stats.role is Role.PROBE and stats.gap_s_max is not None
    ]
    return tuple(sorted(longest, key=lambda stall: -stall.length_s))


def _outages(failures: Sequence[dict[str, Any]]) -> tuple[Outage, ...]:
    outages = []
    for start, node, _, length in _BURSTS:
        mine = [row for row in failures if row["request_id"].startswith(f"req-{node}-")]
        classes = sorted({row["error"] for row in mine})
        counts = [(name, sum(row["error"] == name for row in mine)) for name in classes]
        examples = tuple(
            f"{(row['intended_ns'] - T0) / 1e9:.2f} s, {row['lane']}, {row['error']}, {row['detail']}, "
            f"{row['request_id']}"
            for row in mine[:5]
        )
        outages.append(
            Outage(
                start_ns=at(start),
                end_ns=at(start + length),
                uncertainty_ns=333_000_000,
                open_ended=False,
                lanes=tuple(sorted({row["lane"] for row in mine})),
                errors=tuple(sorted(counts, key=lambda item: -item[1])),
                requests=len(mine),
                phase="roll",
                step="stop",
                node=node,
                release=OLD,
                cause=f"The harness was stopping {node} (27.1.0) without having drained it.",
                examples=examples,
            )
        )
    return tuple(outages)


def _questions(*, drained: bool, failed: int, unknown: int) -> tuple[Question, ...]:
    availability: tuple[Finding, ...] = (
        _finding("No request failed and no lane stalled in any phase.", Verdict.PASS),
    )
    if not drained:
        availability = (
            _finding(
                f"{failed + unknown} requests failed, {unknown} perhaps not, in 3 outages during the roll.",
                Verdict.FAIL,
                phase="roll",
                requests=failed + unknown,
            ),
            *(
                _finding(
                    f"{node} was out for {length:.1f} s from {start:.1f} s while its server was stopped.",
                    Verdict.FAIL,
                    phase="roll",
                    step="stop",
                    node=node,
                    release=OLD,
                    lane=LANES[0],
                    error="http_5xx",
                    start_ns=at(start),
                    end_ns=at(start + length),
                    uncertainty_ns=333_000_000,
                    requests=requests,
                )
                for start, node, requests, length in _BURSTS
            ),
        )
    return (
        Question(
            "procedure",
            Verdict.PASS,
            (_finding("Every step was proven; all 3 nodes ended on 29.1.0.", Verdict.PASS),),
        ),
        Question(
            "coverage",
            Verdict.PASS,
            (_finding("All 2,152 due requests were sent, at most 7 ms late.", Verdict.PASS),),
        ),
        Question("availability", Verdict.PASS if drained else Verdict.FAIL, availability),
        Question(
            "integrity",
            Verdict.PASS,
            (_finding("All 214 acknowledged writes were found again, on every node.", Verdict.PASS),),
        ),
        Question(
            "continuity",
            Verdict.PASS,
            (_finding("Tokens and users of 27.1.0 were honoured by 29.1.0, and the reverse.", Verdict.PASS),),
        ),
        Question(
            "impact",
            Verdict.PASS if drained else Verdict.FAIL,
            (
                _finding(
                    "Latency stayed within the baseline's bounds."
                    if drained
                    else "During roll the p99 of token_issue/new was 6,400 ms against 82 ms in the baseline.",
                    Verdict.PASS if drained else Verdict.FAIL,
                    phase=None if drained else "roll",
                ),
            ),
            advisory=True,
        ),
    )


def _lane_stats(failures: Iterable[dict[str, Any]]) -> tuple[LaneStats, ...]:
    rows = list(failures)
    stats = []
    probed = [phase for phase in _PHASES if phase[0] not in ("setup", "teardown")]
    for phase, start, end in [*probed, (None, 22.0, 135.4)]:
        for lane in (*LANES, LOAD_LANE):
            rate_hz = 3 if "token" in lane else 1
            mine = [r for r in rows if r["lane"] == lane and at(start) <= r["intended_ns"] < at(end)]
            requests = round((end - start) * rate_hz)
            failed = sum(row["outcome"] == "failed" for row in mine)
            hurt = bool(mine)
            stats.append(
                LaneStats(
                    phase=phase,
                    lane=lane,
                    role=Role.LOAD if lane == LOAD_LANE else Role.PROBE,
                    requests=requests,
                    failed=failed,
                    unknown=len(mine) - failed,
                    unsent=0,
                    error_rate_upper_95=min(1.0, (3 + 2 * len(mine)) / max(requests, 1)),
                    latency_ms_p50=31.4,
                    latency_ms_p95=64.0,
                    latency_ms_p99=6400.0 if hurt else 82.1,
                    latency_ms_max=7900.0 if hurt else 97.0,
                    gap_s_max=2.4 if hurt else 1 / rate_hz + 0.03,
                    detectable_outage_s=1 / rate_hz + 0.02,
                )
            )
    return tuple(stats)


def _series(failures: Sequence[dict[str, Any]], steps: Sequence[Span]) -> Series:
    bucket_ns = 500_000_000
    rate, latency = [], []
    stops = [s.start_ns for s in steps if s.step == "stop"]
    proofs = [s.end_ns for s in steps if s.step == "prove"]
    for number in range(44, 270):
        bucket = at(number / 2)
        on_new = sum(end_ns <= bucket for end_ns in proofs)
        on_old = len(NODES) - sum(start_ns <= bucket for start_ns in stops)
        due = 10 + round(2 * math.sin(number * 1.7))
        share_new = on_new / max(on_new + on_old, 1)
        failed = sum(bucket <= row["intended_ns"] < bucket + bucket_ns for row in failures)
        of_new = round((due - failed) * share_new)
        rate += [
            {"bucket": bucket, "release": OLD, "requests": due - failed - of_new, "failed": 0},
            {"bucket": bucket, "release": NEW, "requests": of_new, "failed": 0},
            {"bucket": bucket, "release": "none", "requests": failed, "failed": failed},
        ]
        busy = 2.2 if any(abs(bucket - start_ns) < 6e9 for start_ns in stops) else 1.0
        p50 = (29 + 6 * math.sin(number * 0.9)) * busy**0.4
        p99 = (74 + 22 * math.sin(number * 2.3)) * busy
        hang = 40.0 if failed else 1.0
        latency.append(
            {
                "bucket": bucket,
                "latency_ms_p50": p50,
                "latency_ms_p99": p99 * hang**0.8,
                "latency_ms_max": p99 * 1.35 * hang,
            }
        )
    columns = [
        "intended_ns",
        "lane",
        "op",
        "connection",
        "outcome",
        "error",
        "status",
        "detail",
        "node",
        "release",
        "request_id",
        "latency_ms",
    ]
    return Series(
        bucket_ns, pd.DataFrame(rate), pd.DataFrame(latency), pd.DataFrame(list(failures), columns=columns)
    )


def _migrations() -> tuple[dict[str, Any], ...]:
    rows = (
        ("expand", "e8725d6fa226", "Add index to revocation event", 66.1, 0.21),
        ("expand", "742c857f1dfb", "Add unique index to assignment", 66.5, 0.34),
    )
    return tuple(
        {
            "phase": phase,
            "branch": phase,
            "revision": revision,
            "title": title,
            "start_ns": at(s),
            "duration_s": d,
        }
        for phase, revision, title, s, d in rows
    )


def _versions() -> tuple[dict[str, Any], ...]:
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
        {
            "mono_ns": at(second),
            "kind": "versions",
            "phase": phase,
            "step": step,
            "edge": edge,
            "tables": tables,
        }
        for (second, phase, step, tables), edge in zip(rows, edges, strict=True)
    )
