"""Whether the run came to its end, and what is known of the deployment where it did not."""

from __future__ import annotations

from collections.abc import Iterator

from harness.evidence.names import Edge, RunOutcome, Step
from harness.evidence.outcomes import Ending
from harness.judge.evidence import Evidence
from harness.judge.model import Finding, Span, Verdict
from harness.judge.timeline import state_at

_LIVES = {
    "serving": "serving release {}",
    "draining": "being drained, on release {}",
    "out": "out of the balancer, on release {}",
    "stopped": "stopped, last on release {}",
    "starting": "starting on release {}",
}


def check(evidence: Evidence) -> Iterator[Finding]:
    """INCONCLUSIVE for every run that did not complete; what failed in it is told by its steps."""
    if evidence.completed:
        return
    died = _last_under_way(evidence)
    yield Finding(
        f"{_how(evidence)}{_where(died)}{_when(evidence)}{_why(died)}; {known_state(evidence)}.",
        Verdict.INCONCLUSIVE,
        phase=died.phase if died else None,
        step=died.step if died else None,
        node=died.node if died else None,
    )


def _how(evidence: Evidence) -> str:
    outcome = evidence.manifest.outcome
    if outcome is RunOutcome.ABORTED:
        return "The run was aborted"
    if outcome is None and evidence.running:
        return "The run is still going on"
    return "The harness died"


def _where(span: Span | None) -> str:
    if span is None:
        return " before any phase"
    step = f", at step {span.step}" if span.step else ""
    node = f" on {span.node}" if span.node else ""
    return f" in phase {span.phase}{step}{node}"


def _when(evidence: Evidence) -> str:
    events = evidence.journal.events
    if not events:
        return ""
    return f", last heard of {evidence.seconds(max(event.mono_ns for event in events))}"


def _why(span: Span | None) -> str:
    """The reason where the harness could still give one; a failed step's is told with that step."""
    reason = Ending.of(span.detail).reason if span and span.edge == Edge.BEGIN else None
    return f" ({reason.rstrip('.')})" if reason else ""


def _last_under_way(evidence: Evidence) -> Span | None:
    """The step that broke off or failed, else the phase that did, else the last begun."""
    timeline = evidence.timeline
    for spans in (timeline.steps, timeline.phases):
        cut = [span for span in spans if span.edge in (Edge.BEGIN, Edge.FAIL)]
        if cut:
            return cut[-1]
    return timeline.phases[-1] if timeline.phases else None


def known_state(evidence: Evidence) -> str:
    """What the last evidence says of the schema and of each node."""
    proofs = [
        step
        for step in evidence.timeline.steps
        if step.step in (Step.PROVE_SCHEMA, Step.VERSIONS) and step.edge == Edge.END
    ]
    schema = f"the schema was last proven in phase {proofs[-1].phase}" if proofs else "no schema was proven"
    nodes = (
        f"{node} was {_LIVES[state.state].format(state.release)}"
        for node in evidence.manifest.nodes
        if (state := state_at(evidence.timeline, node, evidence.timeline.end_ns)) is not None
    )
    return ", ".join([schema, *nodes])
