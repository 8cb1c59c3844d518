"""Was the upgrade carried out, and is every step of it proven?"""

from __future__ import annotations

from harness.judge.case import Case
from harness.judge.evidence import Evidence
from harness.judge.model import Finding, Question, Verdict
from harness.judge.questions.answer import answer
from harness.judge.questions.procedure import (
    database,
    deaths,
    ending,
    journal,
    locks,
    nodes,
    out,
    phases,
    required,
    schema,
    steps,
    trust,
)
from harness.judge.words import counted, listed

NAME = "procedure"


def judge(case: Case) -> Question:
    """FAIL where a step failed or the evidence contradicts it; INCONCLUSIVE where the evidence is missing.

    A run that did not complete is never PASS.
    """
    evidence = case.evidence
    checks = (
        deaths.check(evidence), journal.check(evidence), database.check(evidence), ending.check(evidence),
        steps.check(case),
        phases.check(evidence), required.check(evidence), schema.check(evidence), nodes.check(evidence),
        out.check(case), trust.check(evidence), locks.check(case),
    )  # fmt: skip
    return answer(NAME, [finding for check in checks for finding in check], [_proven(evidence)])


def _proven(evidence: Evidence) -> Finding:
    manifest = evidence.manifest
    names = listed(manifest.nodes)
    if not evidence.upgrades:
        return Finding(
            f"Nothing was upgraded, as the scenario asks: {names} stayed on {manifest.from_.version}.",
            Verdict.PASS,
        )
    return Finding(
        f"All {counted(len(evidence.windows), 'phase')} that apply ended, the version tables hold what "
        f"{manifest.to.version} says, and {names} ended on {manifest.to.version}.",
        Verdict.PASS,
    )
