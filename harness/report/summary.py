"""The ten lines of a run: for a pull request, a terminal, a chat."""

from __future__ import annotations

import re

from rich.console import Console
from rich.text import Text

from harness.judge.model import Judgement, Question, Verdict
from harness.report.text import (
    at_most_percent,
    at_most_seconds,
    count,
    counted,
    one_line,
    seconds,
    shortened,
    words,
)
from harness.report.views.gate import accepted_in, gate_lines
from harness.report.views.key_figures import besides_words, excused_words
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
    """Ten lines of plain text, and those of the gate where there is one; each but the first begins with what
    it tells and a colon.
    """
    return [
        f"{judgement.verdict.value}: {shortened(judgement.headline, _SENTENCE_CHARS_MAX)}",
        f"Run: {', '.join(run_line(judgement))}",
        f"Requests: {_requests(judgement)}",
        f"Outages: {_outages(judgement)}",
        f"Longest time without a success: {_stall(judgement)}",
        f"Could have gone unseen: {_unseen(judgement)}",
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


def _requests(judgement: Judgement) -> str:
    counts, masked, bound = judgement.counts, judgement.masked.hidden, judgement.least_known
    parts = [f"{count(counts.without_success)} of {count(counts.sent)} failed", *besides_words(judgement)]
    parts += [f"{count(masked)} masked by the balancer and seen by nobody"] if masked else []
    if bound is not None:
        share = at_most_percent(bound.error_rate_upper_95)
        parts.append(f"95 % upper bound on the error rate {share} (least known lane: {bound.lane})")
    return one_line(", ".join(parts))


def _outages(judgement: Judgement) -> str:
    downtime = judgement.downtime
    excused, longest = excused_words(downtime), downtime.longest
    if longest is None:
        return excused or "none seen"
    total, length = seconds(downtime.charged_s), seconds(downtime.longest_s)
    return one_line(
        f"{count(downtime.charged)}, {total} in all, the longest {length}: {longest.cause}"
        f"{f' Besides, {excused}.' if excused else ''}"
    )


def _stall(judgement: Judgement) -> str:
    stall = judgement.longest_stall
    return "not known" if stall is None else f"{seconds(stall.length_s)} in {one_line(stall.lane)}"


def _unseen(judgement: Judgement) -> str:
    whole, lane = judgement.detectable_whole_outage_s, judgement.minimum_detectable_outage_s
    if whole is None and lane is None:
        return "anything, as there are no probes"
    of_all, of_one = at_most_seconds(whole), at_most_seconds(lane)
    return f"an outage of everything under {of_all}, of the least dense lane alone under {of_one}"


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
