"""The picture: everything that happened in a run, on one time axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from harness.evidence.names import Phase
from harness.judge.model import Judgement
from harness.report import svg
from harness.report.drawing import POINTS_PER_INCH, drawing
from harness.report.panels.canvas import LEFT, PLOT, RIGHT, Canvas, Window, probed_ns
from harness.report.panels.database import DatabasePanel
from harness.report.panels.failures import FailuresPanel
from harness.report.panels.ground import draw_ground, name_rolls
from harness.report.panels.latency import LatencyPanel
from harness.report.panels.nodes import NodesPanel
from harness.report.panels.panel import Panel
from harness.report.panels.phases import draw_phases, head_height, phase_labels
from harness.report.panels.rate import RatePanel
from harness.report.picture_words import caption, description

_GAP = 34.0
"""Between two panels: room for the panel's title and the names of the nodes rolled."""
_FOOT = 44.0


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn picture, as a file of its own and for use within a page."""

    name: str
    title: str
    description: str
    """In words, for who does not see it."""
    caption: str
    """How to read it."""
    file: str

    @property
    def inline(self) -> str:
        """The SVG element for a page that brings the colours."""
        return svg.inline(self.file)


@dataclass(frozen=True, slots=True)
class _Frame:
    """What a picture shows, and how."""

    name: str
    title: str
    window: Window
    panels: tuple[type[Panel], ...]
    axis: str = "seconds into the run"
    latency_ms: tuple[float, float] | None = None
    """Lowest and highest latency that the axis shows; None: as the run has them."""


_ALL_PANELS: tuple[type[Panel], ...] = (NodesPanel, FailuresPanel, RatePanel, LatencyPanel, DatabasePanel)
_BESIDE_PANELS: tuple[type[Panel], ...] = (NodesPanel, FailuresPanel, LatencyPanel)
"""Those whose scale can be the same for two runs."""


def draw_pictures(judgement: Judgement) -> tuple[Picture, ...]:
    """The whole run, and, where nodes were rolled, the roll from closer by."""
    frame = _Frame("timeline", "The run on one time axis", _whole_run(judgement), _ALL_PANELS)
    whole = _draw(judgement, frame)
    roll = next((span for span in judgement.timeline.phases if span.phase == Phase.ROLL), None)
    if roll is None or not any(step.node for step in judgement.timeline.steps if step.phase == Phase.ROLL):
        return (whole,)
    margin_ns = max(1_000_000_000, (roll.end_ns - roll.start_ns) // 50)
    window = Window(roll.start_ns - margin_ns, roll.end_ns + margin_ns, judgement.timeline.start_ns)
    return (whole, _draw(judgement, _Frame("roll", "The roll, closer", window, _ALL_PANELS[:-1])))


def draw_beside(
    judgement: Judgement, name: str, title: str, window: Window, *, axis: str, latency_ms: tuple[float, float]
) -> Picture:
    """A stretch of a run, to be put above or below the same stretch of others.

    Args:
        judgement: the run.
        name: unique on its page.
        title: what is shown.
        window: the stretch, as long as the others'; its origin is where its seconds begin.
        axis: what those seconds count from.
        latency_ms: lowest and highest latency that the axis shows.
    """
    return _draw(judgement, _Frame(name, title, window, _BESIDE_PANELS, axis, latency_ms))


def _whole_run(judgement: Judgement) -> Window:
    start_ns, end_ns = probed_ns(judgement)
    end_ns = max(
        [end_ns, start_ns + 1_000_000_000, *(outage.end_ns for outage in judgement.downtime.outages)]
    )
    return Window(start_ns, end_ns, judgement.timeline.start_ns)


def _draw(judgement: Judgement, frame: _Frame) -> Picture:
    with drawing(frame.name):
        panels = [kind(judgement, frame.window) for kind in frame.panels]
        told = description(judgement, panels)
        file = svg.to_svg(_figure(judgement, frame, panels), frame.name, frame.title, told)
    return Picture(frame.name, frame.title, told, caption(judgement, frame.window), file)


def _figure(judgement: Judgement, frame: _Frame, panels: Sequence[Panel]) -> Figure:
    """The panels from top to bottom, with the phases over and through them."""
    phases = phase_labels(judgement, frame.window)
    head = head_height(phases)
    height = head + sum(panel.height + _GAP for panel in panels) + _FOOT
    width = LEFT + PLOT + RIGHT
    figure = Figure(figsize=(width / POINTS_PER_INCH, height / POINTS_PER_INCH), dpi=POINTS_PER_INCH)
    canvas = Canvas(figure, width, height)
    top = head
    for panel in panels:
        axes = canvas.axes(top + _GAP, panel.height)
        _draw_panel(canvas, axes, panel, frame, top + _GAP)
        top += _GAP + panel.height
    _name_time(axes, frame.axis)
    draw_phases(canvas, phases, top=head, bottom=top)
    return figure


def _draw_panel(canvas: Canvas, axes: Axes, panel: Panel, frame: _Frame, top: float) -> None:
    draw_ground(axes, panel.judgement, frame.window)
    panel.draw(axes)
    if frame.latency_ms is not None and isinstance(panel, LatencyPanel):
        axes.set_ylim(*frame.latency_ms)
    canvas.text(12, top - 13, panel.title, size=12, weight="bold")
    name_rolls(canvas, panel.judgement, frame.window, top - 9)


def _name_time(axes: Axes, axis: str) -> None:
    axes.tick_params(axis="x", labelbottom=True, length=4)
    axes.set_xlabel(axis, fontsize=10.5)
