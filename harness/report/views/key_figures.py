"""The figures at the top of the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.judge.model import Downtime, Judgement
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
    """One figure at the top of the page."""

    name: str
    value: str
    note: str
    is_bad: bool = False


def _failed_figure(judgement: Judgement) -> KeyFigure:
    counts, bound = judgement.counts, judgement.least_known
    notes = besides_words(judgement)
    if bound is not None:
        share = at_most_percent(bound.error_rate_upper_95)
        notes.append(f"95 % sure: under {share} fail even in the least known lane, {one_line(bound.lane)}")
    value = f"{count(counts.without_success)} of {count(counts.sent)}"
    return KeyFigure("Failed requests", value, "; ".join(notes), is_bad=counts.without_success > 0)


def besides_words(judgement: Judgement) -> list[str]:
    """What a reader of `failed of requests` has to know of both."""
    counts, excused = judgement.counts, judgement.downtime.failed_excused
    notes = [f"{count(counts.unknown)} of them may have been carried out"] if counts.unknown else []
    notes += [f"{count(excused)} of them laid to the machine"] if excused else []
    notes += [f"{count(counts.unsent)} more never left the generator"] if counts.unsent else []
    return notes


def _outage_figure(judgement: Judgement) -> KeyFigure:
    downtime = judgement.downtime
    excused, longest = excused_words(downtime), downtime.longest
    if longest is None:
        note = excused or "no lane failed while it was probed"
        return KeyFigure("Outages", "none charged" if excused else "none seen", note)
    by_node = f", on {one_line(longest.node)}" if longest.node else ""
    note = f"{seconds(downtime.charged_s)} in all; the longest {seconds(downtime.longest_s)}{by_node}"
    return KeyFigure(
        "Outages", count(downtime.charged), "; ".join(filter(None, (note, excused))), is_bad=True
    )


def excused_words(downtime: Downtime) -> str:
    """How many outages are laid to the machine; empty where none is."""
    return f"{counted(downtime.excused, 'outage')} laid to the machine" if downtime.excused else ""


def _stall_figure(judgement: Judgement) -> KeyFigure:
    stall = judgement.longest_stall
    if stall is None:
        return KeyFigure("Longest time without a success", NONE, "no probe succeeded or none was sent")
    return KeyFigure("Longest time without a success", seconds(stall.length_s), f"in {one_line(stall.lane)}")


def _unseen_figure(judgement: Judgement) -> KeyFigure:
    lane = _under(judgement.minimum_detectable_outage_s)
    return KeyFigure(
        "Could have gone unseen",
        _under(judgement.detectable_whole_outage_s),
        f"an outage of everything; of the least dense lane alone: {lane}",
    )


def _under(value_s: float | None) -> str:
    return "unknown" if value_s is None else f"under {at_most_seconds(value_s)}"


KEY_FIGURES: tuple[Callable[[Judgement], KeyFigure], ...] = (
    _failed_figure,
    _outage_figure,
    _stall_figure,
    _unseen_figure,
)
"""In the order in which the page shows them; each takes what the judge has measured, and measures nothing."""


def key_figures(judgement: Judgement) -> list[KeyFigure]:
    """The figures that a reader looks for first."""
    return [figure(judgement) for figure in KEY_FIGURES]
