"""The ten lines of a run: for a pull request, a terminal, a chat."""

from __future__ import annotations

import re

from rich.console import Console
from rich.text import Text

from harness.judge.model import Judgement, Question, Verdict
from harness.report.text import counted, shortened, words
from harness.report.views.gate import accepted_in, gate_lines
from harness.report.views.key_figures import key_figures
from harness.report.views.run import run_line
from harness.report.views.verdict import why

SYMBOLS = {
    Verdict.PASS: "\N{HEAVY CHECK MARK}",
    Verdict.FAIL: "\N{HEAVY BALLOT X}",
    Verdict.INCONCLUSIVE: "?",
}
COLOURS = {Verdict.PASS: "green", Verdict.FAIL: "red", Verdict.INCONCLUSIVE: "yellow"}
_SENTENCE_CHARS_MAX = 300
# Marks that Markdown, or the HTML in it, would act on. An underscore within a word is none.
_ACTIVE = re.compile(r"([\\`*\[\]|~]|(?<!\w)_|_(?!\w))")


def summary_lines(judgement: Judgement) -> list[str]:
    """Ten lines of plain text, four of them the key figures, and those of the gate where there is one; each
    but the first begins with what it tells and a colon.
    """
    return [
        f"{judgement.verdict.value}: {shortened(judgement.headline, _SENTENCE_CHARS_MAX)}",
        f"Run: {', '.join(run_line(judgement))}",
        *(figure.line for figure in key_figures(judgement)),
        f"Questions: {', '.join(_question(question) for question in judgement.questions) or 'none answered'}",
        f"Why: {_why(judgement)}",
        *gate_lines(judgement),
        f"Not proven: {_not_proven(judgement)}",
        "Judge it again: harness judge RUN (report.html in RUN has the picture and every finding)",
    ]


def summary_markdown(judgement: Judgement) -> str:
    """The same lines as Markdown."""
    first, *rest = summary_lines(judgement)
    word, _, headline = first.partition(": ")
    lines = [f"**{SYMBOLS[judgement.verdict]} {word}**: {inert(headline)}  "]
    for line in rest:
        name, _, told = line.partition(": ")
        lines.append(f"**{name}**: {inert(told)}  ")
    # Two blanks break a line; after the last there is nothing to break.
    return "\n".join(lines).rstrip() + "\n"


def print_summary(judgement: Judgement, console: Console) -> None:
    """Print the same lines; nothing in them is taken for markup."""
    first, *rest = summary_lines(judgement)
    word, _, headline = first.partition(": ")
    style = f"bold {COLOURS[judgement.verdict]}"
    console.print(
        Text(f"{SYMBOLS[judgement.verdict]} {word}", style=style) + Text(f": {headline}", style="bold")
    )
    for line in rest:
        name, _, told = line.partition(": ")
        console.print(Text(name, style="dim") + Text(f": {told}"))


def _question(question: Question) -> str:
    accepted = accepted_in(question)
    notes = [*(["advisory"] if question.advisory else []), *([f"{accepted} let through"] if accepted else [])]
    told = f" ({', '.join(notes)})" if notes else ""
    return f"{words(question.name)} {question.verdict.value}{told}"


def _why(judgement: Judgement) -> str:
    sentences = why(judgement)
    more = f" ({counted(len(sentences) - 1, 'more reason')})" if len(sentences) > 1 else ""
    return shortened(sentences[0], _SENTENCE_CHARS_MAX) + more if sentences else "no question decided it"


def _not_proven(judgement: Judgement) -> str:
    if not judgement.limits:
        return "no limits named"
    more = len(judgement.limits) - 1
    told = shortened(judgement.limits[0], _SENTENCE_CHARS_MAX)
    return f"{told} ({counted(more, 'more limit')} in the report)" if more else told


def inert(text: str) -> str:
    """Text that Markdown shows as it stands."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _ACTIVE.sub(r"\\\1", escaped)
