"""Why the verdict is what it is, and the figures that a reader looks for first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.evidence.names import Role
from harness.judge.model import Judgement, LaneStats, Outage, Question, Verdict
from harness.report.text import (
    NONE,
    at_most_percent,
    at_most_seconds,
    count,
    counted,
    one_line,
    seconds,
    words,
)


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """One figure at the top of the page."""

    name: str
    value: str
    note: str
    is_bad: bool = False


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


def key_figures(judgement: Judgement) -> list[KeyFigure]:
    """The figures that a reader looks for first."""
    return [
        _failed_figure(judgement),
        _outage_figure(judgement.outages),
        _stall_figure(judgement),
        KeyFigure(
            "Could have gone unseen",
            _under(judgement.detectable_whole_outage_s),
            "an outage of everything; of the least dense lane alone: "
            + _under(judgement.minimum_detectable_outage_s),
        ),
    ]


def _failed_figure(judgement: Judgement) -> KeyFigure:
    counts = judgement.counts
    failed, requests = counts.get("failed", 0), counts.get("requests", 0)
    unknown, unsent = counts.get("unknown", 0), counts.get("unsent", 0)
    notes = [f"{count(unknown)} of them may have been carried out"] if unknown else []
    notes += [f"{count(unsent)} never left the generator"] if unsent else []
    bound = upper_bound(judgement)
    if bound is not None:
        lane, share = bound
        notes.append(f"95 % sure: under {at_most_percent(share)} fail even in the least known lane, {lane}")
    return KeyFigure(
        "Failed requests",
        f"{count(failed + unknown)} of {count(requests)}",
        "; ".join(notes),
        is_bad=failed + unknown > 0,
    )


def upper_bound(judgement: Judgement) -> tuple[str, float] | None:
    """The probe lane whose error rate is least known over the whole run, and its 95 % upper bound."""
    bounds = [
        (stats.lane, stats.error_rate_upper_95)
        for stats in judgement.lanes
        if stats.phase is None and stats.role is Role.PROBE and stats.error_rate_upper_95 is not None
    ]
    return max(bounds, key=lambda item: item[1], default=None)


def _outage_figure(everything: Sequence[Outage]) -> KeyFigure:
    outages = charged(everything)
    excused = excused_words(everything)
    if not outages:
        note = excused or "no lane failed while it was probed"
        return KeyFigure("Outages", "none charged" if excused else "none seen", note)
    longest = max(outages, key=lambda outage: outage.duration_s)
    by_node = f", on {one_line(longest.node)}" if longest.node else ""
    note = f"{seconds(total_outage_s(outages))} in all; the longest {seconds(longest.duration_s)}{by_node}"
    return KeyFigure("Outages", count(len(outages)), "; ".join(filter(None, (note, excused))), is_bad=True)


def charged(outages: Sequence[Outage]) -> list[Outage]:
    """Those that count against the upgrade, and not against the machine that it ran on."""
    return [outage for outage in outages if outage.charged]


def excused_words(outages: Sequence[Outage]) -> str:
    """How many outages are laid to the machine; empty where none is."""
    excused = len(outages) - len(charged(outages))
    return f"{counted(excused, 'outage')} laid to the machine" if excused else ""


def total_outage_s(outages: Sequence[Outage]) -> float:
    """Seconds of all outages; the judge has merged those that overlap."""
    return sum(outage.duration_s for outage in outages)


def longest_stall(judgement: Judgement) -> LaneStats | None:
    """The probe lane with the longest time without a success, over the whole run."""
    lanes = [
        stats
        for stats in judgement.lanes
        if stats.phase is None and stats.role is Role.PROBE and stats.gap_s_max is not None
    ]
    return max(lanes, key=lambda stats: stats.gap_s_max or 0.0, default=None)


def _stall_figure(judgement: Judgement) -> KeyFigure:
    stats = longest_stall(judgement)
    if stats is None:
        return KeyFigure("Longest time without a success", NONE, "no probe succeeded or none was sent")
    return KeyFigure("Longest time without a success", seconds(stats.gap_s_max), f"in {one_line(stats.lane)}")


def _under(value_s: float | None) -> str:
    return "unknown" if value_s is None else f"under {at_most_seconds(value_s)}"
