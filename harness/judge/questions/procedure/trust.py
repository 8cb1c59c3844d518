"""Whether the database server's trust flag was put back as it was found."""

from __future__ import annotations

from collections.abc import Iterator

from harness.evidence.names import Edge, Step
from harness.evidence.outcomes import TrustRestored, TrustSet
from harness.judge.evidence import Evidence
from harness.judge.model import Finding, Span, Verdict

_FLAG = "log_bin_trust_function_creators"


def check(evidence: Evidence) -> Iterator[Finding]:
    """FAIL where the flag reads otherwise than before; INCONCLUSIVE where a dead harness left that open."""
    sets = [
        step for step in evidence.timeline.steps if step.step == Step.SET_TRUST and step.edge != Edge.SKIP
    ]
    if not sets:
        return
    restores = [
        step for step in evidence.timeline.steps if step.step == Step.RESTORE_TRUST and step.edge == Edge.END
    ]
    before = TrustSet.of(sets[0].detail).before
    seen = TrustRestored.of(restores[-1].detail).seen if restores else None
    if not restores:
        yield _not_restored(evidence, sets[0], before)
    elif before is None or seen is None:
        yield _finding(
            f"The value of {_FLAG} before or after is not journalled.", Verdict.INCONCLUSIVE, restores[-1]
        )
    elif seen is not before:
        yield _finding(
            f"{_FLAG} was {before:d} before the upgrade and reads {seen:d} after it.",
            Verdict.FAIL,
            restores[-1],
        )


def _not_restored(evidence: Evidence, step: Span, before: bool | None) -> Finding:
    was = "an unknown value" if before is None else f"{before:d}"
    return _finding(
        f"{_FLAG} was set for the upgrade and not put back to {was}.",
        Verdict.FAIL if evidence.tells_all else Verdict.INCONCLUSIVE,
        step,
    )


def _finding(sentence: str, verdict: Verdict, step: Span) -> Finding:
    return Finding(sentence, verdict, phase=step.phase, step=step.step)
