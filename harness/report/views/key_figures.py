"""The figures that a reader looks for first, on the page as in the summary."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.judge.downtime import Downtime, Outage
from harness.judge.model import Judgement
from harness.report.text import (
    NONE,
    at_most_percent,
    at_most_seconds,
    count,
    counted,
    one_line,
    seconds,
)


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """One figure at the top of the page, which is a line of the summary as well."""

    name: str
    value: str
    note: str
    is_bad: bool = False
    told: str = ""
    """The line of the summary, where that says it in other words than the page."""

    @property
    def line(self) -> str:
        """The line of the summary: a name, a colon and what is told."""
        return self.told or f"{self.name}: {self.value}, {self.note}"


def _failed_figure(judgement: Judgement) -> KeyFigure:
    counts, bound = judgement.counts, judgement.least_known
    notes = _notes_of_failed(judgement)
    if bound is not None:
        share = at_most_percent(bound.error_rate_upper_95)
        notes.append(
            f"95 % sure: under {share} fail in {one_line(bound.lane)} alone, the lane of which least is known"
        )
    value, bad = f"{count(counts.without_success)} of {count(counts.sent)}", counts.without_success > 0
    return KeyFigure("Failed requests", value, "; ".join(notes), bad, f"Requests: {_requests(judgement)}")


def _requests(judgement: Judgement) -> str:
    counts, masked, bound = judgement.counts, judgement.masked.hidden, judgement.least_known
    failed = f"{count(counts.without_success)} of {count(counts.sent)} failed"
    parts = [failed, *_notes_of_failed(judgement)]
    parts += [f"{count(masked)} masked by the balancer and seen by nobody"] if masked else []
    if bound is not None:
        share = at_most_percent(bound.error_rate_upper_95)
        parts.append(
            f"95 % upper bound on the error rate of {bound.lane} alone, the least known lane, {share}"
        )
    return one_line(", ".join(parts))


def _notes_of_failed(judgement: Judgement) -> list[str]:
    """What a reader of `failed of requests` has to know of both."""
    counts, excused = judgement.counts, judgement.downtime.failed_excused
    notes = [f"{count(counts.unknown)} of them may have been carried out"] if counts.unknown else []
    notes += [f"{count(excused)} of them laid to the machine"] if excused else []
    notes += [f"{count(counts.unsent)} more never left the generator"] if counts.unsent else []
    return notes


def _disruption_figure(judgement: Judgement) -> KeyFigure:
    downtime = judgement.downtime
    excused, longest = _excused_words(downtime), downtime.longest
    if longest is None:
        note = excused or "no lane failed while it was probed"
        value = "none charged" if excused else "none seen"
        return KeyFigure("Disruptions", value, note, told=f"Disruptions: {excused or 'none seen'}")
    by_node = f", on {one_line(longest.node)}" if longest.node else ""
    note = f"at most {seconds(downtime.charged_s)} in all; the longest {seconds(downtime.longest_s)}{by_node}"
    notes = "; ".join(filter(None, (note, _share(downtime), excused)))
    told = f"Disruptions: {_disruptions(downtime, longest, excused)}"
    return KeyFigure("Disruptions", count(downtime.charged), notes, is_bad=True, told=told)


def _share(downtime: Downtime) -> str:
    """How much of what was due then failed, and whether anything succeeded."""
    down = f"{counted(len(downtime.down), 'time')} down" if downtime.down else "never down"
    if not downtime.due:
        return down
    return f"{downtime.failed_of_due / downtime.due:.0%} of what was due meanwhile failed; {down}"


def _disruptions(downtime: Downtime, longest: Outage, excused: str) -> str:
    least, most = seconds(downtime.inner_s), seconds(downtime.charged_s)
    return one_line(
        f"{count(downtime.charged)}, at least {least} and at most {most} in all, {_share(downtime)}; "
        f"the longest {seconds(downtime.longest_s)}: {longest.cause}"
        f"{f' Besides, {excused}.' if excused else ''}"
    )


def _excused_words(downtime: Downtime) -> str:
    """How many disruptions are laid to the machine; empty where none is."""
    return f"{counted(downtime.excused, 'disruption')} laid to the machine" if downtime.excused else ""


def _stall_figure(judgement: Judgement) -> KeyFigure:
    stall = judgement.longest_stall
    name = "Longest time without a success"
    if stall is None:
        return KeyFigure(name, NONE, "no probe succeeded or none was sent", told=f"{name}: not known")
    length, lane = seconds(stall.length_s), one_line(stall.lane)
    return KeyFigure(name, length, f"in {lane}", told=f"{name}: {length} in {lane}")


def _unseen_figure(judgement: Judgement) -> KeyFigure:
    lane = _under(judgement.minimum_detectable_outage_s)
    return KeyFigure(
        "Could have gone unseen",
        _under(judgement.detectable_whole_outage_s),
        f"an outage of everything; of the least dense lane alone: {lane}",
        told=f"Could have gone unseen: {_unseen(judgement)}",
    )


def _unseen(judgement: Judgement) -> str:
    whole, lane = judgement.detectable_whole_outage_s, judgement.minimum_detectable_outage_s
    if whole is None and lane is None:
        return "anything, as there are no probes"
    of_all, of_one = at_most_seconds(whole), at_most_seconds(lane)
    return f"an outage of everything under {of_all}, of the least dense lane alone under {of_one}"


def _under(value_s: float | None) -> str:
    return "unknown" if value_s is None else f"under {at_most_seconds(value_s)}"


KEY_FIGURES: tuple[Callable[[Judgement], KeyFigure], ...] = (
    _failed_figure,
    _disruption_figure,
    _stall_figure,
    _unseen_figure,
)
"""In the order in which they are shown; each takes what the judge has measured, and measures nothing."""


def key_figures(judgement: Judgement) -> list[KeyFigure]:
    """The figures that a reader looks for first."""
    return [figure(judgement) for figure in KEY_FIGURES]
