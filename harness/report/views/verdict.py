"""Why the verdict is what it is."""

from __future__ import annotations

from harness.judge.model import Judgement, Question, Verdict
from harness.report.text import (
    one_line,
    words,
)


def why(judgement: Judgement) -> list[str]:
    """The first finding of each question that decided the verdict; on a pass, that of availability."""
    deciding = [q for q in judgement.questions if not q.advisory and q.verdict is judgement.verdict]
    if judgement.verdict is Verdict.PASS:
        deciding = [q for q in deciding if q.name == "availability"]
    return [f"{words(q.name).capitalize()}: {first_finding(q)}" for q in deciding]


def first_finding(question: Question) -> str:
    """The sentence of the first finding that stands for the question's verdict."""
    if not question.findings:
        return (
            "Nothing was found, as nothing was looked at."
            if question.verdict is not Verdict.PASS
            else ("Nothing to object to.")
        )
    # Of a question that passes, what was let through is told before what is well.
    accepted = [f for f in question.findings if f.accepted is not None and question.verdict is Verdict.PASS]
    counts = [f for f in question.findings if f.verdict is question.verdict and f.accepted is None]
    standing = (*accepted, *counts, *question.findings)[0]
    because = f" Accepted: {standing.accepted}." if standing.accepted else ""
    return one_line(standing.sentence + because)
