"""Whether every step that an upgrade needs was taken, once, and came to its end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from harness.evidence.names import STEP_NEEDS, Edge, Phase, Step
from harness.evidence.outcomes import Ending
from harness.judge.evidence import Evidence
from harness.judge.model import Finding, Span, Verdict

_DRAINED = (
    Step.DRAIN, Step.WAIT_DRAINED, Step.MAINT, Step.STOP, Step.SWITCH, Step.START, Step.PROVE, Step.READY,
    Step.WAIT_UP, Step.SETTLE,
)  # fmt: skip
_UNDRAINED = (Step.STOP, Step.SWITCH, Step.START, Step.PROVE, Step.WAIT_UP, Step.SETTLE)

REQUIRED: Mapping[Phase, tuple[Step, ...]] = {
    Phase.BASELINE: (Step.OBSERVE,),
    Phase.PREFLIGHT: (Step.VERSIONS,),
    Phase.FLUSH: (Step.TOKEN_FLUSH,),
    Phase.TRUST: (Step.SET_TRUST,),
    Phase.EXPAND: (Step.DB_SYNC, Step.PROVE_SCHEMA),
    Phase.MIGRATE: (Step.DB_SYNC, Step.PROVE_SCHEMA),
    Phase.CONTRACT: (Step.PROVE_NODES, Step.DB_SYNC, Step.PROVE_SCHEMA),
    Phase.RESTORE: (Step.RESTORE_TRUST,),
    Phase.COOLDOWN: (Step.OBSERVE,),
}
"""By phase, where it was not skipped. Other steps (backup, doctor, checks, ...) may come or not: no proof of
the upgrade rests on them."""


def is_needed(phase: str) -> bool:
    """Whether a proof rests on the phase, so that a whole run must tell of it.

    Others may be missing or left out: a run of a program that did not have them yet is judged as it was.
    """
    return phase in REQUIRED or phase == Phase.ROLL


_TOLD_ELSEWHERE = frozenset(
    {
        (Phase.EXPAND, Step.DB_SYNC),
        (Phase.EXPAND, Step.PROVE_SCHEMA),
        (Phase.MIGRATE, Step.DB_SYNC),
        (Phase.MIGRATE, Step.PROVE_SCHEMA),
        (Phase.CONTRACT, Step.DB_SYNC),
        (Phase.CONTRACT, Step.PROVE_SCHEMA),
        (Phase.CONTRACT, Step.PROVE_NODES),
        (Phase.ROLL, Step.PROVE),
    }
)
"""Steps whose absence the checks of schema and nodes tell, in their own words."""

_TWICE = frozenset({Step.SETTLE, Step.OBSERVE})
"""Waits change nothing, so a second one is no matter."""


def check(evidence: Evidence) -> Iterator[Finding]:
    """FAIL, in a run that says it completed, for a step left out, taken twice, or begun and never ended."""
    if not evidence.tells_all:
        return
    for step in evidence.timeline.steps:
        if step.edge == Edge.BEGIN:
            yield _finding(f"{_name(step.phase, step.step, step.node)} was begun and never ended.", step)
    gone_through = {span.phase for span in evidence.timeline.phases if span.edge == Edge.END}
    for phase, steps in REQUIRED.items():
        if phase in gone_through:
            for name in steps:
                yield from _taken(evidence, phase, name, None)
    if evidence.upgrades and Phase.ROLL in gone_through:
        for node in evidence.manifest.nodes:
            for name in _DRAINED if evidence.drained else _UNDRAINED:
                yield from _taken(evidence, Phase.ROLL, name, node)


def _taken(evidence: Evidence, phase: Phase, name: Step, node: str | None) -> Iterator[Finding]:
    spans = [
        step
        for step in evidence.timeline.steps
        if (step.phase, step.step) == (phase, name) and (node is None or step.node == node)
    ]
    ended = [step for step in spans if step.edge == Edge.END]
    what = _name(phase, name, node)
    if len(ended) > 1 and name not in _TWICE:
        yield _finding(f"{what} was taken {len(ended)} times.", ended[-1])
    if (phase, name) in _TOLD_ELSEWHERE:
        return
    skipped = [step for step in spans if step.edge == Edge.SKIP]
    if skipped:
        yield from _skipped(evidence, name, skipped[0], what)
    elif not spans:
        yield Finding(
            f"{what} is not in the journal of a run that completed.", Verdict.FAIL, phase, name, node
        )


def _skipped(evidence: Evidence, name: Step, span: Span, what: str) -> Iterator[Finding]:
    """Only what was possible is asked; what was not is told by the limits."""
    reason = Ending.of(span.detail).reason
    needed = STEP_NEEDS.get(name)
    if needed is None or not evidence.manifest.lacks(needed):
        why = reason or "no reason is journalled"
        yield _finding(f"{what} was skipped ({why}), and this upgrade needs it.", span)
    elif not reason:
        sentence = f"{what} was skipped and no reason is journalled."
        yield replace(_finding(sentence, span), verdict=Verdict.INCONCLUSIVE)


def _name(phase: str, step: str | None, node: str | None) -> str:
    return f"Step {step} on {node} in phase {phase}" if node else f"Step {step} in phase {phase}"


def _finding(sentence: str, span: Span) -> Finding:
    return Finding(
        sentence,
        Verdict.FAIL,
        phase=span.phase,
        step=span.step,
        node=span.node,
        start_ns=span.start_ns,
        end_ns=span.end_ns,
    )
