"""The picture: everything that happened in a run, on one time axis."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile

import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from harness.evidence.names import Phase
from harness.judge.model import Judgement
from harness.report import svg
from harness.report.labels import Label, stagger
from harness.report.palette import ink
from harness.report.panels.canvas import LEFT, PLOT, RIGHT, Canvas, Window, probed_ns
from harness.report.panels.database import DatabasePanel
from harness.report.panels.failures import FailuresPanel
from harness.report.panels.latency import LatencyPanel
from harness.report.panels.nodes import NodesPanel
from harness.report.panels.panel import Panel
from harness.report.panels.rate import RatePanel
from harness.report.text import counted, seconds, words

POINTS_PER_INCH = 72
_GAP = 34.0
"""Between two panels: room for the panel's title and the names of the nodes rolled."""
_HEAD = 22.0
_HEAD_LEVEL = 15.0
_FOOT = 44.0

# Sans text is left as text: a page stays small, searchable and legible at any zoom.
_STYLE = {
    "svg.fonttype": "none",
    "svg.image_inline": True,
    "font.family": ["DejaVu Sans"],
    "font.size": 11.0,
    "text.parse_math": False,
    "axes.unicode_minus": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.linewidth": 0.8,
    "axes.facecolor": "none",
    "axes.edgecolor": ink("line"),
    "axes.labelcolor": ink("muted"),
    "figure.facecolor": "none",
    "xtick.color": ink("line"),
    "xtick.labelcolor": ink("muted"),
    "ytick.color": ink("line"),
    "ytick.labelcolor": ink("ink"),
    "ytick.major.size": 0.0,
    "ytick.minor.size": 0.0,
    "xtick.labelsize": 10.5,
    "ytick.labelsize": 10.5,
    "text.color": ink("ink"),
    "hatch.linewidth": 0.9,
    "hatch.color": ink("hatch"),
    "legend.fontsize": 10.0,
    "legend.frameon": False,
}


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


def draw_pictures(judgement: Judgement) -> tuple[Picture, ...]:
    """The whole run, and, where nodes were rolled, the roll from closer by."""
    whole = _draw(judgement, "timeline", "The run on one time axis", _whole_run(judgement), _ALL_PANELS)
    roll = next((span for span in judgement.timeline.phases if span.phase == Phase.ROLL), None)
    if roll is None or not any(step.node for step in judgement.timeline.steps if step.phase == Phase.ROLL):
        return (whole,)
    margin_ns = max(1_000_000_000, (roll.end_ns - roll.start_ns) // 50)
    window = Window(roll.start_ns - margin_ns, roll.end_ns + margin_ns, judgement.timeline.start_ns)
    return (whole, _draw(judgement, "roll", "The roll, closer", window, _ALL_PANELS[:-1]))


_ALL_PANELS: tuple[type[Panel], ...] = (NodesPanel, FailuresPanel, RatePanel, LatencyPanel, DatabasePanel)


def _whole_run(judgement: Judgement) -> Window:
    start_ns, end_ns = probed_ns(judgement)
    end_ns = max([end_ns, start_ns + 1_000_000_000, *(outage.end_ns for outage in judgement.outages)])
    return Window(start_ns, end_ns, judgement.timeline.start_ns)


@contextmanager
def drawing(name: str) -> Iterator[None]:
    """matplotlib with nothing of the reader's own settings, and no complaint about letters it lacks."""
    with (
        matplotlib.style.context(["default", {**_STYLE, "svg.hashsalt": name}], after_reset=True),
        warnings.catch_warnings(),
    ):
        warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
        yield


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
    return _draw(judgement, name, title, window, _BESIDE_PANELS, axis=axis, latency_ms=latency_ms)


_BESIDE_PANELS: tuple[type[Panel], ...] = (NodesPanel, FailuresPanel, LatencyPanel)
"""Those whose scale can be the same for two runs."""


def _draw(
    judgement: Judgement,
    name: str,
    title: str,
    window: Window,
    kinds: Sequence[type[Panel]],
    *,
    axis: str = "seconds into the run",
    latency_ms: tuple[float, float] | None = None,
) -> Picture:
    with drawing(name):
        panels = [kind(judgement, window) for kind in kinds]
        phases = _phase_labels(judgement, window)
        head = _HEAD + _HEAD_LEVEL * (1 + max((label.level for label in phases), default=0))
        height = head + sum(panel.height + _GAP for panel in panels) + _FOOT
        width = LEFT + PLOT + RIGHT
        figure = Figure(figsize=(width / POINTS_PER_INCH, height / POINTS_PER_INCH), dpi=POINTS_PER_INCH)
        canvas = Canvas(figure, width, height)
        top = head
        axes: list[Axes] = []
        for panel in panels:
            top += _GAP
            axes.append(canvas.axes(top, panel.height))
            _prepare(axes[-1], judgement, window)
            panel.draw(axes[-1])
            if latency_ms is not None and isinstance(panel, LatencyPanel):
                axes[-1].set_ylim(*latency_ms)
            canvas.text(12, top - 13, panel.title, size=12, weight="bold")
            _name_rolls(canvas, judgement, window, top - 9)
            top += panel.height
        _finish(axes[-1], axis)
        _draw_phases(canvas, phases, top=head, bottom=top)
        description = _description(judgement, panels)
        return Picture(
            name,
            title,
            description,
            _caption(judgement, window),
            svg.to_svg(figure, name, title, description),
        )


def _prepare(axes: Axes, judgement: Judgement, window: Window) -> None:
    """One time axis for all panels, with the phases and node rolls as shades behind."""
    axes.set_xlim(window.left_s, window.right_s)
    axes.tick_params(axis="x", labelbottom=False, length=0)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=12, steps=[1, 2, 3, 5, 6, 10]))
    axes.grid(axis="x", color=ink("grid"), linewidth=0.7)
    axes.set_axisbelow(True)
    for number, roll in enumerate(window.rolls(judgement)):
        # Two strengths in turn, so that the eye sees where one node's roll ends and the next begins.
        strength = 1.0 if number % 2 == 0 else 0.5
        axes.axvspan(roll.left_s, roll.right_s, color=ink("roll"), alpha=strength, linewidth=0, zorder=0)
    # One collection for all of them: a flapping run has hundreds.
    least_s = window.as_seconds(1.5)
    spans = [window.span_s(o.start_ns, o.end_ns) for o in judgement.outages]
    axes.broken_barh(
        [(left_s, max(right_s - left_s, least_s)) for left_s, right_s in spans],
        (0, 1),
        transform=axes.get_xaxis_transform(),
        color=ink("outage"),
        alpha=0.20,
        lw=0,
        zorder=0.5,
    )


