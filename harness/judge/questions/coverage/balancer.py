"""Whether the balancer's counters are there to contradict the probes."""

from __future__ import annotations

from collections.abc import Iterator

from harness.evidence.names import Ability
from harness.judge.case import Case
from harness.judge.evidence import Evidence
from harness.judge.questions.coverage.gap import Gap
from harness.judge.words import counted

_FILE = "balancer.jsonl"
_UNWATCHED_S = 3.0
"""The balancer is asked once a second; a node that was out for less than three of those may be missed."""
_UNKNOWN = "what the balancer counted is not known"


def check(evidence: Evidence) -> Iterator[Gap]:
    """In a run that completed; one that was killed has told that it is not whole."""
    read = evidence.balancer
    if not evidence.completed or evidence.manifest.lacks(Ability.BALANCER_COUNTERS):
        return
    if not read.exists:
        yield Gap(f"{_FILE} is missing: {_UNKNOWN}.")
    elif read.damaged:
        yield Gap(f"{_FILE} holds {counted(read.damaged, 'damaged line')}: {_UNKNOWN} there.")
    elif not read.samples and evidence.manifest.abilities is not None:
        yield Gap(f"{_FILE} holds no sample, though the balancer could be asked: {_UNKNOWN}.")


def unwatched(case: Case) -> Iterator[Gap]:
    """Nodes that were out and about which nobody asked; told by the limits where nobody could."""
    evidence = case.evidence
    silent = evidence.manifest.abilities is None or evidence.manifest.lacks(Ability.BALANCER_COUNTERS)
    if silent or not evidence.completed or not evidence.balancer.samples:
        return
    for out in case.nodes_out:
        if not out.looks and out.end_ns - out.start_ns >= _UNWATCHED_S * 1e9:
            since, until = (
                f"{(at - evidence.timeline.start_ns) / 1e9:.2f}" for at in (out.start_ns, out.end_ns)
            )
            yield Gap(
                f"{out.node} was out of the balancer from {since} to {until} s into the run, and the "
                "balancer was not asked about it meanwhile: whether it stayed out is not known.",
                out.phase,
            )
