"""What the procedure did, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.evidence.names import Phase
from harness.judge.model import Judgement, Span, Timeline, Verdict
from harness.judge.timeline import probed_states, unproven_s
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
    listed = f", of the {count(judgement.downtime.listed)} listed" if judgement.downtime.left_out else ""
    columns = (
        "Node",
        *(words(name) for name in names),
        "not proven to serve",
        f"outages{listed}",
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
    laid = judgement.downtime.of_node(node)
    cells = (
        one_line(node),
        *(took.get(name, NONE) for name in names),
        seconds(unproven_s(judgement.timeline, node)),
        count(laid.outages),
        count(laid.failed),
        _ended_on(judgement.timeline, node),
    )
    return Row(cells, data_attributes(node=node), Verdict.FAIL if laid.outages else None)


def _ended_on(timeline: Timeline, node: str) -> str:
    states = probed_states(timeline, node)
    if not states:
        return NONE
    last = states[-1]
    return one_line(f"{last.release}{'' if last.state == 'serving' else f', {words(last.state)}'}")


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
