"""Is there enough evidence to say anything?"""

from __future__ import annotations

import math

from harness.evidence.names import Role
from harness.judge.case import Case
from harness.judge.codes import count, sent
from harness.judge.model import Finding, Question, Verdict
from harness.judge.questions.answer import answer
from harness.judge.questions.coverage import (
    asked,
    balancer,
    balancer_log,
    files,
    load,
    machine,
    probes,
    seal,
    servers,
    tallies,
)
from harness.judge.questions.coverage.probes import lags_ms
from harness.judge.words import counted

NAME = "coverage"


def judge(case: Case) -> Question:
    """INCONCLUSIVE for each thing that is missing; never FAIL, for nothing here is Keystone's doing."""
    evidence = case.evidence
    checks = (
        seal.check(evidence), asked.check(evidence), files.check(evidence), tallies.check(evidence),
        balancer.check(evidence), balancer.unwatched(case),
        balancer_log.check(case), load.lanes(evidence), load.load(evidence),
        load.unsent(evidence), load.untried(evidence), probes.lag(evidence), probes.phases(evidence),
        probes.holes(evidence), machine.baseline_phase(evidence, case.saturation), servers.nodes(evidence),
        servers.roll(evidence), machine.reference(evidence),
    )  # fmt: skip
    gaps = [
        Finding(gap.sentence, Verdict.INCONCLUSIVE, phase=gap.phase, lane=gap.lane, requests=gap.requests)
        for check in checks
        for gap in check
    ]
    return answer(NAME, gaps, [_enough(case), *balancer_log.agreement(case)])


def _enough(case: Case) -> Finding:
    """What was counted, also where the bounds allow some to be missing or late."""
    evidence = case.evidence
    probes = [evidence.judged(number) for number in evidence.lanes(Role.PROBE)]
    gone = sum(count(sent(records)) for records in probes)
    lags = lags_ms(probes)
    worst_ms = math.ceil(float(lags.max())) if len(lags) else 0
    counts = case.counts
    requests, unsent = counted(counts.requests, "request"), counts.unsent
    left = f"{unsent:,} of {requests} that were due never left" if unsent else f"all {requests} due were sent"
    return Finding(
        f"{counted(gone, 'probe')} in {counted(len(probes), 'lane')} cover "
        f"{counted(len(evidence.windows), 'phase')}; {left}, and the latest probe left {worst_ms:,} ms late.",
        Verdict.PASS,
        requests=gone,
    )
