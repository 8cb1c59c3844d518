"""The procedure on the run's clock: phases, steps and the life of each node, from the journal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from harness.evidence.journal import Event
from harness.evidence.names import PROBED_PHASES, Edge, Phase, Step
from harness.evidence.outcomes import DatabaseSynced, Ending, Migration, Switched
from harness.judge.model import NodeState, Span, Timeline
from harness.judge.observations import AppliedMigration
from harness.printable import plain

_CLOSING = frozenset({Edge.END, Edge.FAIL, Edge.SKIP})
_PROBED = frozenset(PROBED_PHASES)
_NUMBERED = re.compile(r"\d+ -> \d+")
"""Titles of sqlalchemy-migrate, which logs the end of each migration."""


@dataclass(frozen=True, slots=True)
class Window:
    """The stretch of time whose requests are charged to one phase."""

    phase: str
    start_ns: int
    end_ns: int
    """Exclusive."""


def build_timeline(
    events: Sequence[Event], nodes: Sequence[str], from_version: str, to_version: str, evidence_end_ns: int
) -> Timeline:
    """The timeline of a journal, also of one that breaks off.

    Args:
        events: the journal, by `seq`.
        nodes: names of the nodes, in the order in which they are rolled.
        from_version: release that every node serves at first.
        to_version: release that a node serves once its `start` has begun after its `switch`.
        evidence_end_ns: when the last request ended; what was under way when the journal broke off lasts
            until then, because nothing says that it ended sooner.
    """
    start_ns = min((event.mono_ns for event in events), default=evidence_end_ns)
    end_ns = max([evidence_end_ns, *(event.mono_ns for event in events)])
    spans = tuple(_spans(events, end_ns))
    steps = tuple(span for span in spans if span.step is not None)
    states = tuple(
        state
        for node in nodes
        for state in _states(node, _of_node(steps, node), from_version, to_version, start_ns, end_ns)
    )
    return Timeline(start_ns, end_ns, tuple(s for s in spans if s.step is None), steps, states)


def windows(timeline: Timeline) -> tuple[Window, ...]:
    """Probed phases that were not skipped, by time, without gaps between them.

    A moment between two phases belongs to the earlier one; a skipped phase takes no time, so it has none.
    """
    spans = sorted(
        (span for span in timeline.phases if span.phase in _PROBED and span.edge != Edge.SKIP),
        key=lambda span: span.start_ns,
    )
    ends = [later.start_ns for later in spans[1:]] + [span.end_ns for span in spans[-1:]]
    return tuple(Window(span.phase, span.start_ns, end) for span, end in zip(spans, ends, strict=True))


def phase_at(phases: Iterable[Window], instant_ns: int) -> str | None:
    """The phase that owns an instant; None outside the probed time."""
    return next((w.phase for w in phases if w.start_ns <= instant_ns < w.end_ns), None)


def step_at(timeline: Timeline, instant_ns: int) -> Span | None:
    """The step under way at an instant, the last begun where there are several."""
    under_way = [
        step
        for step in timeline.steps
        if step.start_ns <= instant_ns < step.end_ns and step.edge != Edge.SKIP
    ]
    return max(under_way, key=lambda step: step.start_ns, default=None)


def applied_migrations(timeline: Timeline) -> tuple[AppliedMigration, ...]:
    """Migrations as `db_sync` steps journalled them, by time."""
    rows = [
        AppliedMigration(
            step.phase,
            row.revision,
            None if row.title is None else plain(row.title),
            row.started_ns,
            row.duration_s,
            at_most=row.duration_s is not None and _ends_with_command(row, rows[number + 1 :]),
        )
        for step in timeline.steps
        for rows in [DatabaseSynced.of(step.detail).migrations or ()]
        for number, row in enumerate(rows)
    ]
    return tuple(sorted(rows, key=lambda row: row.start_ns or 0))


def _ends_with_command(row: Migration, later: Sequence[Migration]) -> bool:
    """Whether nothing was logged after it; an earlier program did not note that, and alembic logs no end."""
    if row.to_end is not None:
        return row.to_end
    return not later and _NUMBERED.fullmatch(row.title or "") is None


def overhead(timeline: Timeline, events: Sequence[Event]) -> dict[str, float]:
    """How much the harness itself adds to the commands and waits of the procedure.

    `wall_s` from the first to the last event of the probed phases, `busy_s` the sum of their steps' commands
    and waits, `overhead_percent` = (wall - busy) / busy * 100; that one is missing where no step was busy.
    Set-up and teardown are left out: their steps are waits as a whole, and would flatter the figure.
    """
    instants = [event.mono_ns for event in events if event.phase in PROBED_PHASES]
    wall_s = (max(instants, default=0) - min(instants, default=0)) / 1e9
    told = (Ending.of(step.detail).busy_s for step in timeline.steps if step.phase in PROBED_PHASES)
    busy_s = float(sum(seconds for seconds in told if seconds is not None))
    figures = {"wall_s": wall_s, "busy_s": busy_s}
    if busy_s > 0:
        figures["overhead_percent"] = (wall_s - busy_s) / busy_s * 100
    return figures


def _spans(events: Sequence[Event], end_ns: int) -> Iterator[Span]:
    """Spans in the order in which they began."""
    spans: list[Span] = []
    open_at: dict[tuple[str, str | None, str | None], int] = {}
    for event in events:
        key = (event.phase, event.step, event.node)
        if event.edge == Edge.BEGIN:
            open_at[key] = len(spans)
            spans.append(
                Span(event.phase, event.step, event.node, event.mono_ns, end_ns, Edge.BEGIN, event.detail)
            )
        elif event.edge in _CLOSING:
            at = open_at.pop(key, None)
            if at is None:  # a skip has no begin
                spans.append(Span(*key, event.mono_ns, event.mono_ns, event.edge, event.detail))
            else:
                spans[at] = _closed(spans[at], event, event.edge)
        elif event.edge == Edge.NOTE and Ending.of(event.detail).reason and key in open_at:
            # The harness broke off here: the step neither ended nor failed, but it goes on no longer.
            at = open_at.pop(key)
            spans[at] = _closed(spans[at], event, Edge.BEGIN)
    yield from spans


def _closed(span: Span, event: Event, edge: str) -> Span:
    return replace(span, end_ns=event.mono_ns, edge=edge, detail={**span.detail, **event.detail})


def _of_node(steps: Sequence[Span], node: str) -> list[Span]:
    return [step for step in steps if step.node == node and step.edge != Edge.SKIP]


def _states(
    node: str, steps: Sequence[Span], from_version: str, to_version: str, start_ns: int, end_ns: int
) -> Iterator[NodeState]:
    """A node's life; states of no length are left out."""
    state, release, since_ns = "serving", from_version, start_ns
    for instant_ns, next_state, next_release in _changes(steps, to_version):
        if instant_ns > since_ns:
            yield NodeState(node, state, release, since_ns, instant_ns)
        state, release, since_ns = next_state, next_release or release, instant_ns
    if end_ns > since_ns:
        yield NodeState(node, state, release, since_ns, end_ns)


