"""What the harness was doing while requests failed, and to which node the failing is laid."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from harness.evidence.names import Edge, Step
from harness.evidence.outcomes import Drained
from harness.judge.model import Span, Timeline
from harness.judge.timeline import Window, phase_at, state_at, step_at
from harness.judge.words import listed

_DOWN = frozenset({Step.STOP, Step.SWITCH, Step.START, Step.PROVE})
"""Steps during which the node can not serve."""
_LEAVING = frozenset({Step.DRAIN, Step.WAIT_DRAINED, Step.MAINT})
_BACK = frozenset({Step.READY, Step.WAIT_UP, Step.SETTLE})


@dataclass(frozen=True, slots=True)
class Flight:
    """The time in which failed requests were under way."""

    start_ns: int
    """Intended time of the first."""
    end_ns: int
    """When the last of them ended."""


@dataclass(frozen=True, slots=True)
class Cause:
    """To what an outage is laid; not the same as which node answered."""

    phase: str | None
    step: str | None
    node: str | None
    release: str | None
    """What that node served, or was to serve, when the outage began."""
    sentence: str


def attribute(
    timeline: Timeline,
    phases: Sequence[Window],
    flight: Flight,
    answered_by: Sequence[tuple[str, str | None]],
    *,
    meant_for: Collection[str] = (),
    drained: bool,
    all_answered: bool = False,
) -> Cause:
    """Lay an outage to the step that disturbed the service while its requests were under way.

    A node that could not serve (stopped, switched, started, proven) goes first: the one that was so when the
    outage began, else the first that became so while its requests were under way. Then any other step on a
    node. Neither, where other nodes answered every request: a node that is off answers nothing. Where no node
    was touched, an outage whose every answer came from one node is laid to that node, and
    so is one where the balancer names no other to which it could not pass a request.

    Args:
        timeline: the procedure.
        phases: the probed time.
        flight: when the failed requests were under way.
        answered_by: node and release of each answer among them, repeats left out.
        meant_for: nodes to which the balancer could not pass them; an empty name where it says nothing.
        drained: whether nodes were taken out of the balancer first.
        all_answered: every one of the failed requests was answered by a node, which is named.
    """
    touching = _touching(timeline, flight)
    step = _disturbing(touching)
    answering = {node for node, _ in answered_by}
    if step and all_answered and answering and answering.isdisjoint(s.node for s in touching):
        return _caused_by_answering(phases, flight, answered_by, step)
    if step is not None and step.node is not None:
        return _caused_by_node(timeline, step, step.node, flight, "drained" if drained else "undrained")
    phase = phase_at(phases, flight.start_ns)
    under_way = step_at(timeline, flight.start_ns)
    doing = _doing(phase, under_way)
    name = under_way.step if under_way else None
    if len({node for node, _ in answered_by}) == 1:
        node, release = answered_by[0]
        served = f", which served release {release}" if release else ""
        return Cause(phase, name, node, release, f"{doing}, and every answer came from {node}{served}")
    named = {meant for meant in meant_for if meant}
    if not answered_by and len(named) == 1:
        (meant,) = named
        state = state_at(timeline, meant, flight.start_ns)
        those = "any of them" if len(meant_for) == 1 else "those that it tells of"
        sentence = f"{doing}, and the balancer could not pass {those} to {meant}"
        return Cause(phase, name, meant, state.release if state else None, sentence)
    return Cause(phase, name, None, None, doing)


def _caused_by_answering(
    phases: Sequence[Window], flight: Flight, answered_by: Sequence[tuple[str, str | None]], step: Span
) -> Cause:
    """To those that answered, where a node that was off can have had no part in it; the work on that one is
    named beside it.
    """
    nodes = list(dict.fromkeys(node for node, _ in answered_by))
    releases = list(dict.fromkeys(release for _, release in answered_by if release))
    on_release = f" on release {listed(releases)}" if releases else ""
    sentence = (
        f"every one of these requests was answered by {listed(nodes)}{on_release}, while the harness was at "
        f"step {step.step} on {step.node} ({step.phase})"
    )
    node = nodes[0] if len(nodes) == 1 else None
    release = releases[0] if len(releases) == 1 else None
    return Cause(phase_at(phases, flight.start_ns) or step.phase, step.step, node, release, sentence)


def _touching(timeline: Timeline, flight: Flight) -> list[Span]:
    """Steps on a node that were under way while the requests were."""
    return [
        step
        for step in timeline.steps
        if step.node is not None
        and step.edge != Edge.SKIP
        and step.start_ns <= flight.end_ns
        and step.end_ns > flight.start_ns
    ]


def _disturbing(touching: Sequence[Span]) -> Span | None:
    down = [step for step in touching if step.step in _DOWN]
    return min(down or touching, key=lambda step: step.start_ns, default=None)


def _caused_by_node(timeline: Timeline, step: Span, node: str, flight: Flight, how: str) -> Cause:
    state = state_at(timeline, node, flight.start_ns)
    release = state.release if state else None
    where = f"({step.phase}, {how})"
    if step.step == Step.STOP:
        before = state_at(timeline, node, step.start_ns - 1)
        served = before.release if before else "unknown"
        left = _sessions_left(timeline, node, step)
        sentence = f"{node} was stopped {where} while it served release {served}{left}"
        return Cause(step.phase, step.step, node, served, sentence)
    after = state_at(timeline, node, step.end_ns)
    if step.step in _DOWN:
        sentence = (
            f"{node} was down for its change to release {after.release if after else 'unknown'} {where}"
        )
    elif step.step in _LEAVING:
        sentence = f"{node} was being drained {where} while it served release {release}"
    elif step.step in _BACK:
        sentence = f"{node} had just come back on release {release} {where}"
    else:
        sentence = f"the harness was at step {step.step} on {node} {where}"
    return Cause(step.phase, step.step, node, release, sentence)


def _sessions_left(timeline: Timeline, node: str, stop: Span) -> str:
    """Say so where the drain ended at its deadline with sessions still open."""
    for step in timeline.steps:
        if step.step == Step.WAIT_DRAINED and step.node == node and step.end_ns <= stop.start_ns:
            left = Drained.of(step.detail).sessions_left
            if left:
                return f", with {left} sessions left when its drain ended"
    return ""


def _doing(phase: str | None, step: Span | None) -> str:
    if step is None:
        return f"no step was under way in phase {phase}" if phase else "no phase was under way"
    if step.step == Step.DB_SYNC:
        return f"keystone-manage db_sync --{step.phase} was running"
    if step.step == Step.OBSERVE:
        return f"nothing was being changed ({step.phase})"
    return f"no node was being touched ({step.phase}, {step.step})"
