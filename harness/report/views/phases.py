"""The phases with what each lane saw in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.evidence.names import PROBED_PHASES, Role
from harness.judge.model import Counts, Judgement, LaneStats, Span, Verdict
from harness.report.text import (
    NONE,
    at_most_percent,
    at_most_seconds,
    count,
    counted,
    milliseconds,
    one_line,
    seconds,
)
from harness.report.views.rows import Row, data_attributes

ROLES: Mapping[str, str] = {
    Role.PROBE: "probe",
    Role.LOAD: "load",
    Role.CLIENT: "client library",
}

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
    "Detect\N{SOFT HYPHEN}able outage",
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
        # Pings of the reference target are no requests to Keystone: they have a table of their own.
        lanes = [s for s in judgement.lanes if s.phase == phase and s.role is not Role.REFERENCE]
        if phase is None:
            views.append(_whole_run(judgement.counts, lanes))
        elif lanes or phase in PROBED_PHASES:
            counts = judgement.phase_counts.get(phase, Counts())
            views.append(_phase_view(phase, spans.get(phase), counts, lanes, failing=phase in failing))
    return views


def _whole_run(counts: Counts, lanes: Sequence[LaneStats]) -> PhaseView:
    summary = _summary(counts) if lanes else "no evidence"
    return PhaseView("whole run", "", summary, is_open=False, rows=_rows(lanes))


def _phase_view(
    phase: str, span: Span | None, counts: Counts, lanes: Sequence[LaneStats], *, failing: bool
) -> PhaseView:
    # A phase that was left out owes no evidence: only one that was gone through without any is an alarm.
    skipped = span is not None and span.edge == "skip"
    summary = _summary(counts) if lanes else "left out" if skipped else "no evidence"
    return PhaseView(
        name=one_line(phase),
        took=_took(span),
        summary=summary,
        is_open=failing or counts.without_success > 0 or not (lanes or skipped),
        rows=_rows(lanes),
    )


def _took(span: Span | None) -> str:
    if span is None:
        return NONE
    took = seconds((span.end_ns - span.start_ns) / 1e9)
    return took + {"fail": ", failed", "skip": ", skipped", "begin": ", not ended"}.get(span.edge, "")


def _summary(counts: Counts) -> str:
    failed = " or unknown" if counts.without_success else ""
    return f"{count(counts.without_success)} of {counted(counts.sent, 'request')} failed{failed}"


def _rows(lanes: Iterable[LaneStats]) -> tuple[Row, ...]:
    """A lane of the load that nobody took is left out; of one on a schedule no request at all is news."""
    return tuple(_lane_row(stats) for stats in lanes if stats.requests or stats.role is Role.PROBE)


def _lane_row(stats: LaneStats) -> Row:
    cells = (
        one_line(stats.lane),
        ROLES.get(stats.role, one_line(stats.role)),
        count(stats.sent),
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
    failed = stats.without_success > 0
    data = data_attributes(
        phase=stats.phase or "whole-run", lane=stats.lane, failed=stats.failed, unknown=stats.unknown
    )
    return Row(cells, data, Verdict.FAIL if failed else Verdict.INCONCLUSIVE if stats.unsent else None)