def _changes(steps: Sequence[Span], to_version: str) -> Iterator[tuple[int, str, str | None]]:
    """Instant, state from then on, and the release from then on where it changes."""
    drained = any(step.step == Step.DRAIN for step in steps)
    serving_after = Step.WAIT_UP if drained else Step.PROVE
    switched: str | None = None
    for step in steps:
        ended = step.edge == Edge.END
        if step.step == Step.DRAIN:
            yield step.start_ns, "draining", None
        elif step.step == Step.MAINT and ended:
            yield step.end_ns, "out", None
        elif step.step == Step.STOP:
            # From the signal on: a server told to end may break any request it still has.
            yield step.start_ns, "stopped", None
        elif step.step == Step.SWITCH and ended:
            switched = Switched.of(step.detail).release or to_version
        elif step.step == Step.START:
            yield step.start_ns, "starting", switched
        elif step.step == serving_after and ended:
            yield step.end_ns, "serving", None


def state_at(timeline: Timeline, node: str, instant_ns: int) -> NodeState | None:
    """What a node was at an instant; its first or last state outside the timeline."""
    states = [state for state in timeline.nodes if state.node == node]
    for state in states:
        if instant_ns < state.end_ns:
            return state
    return states[-1] if states else None


def probed_states(timeline: Timeline, node: str) -> list[NodeState]:
    """A node's life up to the end of the probed phases, by time: that it stops in teardown is no news."""
    ends = [span.end_ns for span in timeline.phases if probed(span.phase)]
    end_ns = max(ends, default=timeline.end_ns)
    mine = [state for state in timeline.nodes if state.node == node and state.start_ns < end_ns]
    return sorted(mine, key=lambda state: state.end_ns)


def unproven_s(timeline: Timeline, node: str) -> float:
    """How long a node was not proven to serve. Undrained, it may answer as soon as it starts, before that."""
    away = (state for state in probed_states(timeline, node) if state.state != "serving")
    return sum(state.end_ns - state.start_ns for state in away) / 1e9


def probed(phase: str) -> bool:
    """Whether the probes run in a phase."""
    return phase in _PROBED


def in_order(phases: Sequence[str]) -> bool:
    """Whether phases come in the order of the procedure."""
    order = [str(phase) for phase in Phase]
    places = [order.index(phase) for phase in phases if phase in order]
    return places == sorted(places)
