"""What the procedure did, step by step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from harness.evidence.names import Phase
from harness.evidence.outcomes import Advice, CommandRun, DatabaseCheck, DatabaseSynced, Ending
from harness.judge.model import Judgement, Span, Timeline, Verdict
from harness.judge.observations import AppliedMigration, TablesRead
from harness.judge.timeline import probed_states, unproven_s
from harness.report.text import NONE, RunTimes, count, one_line, seconds, shortened, words
from harness.report.views.rows import Row, data_attributes

_EDGES: Mapping[str, str] = {"end": "done", "fail": "FAILED", "skip": "skipped", "begin": "not ended"}


def step_rows(judgement: Judgement, times: RunTimes) -> list[Row]:
    """Every step in order of time."""
    return [_step_row(span, times) for span in judgement.timeline.steps]


def _step_row(span: Span, times: RunTimes) -> Row:
    cells = (
        times.at(span.start_ns),
        words(span.phase),
        words(span.step or NONE),
        one_line(span.node or NONE),
        seconds((span.end_ns - span.start_ns) / 1e9),
        _EDGES.get(span.edge, one_line(span.edge)),
        NONE if (exit_code := CommandRun.of(span.detail).exit_code) is None else str(exit_code),
        shortened(" \N{MIDDLE DOT} ".join(_told(span)) or NONE, 400),
    )
    verdict = {"fail": Verdict.FAIL, "begin": Verdict.INCONCLUSIVE}.get(span.edge)
    return Row(
        cells, data_attributes(phase=span.phase, step=span.step, node=span.node, edge=span.edge), verdict
    )


def _told(span: Span) -> Iterator[str]:
    """What the step's end tells beside its exit code: its command first."""
    command = CommandRun.of(span.detail).command
    if command:
        yield " ".join(map(one_line, command))
    check, log_errors = DatabaseCheck.of(span.detail), DatabaseSynced.of(span.detail).log_errors
    yield from (one_line(text) for text in (Ending.of(span.detail).reason, check.answer) if text)
    if check.trusted is False:
        yield "this release says so whatever is due"
    yield from (f"log: {one_line(line)}" for line in log_errors or ())
    if check.advisory or Advice.of(span.detail).advisory:
        yield "advisory"


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
        f"disruptions{listed}",
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
    downtime = judgement.downtime.of_node(node)
    cells = (
        one_line(node),
        *(took.get(name, NONE) for name in names),
        seconds(unproven_s(judgement.timeline, node)),
        count(downtime.outages),
        count(downtime.failed),
        _ended_on(judgement.timeline, node),
    )
    return Row(cells, data_attributes(node=node), Verdict.FAIL if downtime.outages else None)


def _ended_on(timeline: Timeline, node: str) -> str:
    states = probed_states(timeline, node)
    if not states:
        return NONE
    last = states[-1]
    return one_line(f"{last.release}{'' if last.state == 'serving' else f', {words(last.state)}'}")


def migration_rows(judgement: Judgement, times: RunTimes) -> list[Row]:
    """Every applied migration in order of time."""
    return [_migration_row(migration, times) for migration in judgement.migrations]


def _migration_row(migration: AppliedMigration, times: RunTimes) -> Row:
    cells = (
        times.at(migration.start_ns),
        words(migration.phase),
        one_line(migration.revision or NONE),
        one_line(migration.title or NONE),
        f"{'at most ' if migration.at_most else ''}{seconds(migration.duration_s)}",
    )
    return Row(cells, data_attributes(phase=migration.phase, revision=migration.revision))


def version_rows(judgement: Judgement, times: RunTimes) -> list[Row]:
    """The version tables at each step edge, with what had changed since the edge before."""
    befores = (None, *judgement.versions)
    return [
        _version_row(now, before, times) for now, before in zip(judgement.versions, befores, strict=False)
    ]


def _version_row(now: TablesRead, before: TablesRead | None, times: RunTimes) -> Row:
    changed = NONE if before is None else "changed" if now.tables != before.tables else "as before"
    step = " ".join(words(part) for part in (now.phase, now.step) if part)
    edge = {"begin": "before", "end": "after"}.get(now.edge or "", one_line(now.edge or ""))
    held = "; ".join(
        f"{one_line(name)}: {', '.join(map(one_line, rows))}" for name, rows in sorted(now.tables.items())
    )
    cells = (times.at(now.mono_ns), f"{edge} {step}".strip(), held or NONE, changed)
    return Row(cells, data_attributes(phase=now.phase, step=now.step))
