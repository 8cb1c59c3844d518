"""What the page explores, as plain values; the names of the keys are the interface of `assets/*.js`."""

from __future__ import annotations

from typing import Any

from harness.evidence.clock import Clock
from harness.evidence.names import Edge, Phase
from harness.judge.downtime import Outage
from harness.judge.measures import bins
from harness.judge.model import Judgement, Span, Timeline
from harness.judge.timeline import probed
from harness.report.explore.columns import Words, request_columns
from harness.report.explore.failures import Lines, attribute, failure_rows, in_outage, shown
from harness.report.marks import MARKS
from harness.report.text import one_line, printable, words
from harness.report.views.outages import lasted


def explore_data(judgement: Judgement, lines: Lines) -> dict[str, Any]:
    """Everything that the interactive part of the page shows.

    Keys: those of `timeline_data`, `releases`, `lanes`, `servers`, `requests` (as of `request_columns`),
    `failures` (thinned where there are very many), `outages` (those that the judge lists), `totals` (what the
    judge counted, of the whole run), `marks`. Times named `*_s` are seconds since the start of the run.
    """
    start_ns = judgement.timeline.start_ns
    lanes = Words(dict.fromkeys(stats.lane for stats in judgement.lanes))
    roles = {stats.lane: str(stats.role) for stats in judgement.lanes}
    servers = Words()
    rows = failure_rows(judgement, lines)
    places = [in_outage(rows, outage, start_ns) for outage in judgement.downtime.outages]
    for outage, inside in zip(judgement.downtime.outages, places, strict=True):
        attribute(rows, inside, outage)
    for row in rows:
        lanes.number(row["lane"])
    requests = request_columns(judgement.series.requests, start_ns, lanes, servers)
    reading = judgement.manifest.clock
    return {
        **timeline_data(judgement.timeline, Clock(reading.wall_ns, reading.mono_ns)),
        "releases": [
            one_line(release.version) for release in (judgement.manifest.from_, judgement.manifest.to)
        ],
        "lanes": [{"name": one_line(lane), "role": roles.get(lane, "load")} for lane in lanes.words],
        "servers": [[one_line(part) for part in server.split("\n")] for server in servers.words],
        "requests": requests,
        "failures": rows,
        "totals": _totals(judgement),
        "outages": [
            {
                **_outage(number, outage, start_ns),
                "failures": inside,
                "lines": shown(lines.of_outages.get(number, ())),
            }
            for number, (outage, inside) in enumerate(
                zip(judgement.downtime.outages, places, strict=True), start=1
            )
        ],
        "marks": marks_data(),
    }


def _totals(judgement: Judgement) -> dict[str, int]:
    """What the page draws is a part of; the script counts only what it draws."""
    counts, downtime = judgement.counts, judgement.downtime
    return {
        "went_well": counts.went_well,
        "failed": counts.without_success,
        "unsent": counts.unsent,
        "outages": downtime.total,
        "outages_left_out": downtime.left_out,
    }


def timeline_data(timeline: Timeline, clock: Clock) -> dict[str, Any]:
    """The procedure: `clock` (UTC of second 0, ms since 1970), `end_s`, `phases`, `steps`, `nodes`.

    Besides `binning`: the rule of `harness.judge.measures.bins`, which the picture is drawn by.
    """
    start_ns = timeline.start_ns
    nodes: dict[str, list[list[Any]]] = {}
    for state in timeline.nodes:
        nodes.setdefault(state.node, []).append(
            [
                one_line(state.state),
                one_line(state.release),
                _second(state.start_ns, start_ns),
                _second(state.end_ns, start_ns),
            ]
        )
    return {
        "binning": {
            "widths_s": list(bins.WIDTHS_S),
            "bins_max": bins.BINS_MAX,
            "samples_min": bins.SAMPLES_MIN,
            "dots_max": bins.DOTS_MAX,
        },
        "clock": {"utc_ms": (clock.wall_ns + start_ns - clock.mono_ns) // 1_000_000},
        "end_s": _second(timeline.end_ns, start_ns),
        "phases": [
            {**_span(span, start_ns), "name": words(span.phase), "probed": probed(span.phase)}
            for span in timeline.phases
            if span.edge != Edge.SKIP
        ],
        "steps": [
            {
                **_span(span, start_ns),
                "name": words(span.step or ""),
                "node": one_line(span.node or ""),
                "in_roll": span.phase == Phase.ROLL,
            }
            for span in timeline.steps
            if span.edge != Edge.SKIP
        ],
        "nodes": [{"name": one_line(node), "states": states} for node, states in nodes.items()],
    }


def marks_data() -> dict[str, list[str]]:
    """Of each class of failure its shape and its words."""
    return {str(error): [mark.shape, mark.words] for error, mark in MARKS.items()}


def _span(span: Span, start_ns: int) -> dict[str, Any]:
    return {"start_s": _second(span.start_ns, start_ns), "end_s": _second(span.end_ns, start_ns)}


def _outage(number: int, outage: Outage, start_ns: int) -> dict[str, Any]:
    return {
        "number": number,
        "start_s": _second(outage.start_ns, start_ns),
        "end_s": _second(outage.end_ns, start_ns),
        "uncertainty_s": round(outage.uncertainty_ns / 1e9, 3),
        "length": lasted(outage),
        "node": one_line(outage.node or ""),
        "charged": outage.charged,
        "lanes": [one_line(lane) for lane in outage.lanes],
        "requests": outage.requests,
        "cause": printable(outage.cause),
    }


def _second(instant_ns: int, start_ns: int) -> float:
    return round((instant_ns - start_ns) / 1e9, 3)
