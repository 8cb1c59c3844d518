"""The phases with what each lane saw in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.evidence.names import PROBED_PHASES, Role
from harness.judge.model import Judgement, LaneStats, Span, Verdict
from harness.report.text import NONE, at_most_percent, at_most_seconds, count, milliseconds, one_line, seconds
from harness.report.views.rows import Row, data_attributes

ROLES: Mapping[str, str] = {
    Role.PROBE: "probe",
    Role.LOAD: "load",
    Role.CLIENT: "client library",
    Role.REFERENCE: "reference",
}

_ON_SCHEDULE = frozenset({Role.PROBE, Role.REFERENCE})
"""Lanes in which no request at all is news; a lane of the load that nobody took is not shown."""

LANE_COLUMNS = (
    "Requests",
    "Failed",
    "Unknown",
    "Unsent",
    "Error rate under (95 %)",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "Max ms",
    "Longest gap",
    "Detectable outage",
)


@dataclass(frozen=True, slots=True)
class PhaseView:
    """One phase with its lanes."""

    name: str
    took: str
    summary: str
    is_open: bool
    rows: tuple[Row, ...]


def phase_views(judgement: Judgement) -> list[PhaseView]:
    """Every probed phase in the order of the run, then the whole run."""
    spans = {span.phase: span for span in judgement.timeline.phases}
    order = [*spans, *sorted({s.phase for s in judgement.lanes if s.phase is not None} - set(spans)), None]
    failing = {
        finding.phase
        for question in judgement.questions
        for finding in question.findings
        if finding.verdict is Verdict.FAIL and not question.advisory and finding.accepted is None
    }
    views = []
    for phase in order:
        lanes = [stats for stats in judgement.lanes if stats.phase == phase]
        if lanes or phase in PROBED_PHASES:
            views.append(
                _phase_view(phase, spans.get(phase or ""), lanes, phase in failing and phase is not None)
            )
    return views


def _phase_view(phase: str | None, span: Span | None, lanes: Sequence[LaneStats], failing: bool) -> PhaseView:
    hurt = sum(stats.failed + stats.unknown for stats in lanes)
    requests = sum(stats.requests for stats in lanes)
    summary = (
        f"{count(hurt)} of {count(requests)} failed or unknown" if hurt else f"0 of {count(requests)} failed"
    )
    took = NONE if span is None else seconds((span.end_ns - span.start_ns) / 1e9)
    if span is not None and span.edge != "end":
        took += {"fail": ", failed", "skip": ", skipped", "begin": ", not ended"}.get(span.edge, "")
    # A phase that was left out owes no evidence: only one that was gone through without any is an alarm.
    skipped = span is not None and span.edge == "skip"
    blind = not lanes and phase is not None and not skipped
    if not lanes:
        summary = "left out" if skipped else "no evidence"
    return PhaseView(
        name="whole run" if phase is None else one_line(phase),
        took="" if phase is None else took,
        summary=summary,
        is_open=failing or (hurt > 0 and phase is not None) or blind,
        rows=tuple(_lane_row(stats) for stats in lanes if stats.requests or stats.role in _ON_SCHEDULE),
    )


def _lane_row(stats: LaneStats) -> Row:
    cells = (
        one_line(stats.lane),
        ROLES.get(stats.role, one_line(stats.role)),
        count(stats.requests),
        count(stats.failed),
        count(stats.unknown),
        count(stats.unsent),
        at_most_percent(stats.error_rate_upper_95),
        milliseconds(stats.latency_ms_p50),
        milliseconds(stats.latency_ms_p95),
        milliseconds(stats.latency_ms_p99),
        milliseconds(stats.latency_ms_max),
        seconds(stats.gap_s_max),
        at_most_seconds(stats.detectable_outage_s),
    )
    hurt = stats.failed + stats.unknown > 0
    data = data_attributes(
        phase=stats.phase or "whole-run", lane=stats.lane, failed=stats.failed, unknown=stats.unknown
    )
    return Row(cells, data, Verdict.FAIL if hurt else Verdict.INCONCLUSIVE if stats.unsent else None)
