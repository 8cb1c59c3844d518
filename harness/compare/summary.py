"""`summary.md`: the comparison for a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from harness.compare.answer import Answered
from harness.compare.comparison import ArmsComparison, Compared
from harness.compare.text import difference_words, mean_words, p_words
from harness.report.summary import inert
from harness.report.text import counted, one_line


def summary_markdown(comparison: ArmsComparison, answered: Answered, notes: tuple[str, ...]) -> str:
    """The answer, a row for every figure, and what to know before believing them."""
    arms = comparison.arms.arms
    head = ["Figure", *(f"{arm.name}, {counted(len(arm.runs), 'run')}" for arm in arms)]
    for arm in arms[1:]:
        head += [f"{arm.name} minus {arms[0].name}", "p"]
    lines = [
        f"# {_text(answered.question)} {_text(answered.answer)}",
        "",
        _text(answered.sentence),
        "",
        _row(head),
        "|" + "---|" * len(head),
        *(_row(_cells(each)) for each in comparison.compared),
        "",
        "Means with 95 % intervals by Student's t; differences with 95 % intervals by Welch's t; p of the "
        "permutation test of the figure that decides, corrected by Holm's method.",
        "",
        *(f"- {_text(note)}" for note in notes),
    ]
    return "\n".join(lines) + "\n"


def _cells(compared: Compared) -> Iterator[str]:
    yield compared.metric.title
    for summary in compared.summaries:
        yield mean_words(compared.metric, summary)
    for against in compared.against:
        yield difference_words(compared.metric, against)
        yield p_words(against)


def _row(cells: Iterator[str] | list[str]) -> str:
    return f"| {' | '.join(_text(cell) for cell in cells)} |"


def _text(words: str) -> str:
    return inert(one_line(words))
