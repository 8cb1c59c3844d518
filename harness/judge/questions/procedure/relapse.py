"""Whether a node that had been proven on the new release answered on another one, before all were proven."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from harness.judge.codes import NO_SUCH_WORD, count
from harness.judge.evidence import Evidence
from harness.judge.model import Finding, Span, Verdict
from harness.judge.words import counted, was_were


def relapses(evidence: Evidence, proofs: Mapping[str, Span]) -> Iterator[Finding]:
    """FAIL for each lane, node and release: the proof was of something that did not last.

    Answers after the last proof are left to the check of all nodes; requests that left before the node's own
    proof may have met its old server.

    Args:
        evidence: the run.
        proofs: node -> its last step that showed the new release.
    """
    if not evidence.changes_release or not proofs:
        return
    everything = set(proofs) >= set(evidence.manifest.nodes)
    until_ns = max(proof.end_ns for proof in proofs.values()) if everything else evidence.judged_end_ns
    for number in evidence.lanes():
        for node, proof in sorted(proofs.items()):
            yield from _of(evidence, number, node, proof.end_ns, until_ns)


def _of(evidence: Evidence, number: int, node: str, from_ns: int, until_ns: int) -> Iterator[Finding]:
    version = evidence.manifest.to.version
    lane, records = evidence.requests.lanes[number].lane, evidence.judged(number)
    named = evidence.requests.nodes.index(node) if node in evidence.requests.nodes else NO_SUCH_WORD
    rows = (records.node == named) & (records.start_ns >= from_ns) & (records.start_ns < until_ns)
    rows &= (records.release >= 0) & (records.release != evidence.release_code(version))
    for code in np.unique(records.release[rows]).tolist():
        requests = count(rows & (records.release == code))
        release = evidence.requests.releases[code]
        yield Finding(
            f"{counted(requests, 'request')} in {lane} {was_were(requests)} answered by {node} on release "
            f"{release} after it had been proven on {version}.",
            Verdict.FAIL,
            node=node,
            release=release,
            lane=lane,
            requests=requests,
        )
