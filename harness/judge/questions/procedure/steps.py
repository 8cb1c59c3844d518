"""Whether a step failed, and to whom that is charged."""

from __future__ import annotations

from collections.abc import Iterator

from harness.evidence.names import Edge, Phase, Step
from harness.evidence.outcomes import DatabaseSynced, Ending
from harness.evidence.program_error import last_error
from harness.judge.case import Case
from harness.judge.model import Finding, Span, Verdict
from harness.judge.words import REFUSED

_HARNESS_PHASES = frozenset({Phase.SETUP, Phase.BASELINE, Phase.COOLDOWN, Phase.TEARDOWN})
"""Nothing is upgraded in these: what fails there is the harness's or the machine's doing."""
_WAITING_STEPS = frozenset(
    {Step.DRAIN, Step.WAIT_DRAINED, Step.MAINT, Step.STOP, Step.START, Step.PROVE, Step.READY, Step.WAIT_UP}
    | {Step.PROVE_NODES}
)
"""Steps that fail by a deadline, which an overloaded machine may miss whatever is upgraded."""


def check(case: Case) -> Iterator[Finding]:
    """A finding per failed step, and per failed phase without one."""
    failed = [step for step in case.evidence.timeline.steps if step.edge == Edge.FAIL]
    told = {step.phase for step in failed}
    failed += [
        phase
        for phase in case.evidence.timeline.phases
        if phase.edge == Edge.FAIL and phase.phase not in told
    ]
    for span in failed:
        yield _finding(case, span)


def _finding(case: Case, span: Span) -> Finding:
    what = f"Step {span.step}" if span.step else "The phase"
    node = f" on {span.node}" if span.node else ""
    where = f" in phase {span.phase}" if span.step else f" {span.phase}"
    refused = Ending.of(span.detail).refused is not None
    what = f"{REFUSED}{what[0].lower()}{what[1:]}" if refused else what
    excuse = _excuse(case, span)
    because = f" ({excuse})" if excuse else ""
    return Finding(
        f"{what}{node}{where} failed after {(span.end_ns - span.start_ns) / 1e9:.1f} s: "
        f"{_reason(span)}{because}.",
        Verdict.INCONCLUSIVE if excuse else Verdict.FAIL,
        phase=span.phase,
        step=span.step,
        node=span.node,
        start_ns=span.start_ns,
        end_ns=span.end_ns,
    )


def _reason(span: Span) -> str:
    """What the driver says, and the program's own error where an earlier driver did not quote it."""
    reason = (Ending.of(span.detail).reason or "no reason is journalled").rstrip(".")
    quote = last_error(DatabaseSynced.of(span.detail).log_errors or ())
    return reason if quote is None or quote in reason else f"{reason}; its log says: {quote}"


def _excuse(case: Case, span: Span) -> str | None:
    """Why a failed step is not charged to the upgrade, or None where it is."""
    if span.phase in _HARNESS_PHASES and Ending.of(span.detail).refused is None:
        return "nothing is upgraded in this phase, so the upgrade is not charged"
    died = case.evidence.machine_died
    if died is not None and case.evidence.is_after_death(span.end_ns):
        return f"{died.words}, so the upgrade is not charged"
    if span.step in _WAITING_STEPS and case.saturation.throughout:
        return "the machine had no room for the load, so the upgrade is not charged"
    return None
