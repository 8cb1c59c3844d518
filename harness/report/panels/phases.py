"""The strip of the phases over the panels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.judge.model import Judgement
from harness.report.labels import Label, stagger
from harness.report.panels.canvas import LEFT, PLOT, RIGHT, Canvas, Window
from harness.report.text import words

_HEAD = 22.0
_HEAD_LEVEL = 15.0


@dataclass(frozen=True, slots=True)
class PhaseLabel:
    """A phase and where its name stands; lengths in points."""

    text: str
    left: float
    right: float
    centre: float
    level: int
    shaded: bool


_BROKEN_OFF = {"fail": ", failed", "begin": ", not ended"}


def phase_labels(judgement: Judgement, window: Window) -> list[PhaseLabel]:
    """Names of the phases in the window, staggered upwards where neighbours are too short for theirs."""
    spans = [
        span
        for span in judgement.timeline.phases
        if span.end_ns > window.start_ns and span.start_ns < window.end_ns and span.edge != "skip"
    ]
    texts = [words(span.phase)[:40] + _BROKEN_OFF.get(span.edge, "") for span in spans]
    edges = [tuple(window.points(limit) for limit in window.span_s(s.start_ns, s.end_ns)) for s in spans]
    labels = [
        Label((left + right) / 2, len(text) * 6.6 + 4)
        for text, (left, right) in zip(texts, edges, strict=True)
    ]
    places = stagger(labels, gap=8, left=0, right=PLOT + RIGHT)
    return [
        PhaseLabel(text, left, right, centre, level, number % 2 == 0)
        for number, (text, (left, right), (centre, level)) in enumerate(
            zip(texts, edges, places, strict=True)
        )
    ]


def head_height(phases: Sequence[PhaseLabel]) -> float:
    """Points that the names need above the panels."""
    return _HEAD + _HEAD_LEVEL * (1 + max((label.level for label in phases), default=0))


def draw_phases(canvas: Canvas, phases: Sequence[PhaseLabel], top: float, bottom: float) -> None:
    """A strip of alternating shades under the names, with a line down at each change of phase."""
    canvas.text(12, top - 7, "Phases", size=12, weight="bold")
    for phase in phases:
        canvas.strip(
            LEFT + phase.left, LEFT + phase.right, top, top + 8, "command" if phase.shaded else "line"
        )
        canvas.line(LEFT + phase.left, top + 8, LEFT + phase.left, bottom, "line")
        baseline = top - 7 - phase.level * _HEAD_LEVEL
        middle = (phase.left + phase.right) / 2
        if phase.level:
            canvas.line(LEFT + middle, baseline + 3, LEFT + middle, top, "line")
        canvas.text(LEFT + phase.centre, baseline, phase.text, size=11, align="center")
