"""Whether a server ended though nobody of the run ended it, and to whom that is charged."""

from __future__ import annotations

from collections.abc import Iterator

from harness.evidence.death import ServerDied
from harness.evidence.names import Edge, Step
from harness.judge.evidence import Evidence
from harness.judge.model import Finding, Span, Verdict
from harness.judge.timeline import phase_at


def check(evidence: Evidence) -> Iterator[Finding]:
    """INCONCLUSIVE for each death that Keystone can not have done; for others FAIL once it is upgraded."""
    for died in evidence.deaths:
        if died.is_of_the_machine(evidence.manifest.nodes):
            whose, verdict = (
                "the machine did that, and nothing from then on is charged to Keystone",
                Verdict.INCONCLUSIVE,
            )
        elif died.signal is None and died.exit_code is None:
            whose, verdict = "so it is not known whose doing that was", Verdict.INCONCLUSIVE
        elif _is_upgraded(evidence, died):
            whose, verdict = "a server of Keystone ends when it is told to", Verdict.FAIL
        else:
            whose, verdict = "nothing had been upgraded by then", Verdict.INCONCLUSIVE
        yield _finding(evidence, died, whose, verdict)


def _is_upgraded(evidence: Evidence, died: ServerDied) -> bool:
    """Whether anything had been changed by then."""
    syncs = [s for s in evidence.timeline.steps if s.step == Step.DB_SYNC and s.edge != Edge.SKIP]
    return any(sync.start_ns <= _seen_ns(died) for sync in syncs)


def _finding(evidence: Evidence, died: ServerDied, whose: str, verdict: Verdict) -> Finding:
    at_ns = _seen_ns(died)
    step = _step(evidence, died)
    phase = step.phase if step else phase_at(evidence.windows, at_ns)
    where = f", in phase {phase}" if phase else ""
    where += f" at step {step.step}" if step else ""
    return Finding(
        f"{died.words}{where}, seen {evidence.seconds(at_ns)}, and nobody of this run ended it: {whose}.",
        verdict,
        phase=phase,
        step=step.step if step else None,
        node=died.server if died.server in evidence.manifest.nodes else None,
        start_ns=died.since_ns,
        end_ns=died.dead_ns,
    )


def _step(evidence: Evidence, died: ServerDied) -> Span | None:
    """The last step under way while it died: one that failed of it was over when that was seen."""
    since_ns, until_ns = died.since_ns or 0, _seen_ns(died)
    under_way = [
        step
        for step in evidence.timeline.steps
        if step.edge != Edge.SKIP and step.start_ns <= until_ns and step.end_ns >= since_ns
    ]
    return max(under_way, key=lambda step: step.start_ns, default=None)


def _seen_ns(died: ServerDied) -> int:
    """When it was seen dead; there is an instant in every death that is judged."""
    return died.dead_ns if died.dead_ns is not None else died.since_ns or 0
