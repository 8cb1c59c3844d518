"""Whether every phase of the procedure was gone through, in order."""

from __future__ import annotations

from collections.abc import Iterator

from harness.evidence.names import PROBED_PHASES, Edge, Phase
from harness.evidence.outcomes import Ending
from harness.judge.evidence import Evidence
from harness.judge.model import Finding, Span, Verdict
from harness.judge.questions.procedure.required import is_needed
from harness.judge.timeline import in_order, probed

_SOMETIMES_NOTHING = frozenset({Phase.FLUSH, Phase.TRUST, Phase.MIGRATE, Phase.RESTORE})
"""Phases with nothing to do in some release pairs or databases; a skip says why."""
_ALWAYS = frozenset({Phase.BASELINE, Phase.COOLDOWN})


def check(evidence: Evidence) -> Iterator[Finding]:
    """FAIL for a phase left out or out of order in a run that says it completed."""
    spans = evidence.timeline.phases
    for phase in PROBED_PHASES:
        of_phase = [span for span in spans if span.phase == phase]
        if not of_phase and evidence.tells_all and is_needed(phase):
            yield _finding(f"The phase {phase} is not in the journal of a run that completed.", phase)
        if len(of_phase) > 1:
            yield _finding(f"The phase {phase} was begun {len(of_phase)} times.", phase)
        for span in of_phase:
            yield from _judge(evidence, span)
    begun = [span.phase for span in sorted(spans, key=lambda s: s.start_ns) if probed(span.phase)]
    if not in_order(begun):
        yield _finding(f"The phases were not taken in order: {', '.join(begun)}.", None)


def _judge(evidence: Evidence, span: Span) -> Iterator[Finding]:
    if span.edge == Edge.SKIP:
        yield from _skipped(evidence, span)
    elif span.edge == Edge.BEGIN and evidence.tells_all:
        yield _finding(f"The phase {span.phase} was begun and never ended.", span.phase)


def _skipped(evidence: Evidence, span: Span) -> Iterator[Finding]:
    reason = Ending.of(span.detail).reason
    if not _may_be_skipped(evidence, span.phase):
        yield _finding(
            f"The phase {span.phase} was skipped ({reason or 'no reason is journalled'}), and this upgrade "
            "needs it.",
            span.phase,
        )
    elif not reason:
        yield Finding(
            f"The phase {span.phase} was skipped and no reason is journalled.",
            Verdict.INCONCLUSIVE,
            phase=span.phase,
        )


def _may_be_skipped(evidence: Evidence, phase: str) -> bool:
    if phase in _ALWAYS:
        return False
    return phase in _SOMETIMES_NOTHING or not (evidence.upgrades and is_needed(phase))


def _finding(sentence: str, phase: str | None) -> Finding:
    return Finding(sentence, Verdict.FAIL, phase=phase)
