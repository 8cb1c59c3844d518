"""An answer from its findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.judge.model import Finding, Question, Verdict, worst


def answer(name: str, findings: Iterable[Finding], otherwise: Sequence[Finding]) -> Question:
    """The question with its findings, behind `otherwise` where none of them is against the run; the worst one
    wins.
    """
    found = tuple(findings)
    if all(finding.verdict is Verdict.PASS for finding in found):
        found = (*otherwise, *found)
    return Question(name, worst(finding.verdict for finding in found), found)
