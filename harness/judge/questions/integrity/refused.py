"""Writes that were carried out although their answer said refused."""

from __future__ import annotations

from collections.abc import Iterator

from harness.evidence.ledger import Write
from harness.judge.evidence import Evidence
from harness.judge.expected import is_deletion
from harness.judge.measures.resolutions import Fate, resolutions
from harness.judge.measures.writes import last
from harness.judge.model import Finding, Verdict
from harness.judge.questions.integrity.wording import FINDINGS_MAX, KINDS, VERBS
from harness.judge.timeline import phase_at, step_at
from harness.judge.words import counted, was_were


def told(evidence: Evidence) -> Iterator[Finding]:
    """PASS for each: nothing is lost; that somebody was refused is for `availability` to say."""
    read_back = last(evidence.ledger)
    found = [
        each.write
        for each in (resolutions(read_back) if read_back else ())
        if each.fate is Fate.CARRIED_OUT and each.write.was_refused
    ]
    for write in found[:FINDINGS_MAX]:
        yield _finding(evidence, write)
    more = len(found) - FINDINGS_MAX
    if more > 0:
        yield Finding(
            f"Besides these {FINDINGS_MAX}, {counted(more, 'more write')} {was_were(more)} carried out "
            "although the answer said refused.",
            Verdict.PASS,
            requests=more,
        )


def _finding(evidence: Evidence, write: Write) -> Finding:
    at_ns = write.completed_ns or write.invoked_ns
    phase, step = phase_at(evidence.windows, at_ns), step_at(evidence.timeline, at_ns)
    kind = KINDS[write.kind].removeprefix("The ").lower()
    during = f"phase {phase}, " if phase else ""
    # Nobody can tell a deletion that was sent twice from one of what was gone already.
    gone = ", or somebody else had taken it away before" if is_deletion(write, write.kind) else ""
    return Finding(
        f"The {VERBS[write.op]} of {kind} {write.name} ({during}request {write.request_id}) was carried out"
        f"{gone}; the answer said refused ({write.error}).",
        Verdict.PASS,
        phase=phase,
        step=step.step if step else None,
        node=write.node,
        release=write.release,
        lane=write.lane,
        error=write.error,
        start_ns=at_ns,
        requests=1,
    )