def _finish(axes: Axes, axis: str) -> None:
    axes.tick_params(axis="x", labelbottom=True, length=4)
    axes.set_xlabel(axis, fontsize=10.5)


@dataclass(frozen=True, slots=True)
class _PhaseLabel:
    text: str
    left: float
    right: float
    centre: float
    level: int
    shaded: bool


_BROKEN_OFF = {"fail": ", failed", "begin": ", not ended"}


def _phase_labels(judgement: Judgement, window: Window) -> list[_PhaseLabel]:
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
        _PhaseLabel(text, left, right, centre, level, number % 2 == 0)
        for number, (text, (left, right), (centre, level)) in enumerate(
            zip(texts, edges, places, strict=True)
        )
    ]


def _draw_phases(canvas: Canvas, phases: Sequence[_PhaseLabel], top: float, bottom: float) -> None:
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


def _name_rolls(canvas: Canvas, judgement: Judgement, window: Window, y: float) -> None:
    """The node's name over its roll; only what tells it from the others where the rolls are short."""
    rolls = window.rolls(judgement)
    names = [roll.node for roll in rolls]
    narrowest = min((window.points(roll.right_s) - window.points(roll.left_s) for roll in rolls), default=0.0)
    if narrowest < max((len(name) * 6.2 for name in names), default=0.0):
        shared = _shared_letters(names)
        names = [name[shared:][: max(1, int(narrowest / 6.2))] for name in names]
    for name, roll in zip(names, rolls, strict=True):
        middle = (window.points(roll.left_s) + window.points(roll.right_s)) / 2
        canvas.text(LEFT + middle, y, name, size=10, align="center", colour="muted")


def _caption(judgement: Judgement, window: Window) -> str:
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


def _shared_letters(names: Sequence[str]) -> int:
    """How many letters all of several names begin with."""
    if len(names) < 2:
        return 0
    return sum(1 for _ in takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False)))


def _description(judgement: Judgement, panels: Sequence[Panel]) -> str:
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
