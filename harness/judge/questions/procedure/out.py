"""Whether a node that was out of the balancer stayed out until it was given back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.evidence.names import Step
from harness.judge.case import Case
from harness.judge.evidence import Evidence
from harness.judge.model import Finding, Verdict
from harness.judge.observations import NodeOut
from harness.judge.words import counted, listed, was_were


def check(case: Case) -> Iterator[Finding]:
    """FAIL for each time that a node was to be left alone and was not: it was drained in name only."""
    for out in case.nodes_out:
        if out.first_ns is not None:
            yield _finding(case.evidence, out)


def _finding(evidence: Evidence, out: NodeOut) -> Finding:
    since, until = (f"{(at - evidence.timeline.start_ns) / 1e9:.2f}" for at in (out.start_ns, out.end_ns))
    return Finding(
        f"{out.node} was out of the balancer from {since} to {until} s into the run ({out.phase}) and did "
        f"not stay out: {'; '.join(_how(evidence, out))}.",
        Verdict.FAIL,
        phase=out.phase,
        step=Step.MAINT,
        node=out.node,
        start_ns=out.first_ns,
        end_ns=out.end_ns,
        requests=sum(out.answered.values()) + sum(out.meant.values()) or None,
    )


def _how(evidence: Evidence, out: NodeOut) -> Iterator[str]:
    balancer = [
        f"had it as {out.seen[1]} {evidence.seconds(out.seen[0])}" if out.seen else "",
        f"gave it {counted(out.given, 'request')} meanwhile" if out.given else "",
    ]
    if any(balancer):
        yield f"the balancer {' and '.join(part for part in balancer if part)}"
    if out.answered:
        total = sum(out.answered.values())
        yield (
            f"it answered {counted(total, 'request')} that {was_were(total)} sent meanwhile, in "
            f"{listed(out.answered)}"
        )
    if out.meant:
        number = _requests(out.meant)
        yield f"the balancer answered {number} itself that it had meant for it, in {listed(out.meant)}"
    others = out.logged - sum(out.answered.values()) - sum(out.meant.values())
    if others > 0:
        yield f"the balancer's log has {counted(others, 'other request')} given to it that came meanwhile"


def _requests(lanes: Mapping[str, int]) -> str:
    return counted(sum(lanes.values()), "request")
