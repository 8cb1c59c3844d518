"""An answer from its findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.judge.model import Finding, Question, worst


def answer(name: str, findings: Iterable[Finding], otherwise: Sequence[Finding]) -> Question:
    """The question with its findings, or with `otherwise` where there is none; the worst one wins."""
    found = tuple(findings) or tuple(otherwise)
    return Question(name, worst(finding.verdict for finding in found), found)
