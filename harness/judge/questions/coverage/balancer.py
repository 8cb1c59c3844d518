"""Whether the balancer's counters are there to contradict the probes."""

from __future__ import annotations

from collections.abc import Iterator

from harness.evidence.names import Ability
from harness.judge.evidence import Evidence
from harness.judge.questions.coverage.gap import Gap
from harness.judge.words import counted

_FILE = "balancer.jsonl"
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
