"""A picture in words: how to read it, what it shows to who does not see it."""

from __future__ import annotations

from collections.abc import Sequence

from harness.judge.downtime import Downtime, Outage
from harness.judge.measures.bins import SAMPLES_MIN
from harness.judge.model import Judgement, Series
from harness.report.panels.canvas import Window
from harness.report.panels.panel import Panel
from harness.report.text import count, counted, width_words
from harness.report.views.outages import lasted

_OUTAGES_TOLD = 6


def caption(judgement: Judgement, window: Window) -> str:
    """How to read what is there to be seen."""
    parts = []
    if window.rolls(judgement):
        parts.append("Shaded and named: the time in which that node was rolled.")
    if judgement.downtime.total:
        parts.append("Red through all panels: a disruption, numbered as in the list below.")
    if len(judgement.series.failures):
        parts.append("A line after a mark is how long the caller waited before the request failed.")
    parts.append("Latency counts from the time a request was due.")
    parts.append(latency_words(judgement.series))
    return " ".join(parts)


def latency_words(series: Series) -> str:
    """What the dots are, and over what the percentiles were taken."""
    dots = "Each dot is an answer"
    if series.answers_ns is not None:
        dots = f"Each dot is the slowest answer of {width_words(series.answers_ns)}"
    if series.latency_ns is None or series.latency.empty:
        return f"{dots}; there are too few for percentiles, which want {SAMPLES_MIN} at a time."
    return (
        f"{dots}; median and 99th percentile are of {width_words(series.latency_ns)} each, drawn where at "
        f"least {SAMPLES_MIN} were answered: of fewer, the 99th percentile is little else than the slowest."
    )


def description(judgement: Judgement, panels: Sequence[Panel]) -> str:
    """What a reader who does not see the picture needs to know of it."""
    shown = "; ".join(panel.summary for panel in panels)
    harm = _harm(judgement.downtime, judgement.timeline.start_ns)
    return f"{judgement.headline} {harm} From top to bottom: {shown}."


def _harm(downtime: Downtime, start_ns: int) -> str:
    """How many outages there were, and the first few of those that are listed."""
    if not downtime.total:
        return "No disruption was seen."
    first = downtime.outages[:_OUTAGES_TOLD]
    parts = ", ".join(_outage(outage, start_ns) for outage in first)
    more = f" and {count(downtime.total - len(first))} more" if downtime.total > len(first) else ""
    return f"{counted(downtime.total, 'disruption')}: {parts}{more}."


def _outage(outage: Outage, start_ns: int) -> str:
    on_node = f" ({outage.node})" if outage.node else ""
    return f"{lasted(outage)} from {(outage.start_ns - start_ns) / 1e9:.1f} s{on_node}"
