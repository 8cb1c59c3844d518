"""A picture in words: how to read it, what it shows to who does not see it."""

from __future__ import annotations

from collections.abc import Sequence

from harness.judge.model import Judgement
from harness.report.panels.canvas import Window
from harness.report.panels.panel import Panel
from harness.report.text import counted, seconds


def caption(judgement: Judgement, window: Window) -> str:
    """How to read what is there to be seen."""
    parts = []
    if window.rolls(judgement):
        parts.append("Shaded and named: the time in which that node was rolled.")
    if judgement.outages:
        parts.append("Red through all panels: an outage, numbered as in the list below.")
    if len(judgement.series.failures):
        parts.append("A line after a mark is how long the caller waited before the request failed.")
    parts.append("Latency counts from the time a request was due.")
    return " ".join(parts)


def description(judgement: Judgement, panels: Sequence[Panel]) -> str:
    """What a reader who does not see the picture needs to know of it."""
    outages = judgement.outages
    if not outages:
        harm = "No outage was seen."
    else:
        parts = ", ".join(
            f"{seconds(o.duration_s)} at {(o.start_ns - judgement.timeline.start_ns) / 1e9:.1f} s"
            + (f" ({o.node})" if o.node else "")
            for o in outages[:6]
        )
        more = f" and {len(outages) - 6} more" if len(outages) > 6 else ""
        harm = f"{counted(len(outages), 'outage')}: {parts}{more}."
    shown = "; ".join(panel.summary for panel in panels)
    return f"{judgement.headline} {harm} From top to bottom: {shown}."
