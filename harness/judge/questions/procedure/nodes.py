"""Whether every node ended on the new release, and none was left behind when the schema contracted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from harness.evidence.names import Edge, Phase, Step
from harness.evidence.outcomes import NodeProven, NodesProven
from harness.judge.codes import count, nameless
from harness.judge.evidence import Evidence
from harness.judge.model import Finding, Span, Verdict
from harness.judge.questions.procedure.relapse import relapses
from harness.judge.words import counted, listed, was_were, without_header


def check(evidence: Evidence) -> Iterator[Finding]:
    """FAIL where a node is not proven on the new release, or something shows the contrary."""
    if not evidence.manifest.nodes:
        yield Finding(
            "The manifest names no node, so none is proven to serve anything.", Verdict.INCONCLUSIVE
        )
    if not evidence.upgrades:
        return
    proofs = _proofs(evidence)
    yield from _rolled(evidence, proofs)
    yield from _contract(evidence, proofs)
    yield from relapses(evidence, proofs)
    if set(proofs) >= set(evidence.manifest.nodes) and proofs:
        yield from _answers(evidence, max(proof.end_ns for proof in proofs.values()))


def _proofs(evidence: Evidence) -> dict[str, Span]:
    """The last `prove` of each node that showed the new release."""
    return {
        step.node: step
        for step in evidence.timeline.steps
        if step.step == Step.PROVE
        and step.node is not None
        and step.edge == Edge.END
        and NodeProven.of(step.detail).release_seen == evidence.manifest.to.version
    }


def _rolled(evidence: Evidence, proofs: Mapping[str, Span]) -> Iterator[Finding]:
    for step in evidence.timeline.steps:
        if step.step == Step.PROVE and step.edge == Edge.END:
            seen = NodeProven.of(step.detail).release_seen
            if seen != evidence.manifest.to.version:
                yield Finding(
                    f"{step.node} answered as release {seen or 'unknown'} when it was to be proven on "
                    f"{evidence.manifest.to.version}.",
                    Verdict.FAIL,
                    phase=step.phase,
                    step=step.step,
                    node=step.node,
                    release=seen,
                )
    if not evidence.tells_all:
        return
    for node in evidence.manifest.nodes:
        if node not in proofs:
            yield Finding(
                f"{node} was not proven on release {evidence.manifest.to.version}.",
                Verdict.FAIL,
                phase=Phase.ROLL,
                step=Step.PROVE,
                node=node,
            )


def _contract(evidence: Evidence, proofs: Mapping[str, Span]) -> Iterator[Finding]:
    """Contract drops what old code reads, so it must wait for the last node."""
    steps = [step for step in evidence.timeline.steps if step.phase == Phase.CONTRACT]
    if evidence.journal_whole:
        yield from _contract_too_early(evidence, steps, proofs)
    for step in steps:
        if step.step == Step.PROVE_NODES and step.edge == Edge.END:
            yield from _seen_before_contract(evidence, step)


def _contract_too_early(
    evidence: Evidence, steps: Sequence[Span], proofs: Mapping[str, Span]
) -> Iterator[Finding]:
    syncs = [step for step in steps if step.step == Step.DB_SYNC and step.edge != Edge.SKIP]
    for sync in syncs:
        old = [
            node
            for node in evidence.manifest.nodes
            if node not in proofs or proofs[node].end_ns > sync.start_ns
        ]
        if old:
            yield Finding(
                f"Contract began {evidence.seconds(sync.start_ns)}, before {listed(old)} "
                f"{was_were(len(old))} proven on release {evidence.manifest.to.version}.",
                Verdict.FAIL,
                phase=Phase.CONTRACT,
                step=Step.DB_SYNC,
                node=old[0] if len(old) == 1 else None,
                start_ns=sync.start_ns,
            )
    if syncs and not any(step.step == Step.PROVE_NODES and step.edge == Edge.END for step in steps):
        yield Finding(
            "Contract ran without asking every node for its release first.",
            Verdict.FAIL,
            phase=Phase.CONTRACT,
            step=Step.PROVE_NODES,
        )


def _seen_before_contract(evidence: Evidence, step: Span) -> Iterator[Finding]:
    seen = NodesProven.of(step.detail).seen
    if seen is None:
        yield Finding(
            "What each node served before contract is not journalled.",
            Verdict.INCONCLUSIVE,
            phase=step.phase,
            step=step.step,
        )
        return
    for node in evidence.manifest.nodes:
        if seen.get(node) != evidence.manifest.to.version:
            yield Finding(
                f"Before contract {node} served release {seen.get(node) or 'unknown'}, not "
                f"{evidence.manifest.to.version}.",
                Verdict.FAIL,
                phase=step.phase,
                step=step.step,
                node=node,
                release=seen.get(node),
            )


def _answers(evidence: Evidence, proven_ns: int) -> Iterator[Finding]:
    """What requests that began after the last proof say of the nodes that answered them."""
    if not evidence.changes_release:
        return
    version = evidence.manifest.to.version
    new = evidence.release_code(version)
    seen: set[str] = set()
    unnamed = 0
    for number in evidence.lanes():
        records = evidence.judged(number)
        unnamed += count((records.start_ns >= proven_ns) & nameless(records))
        after = (records.start_ns >= proven_ns) & (records.release >= 0)
        nodes = np.unique(records.node[after & (records.release == new)])
        seen.update(evidence.requests.nodes[code] for code in nodes.tolist() if code >= 0)
        yield from _others(evidence, number, after & (records.release != new))
    unseen = [node for node in evidence.manifest.nodes if node not in seen]
    if unseen:
        yield Finding(_unseen_words(unseen, version, unnamed), Verdict.INCONCLUSIVE, release=version)


def _unseen_words(unseen: Sequence[str], version: str, unnamed: int) -> str:
    after = f"{listed(unseen)} on release {version} was seen after the last node was proven"
    if not unnamed:
        return f"No answer of {after}."
    served = "it" if len(unseen) == 1 else "they"
    return (
        f"No answer that names {after}, and {without_header(unnamed, 'a node')}, so whether {served} served "
        "is not known."
    )


def _others(evidence: Evidence, number: int, stale: np.ndarray) -> Iterator[Finding]:
    """Answers by any other release, after no node should serve it."""
    records = evidence.judged(number)
    lane = evidence.requests.lanes[number].lane
    for code in np.unique(records.release[stale]).tolist():
        release = evidence.requests.releases[code]
        rows = stale & (records.release == code)
        nodes = [evidence.requests.nodes[n] for n in np.unique(records.node[rows]).tolist() if n >= 0]
        yield Finding(
            f"{counted(count(rows), 'request')} in {lane} {was_were(count(rows))} answered by "
            f"{listed(sorted(nodes)) or 'an unnamed node'} on release {release} after every node was "
            f"proven on {evidence.manifest.to.version}.",
            Verdict.FAIL,
            node=nodes[0] if len(nodes) == 1 else None,
            release=release,
            lane=lane,
            requests=count(rows),
        )
