"""Hand-made judged runs: a drained roll that passes, an undrained one that fails, one that was killed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from harness.evidence.manifest import ClockReading, Manifest
from harness.evidence.names import RunOutcome
from harness.judge.downtime import Downtime
from harness.judge.gate_outcome import AcceptanceUse, BudgetUse, GateOutcome, Standing
from harness.judge.measures.counts import phase_counts
from harness.judge.model import (
    Finding,
    Judgement,
    NodeState,
    Question,
    RequestCounts,
    Series,
    Span,
    Timeline,
    Verdict,
)
from harness.scenario import Scenario
from tests.report.story_names import LANES, LOAD_LANE, NEW, NODES, OLD, PHASES, T0, at
from tests.report.story_procedure import migrations, procedure, versions
from tests.report.story_requests import BURSTS, downtime_of, failures, lane_stats, outages, series, stalls

__all__ = [
    "LANES",
    "LOAD_LANE",
    "NEW",
    "NODES",
    "OLD",
    "at",
    "downtime_of",
    "drained",
    "gated",
    "killed",
    "undrained",
]


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
        latency_ns=whole.series.latency_ns,
        answers=whole.series.answers[whole.series.answers["intended_ns"] < end_ns],
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
        phase_counts={phase: counts for phase, counts in whole.phase_counts.items() if phase in present},
        series=series,
        counts=RequestCounts(requests=704),
        migrations=(),
        versions=whole.versions[:2],
        overhead={},
        limits=("The run was cut short: it proves nothing about the phases after expand.",),
    )


def gated() -> Judgement:
    """The undrained roll, let through: its outages are accepted."""
    stopped_under_load = undrained()
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
        for question in stopped_under_load.questions
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
        stopped_under_load,
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
    steps, states = procedure(drained=drained)
    rows = failures() if not drained else []
    failed = sum(row["outcome"] == "failed" for row in rows)
    unknown = len(rows) - failed
    lanes = lane_stats(rows)
    return Judgement(
        manifest=_manifest(drained=drained),
        timeline=Timeline(
            T0,
            at(138.0),
            tuple(Span(name, None, None, at(a), at(b), "end", {}) for name, a, b in PHASES),
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
        downtime=Downtime() if drained else downtime_of(outages(rows)),
        lanes=lanes,
        stalls=stalls(lanes),
        series=series(rows, steps),
        counts=RequestCounts(2152, failed, unknown, unsent=0),
        phase_counts=phase_counts(lanes),
        minimum_detectable_outage_s=1.02,
        detectable_whole_outage_s=0.16,
        migrations=migrations(),
        versions=versions(),
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
                for start, node, requests, length in BURSTS
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
