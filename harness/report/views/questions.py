"""The questions of the verdict with their findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.judge.model import Finding, Judgement, Verdict
from harness.report.text import NONE, RunTimes, count, one_line, seconds, words
from harness.report.views.gate import accepted_in
from harness.report.views.rows import Row, data_attributes, node_and_release
from harness.report.views.verdict import first_finding

ASKED: Mapping[str, str] = {
    "procedure": "Was every step of the upgrade carried out and proven?",
    "coverage": "Was there enough evidence to judge by?",
    "availability": "Was anyone refused, dropped or kept waiting too long?",
    "integrity": "Is every acknowledged write still there?",
    "continuity": "Does one release honour what was made on the other?",
    "impact": "Did answers become slower than in the baseline?",
    "regression": "Is it worse than in the earlier runs?",
}
"""Each question as a reader would ask it."""


@dataclass(frozen=True, slots=True)
class QuestionView:
    """One question with its answer."""

    name: str
    asked: str
    verdict: Verdict
    advisory: bool
    first: str
    findings: tuple[Row, ...]
    accepted: int
    """Findings that are let through."""


def question_views(judgement: Judgement, times: RunTimes) -> list[QuestionView]:
    """Every question in the judgement's order."""
    return [
        QuestionView(
            name=one_line(question.name),
            asked=ASKED.get(question.name, ""),
            verdict=question.verdict,
            advisory=question.advisory,
            first=first_finding(question),
            findings=tuple(_finding_row(finding, times) for finding in question.findings),
            accepted=accepted_in(question),
        )
        for question in judgement.questions
    ]


def _finding_row(finding: Finding, times: RunTimes) -> Row:
    when = NONE
    if finding.start_ns is not None:
        when = times.at(finding.start_ns)
        if finding.end_ns is not None:
            when = f"{times.since_start_s(finding.start_ns):.2f} \N{EN DASH} {times.at(finding.end_ns)}"
        if finding.uncertainty_ns:
            when += f", \N{PLUS-MINUS SIGN}{seconds(finding.uncertainty_ns / 1e9)}"
    sentence = one_line(finding.sentence)
    if finding.accepted:
        sentence += f" Accepted: {one_line(finding.accepted)}"
    cells = (
        sentence,
        when,
        " / ".join(words(part) for part in (finding.phase, finding.step) if part) or NONE,
        node_and_release(finding.node, finding.release),
        one_line(finding.lane or NONE),
        words(finding.error or NONE),
        count(finding.requests),
    )
    return Row(
        cells, data_attributes(phase=finding.phase, node=finding.node, lane=finding.lane), finding.verdict
    )
