"""What the procedure did, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.evidence.names import PROBED_PHASES, Phase
from harness.judge.model import Judgement, NodeState, Span, Verdict
from harness.report.text import NONE, RunTimes, count, one_line, seconds, shortened, words
from harness.report.views.rows import Row, data_attributes

_EDGES: Mapping[str, str] = {"end": "done", "fail": "FAILED", "skip": "skipped", "begin": "not ended"}


def step_rows(judgement: Judgement, times: RunTimes) -> list[Row]:
    """Every step in order of time."""
    return [_step_row(span, times) for span in judgement.timeline.steps]


def _step_row(span: Span, times: RunTimes) -> Row:
    detail = span.detail
    command = detail.get("command")
    told = [one_line(detail[key]) for key in ("reason", "remedy", "answer") if detail.get(key)]
    if isinstance(command, list | tuple):
        told.insert(0, " ".join(one_line(part) for part in command))
    told += [f"log: {one_line(line)}" for line in detail.get("log_errors") or ()]
    if detail.get("advisory"):
        told.append("advisory")
    cells = (
        times.at(span.start_ns),
        words(span.phase),
        words(span.step or NONE),
        one_line(span.node or NONE),
        seconds((span.end_ns - span.start_ns) / 1e9),
        _EDGES.get(span.edge, one_line(span.edge)),
        one_line(detail.get("exit_code", NONE)),
        shortened(" \N{MIDDLE DOT} ".join(told) or NONE, 400),
    )
    verdict = {"fail": Verdict.FAIL, "begin": Verdict.INCONCLUSIVE}.get(span.edge)
    return Row(
        cells, data_attributes(phase=span.phase, step=span.step, node=span.node, edge=span.edge), verdict
    )


def roll_table(judgement: Judgement) -> tuple[tuple[str, ...], list[Row]]:
    """Column names and a row per node: how long each step took, how long it was not serving, what it cost."""
    rolled = [s for s in judgement.timeline.steps if s.phase == Phase.ROLL and s.node is not None]
    names = list(dict.fromkeys(span.step for span in rolled if span.step))
    nodes = list(dict.fromkeys(span.node for span in rolled if span.node))
    columns = (
        "Node",
        *(words(name) for name in names),
        "not serving",
        "outages",
        "failed or unknown",
        "ended on",
    )
    return columns, [_roll_row(node, names, rolled, judgement) for node in nodes]


def _roll_row(node: str, names: Sequence[str], rolled: Sequence[Span], judgement: Judgement) -> Row:
    took: dict[str, str] = {}
    for span in rolled:
        if span.node == node and span.step:
            length = seconds((span.end_ns - span.start_ns) / 1e9)
            took[span.step] = (
                length if span.edge == "end" else f"{length}, {_EDGES.get(span.edge, span.edge)}"
            )
    away_s = sum((s.end_ns - s.start_ns) / 1e9 for s in _states(judgement, node) if s.state != "serving")
    mine = [outage for outage in judgement.outages if outage.node == node]
    last = max(_states(judgement, node), key=lambda state: state.end_ns, default=None)
    ended = (
        NONE
        if last is None
        else f"{last.release}{'' if last.state == 'serving' else f', {words(last.state)}'}"
    )
    cells = (
        one_line(node),
        *(took.get(name, NONE) for name in names),
        seconds(away_s),
        count(len(mine)),
        count(sum(outage.requests for outage in mine)),
        one_line(ended),
    )
    return Row(cells, data_attributes(node=node), Verdict.FAIL if mine else None)


def _states(judgement: Judgement, node: str) -> list[NodeState]:
    """The node's stretches up to the end of the probed phases: that it stops in teardown is no news."""
    ends = [s.end_ns for s in judgement.timeline.phases if s.phase in PROBED_PHASES]
    end_ns = max(ends, default=judgement.timeline.end_ns)
    return [state for state in judgement.timeline.nodes if state.node == node and state.start_ns < end_ns]


def migration_rows(judgement: Judgement, times: RunTimes) -> list[Row]:
    """Every applied migration in order of time."""
    return [
        Row(
            (
                times.at(migration.get("start_ns")),
                words(str(migration.get("phase", NONE))),
                one_line(migration.get("revision", NONE)),
                one_line(migration.get("title", NONE)),
                seconds(migration.get("duration_s")),
            ),
            data_attributes(phase=migration.get("phase"), revision=migration.get("revision")),
        )
        for migration in judgement.migrations
    ]


def version_rows(judgement: Judgement, times: RunTimes) -> list[Row]:
    """The version tables at each step edge, with what had changed since the edge before."""
    rows = []
    before: Mapping[str, Any] | None = None
    for sample in judgement.versions:
        tables = sample.get("tables") or {}
        changed = "" if before is None else "changed" if tables != before else "as before"
        step = " ".join(words(str(part)) for part in (sample.get("phase"), sample.get("step")) if part)
        held = "; ".join(
            f"{one_line(name)}: {', '.join(map(one_line, tables[name]))}" for name in sorted(tables)
        )
        edge = {"begin": "before", "end": "after"}.get(
            str(sample.get("edge")), one_line(sample.get("edge", ""))
        )
        cells = (times.at(sample.get("mono_ns")), f"{edge} {step}".strip(), held or NONE, changed or NONE)
        rows.append(Row(cells, data_attributes(phase=sample.get("phase"), step=sample.get("step"))))
        before = tables
    return rows
