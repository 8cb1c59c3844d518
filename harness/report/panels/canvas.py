"""Where things stand on the picture, in points from its top left, and which stretch of the run it shows."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from harness.evidence.names import PROBED_PHASES, Phase
from harness.judge.model import Judgement
from harness.report.palette import ink
from harness.report.text import shortened

LEFT = 172.0
"""Room for the names of lanes and rows."""
PLOT = 860.0
RIGHT = 148.0
"""Room for the legends."""


@dataclass(frozen=True, slots=True)
class Roll:
    """The stretch in which one node was rolled."""

    node: str
    left_s: float
    right_s: float


@dataclass(frozen=True, slots=True)
class Window:
    """The stretch of the run that a picture shows; times in it are seconds into the run."""

    start_ns: int
    end_ns: int
    origin_ns: int

    @property
    def left_s(self) -> float:
        """Left edge."""
        return self.second(self.start_ns)

    @property
    def right_s(self) -> float:
        """Right edge."""
        return self.second(self.end_ns)

    def second(self, mono_ns: int) -> float:
        """Seconds into the run."""
        return (mono_ns - self.origin_ns) / 1e9

    def span_s(self, start_ns: int, end_ns: int) -> tuple[float, float]:
        """A stretch, cut at the window's edges."""
        left = min(max(start_ns, self.start_ns), self.end_ns)
        right = min(max(end_ns, self.start_ns), self.end_ns)
        return self.second(left), self.second(right)

    def touches(self, start_ns: int, end_ns: int) -> bool:
        """Whether a stretch is to be seen in the window."""
        return end_ns >= self.start_ns and start_ns <= self.end_ns

    def points(self, second: float) -> float:
        """Distance from the plot's left edge, in points."""
        return (second - self.left_s) / (self.right_s - self.left_s) * PLOT

    def as_seconds(self, points: float) -> float:
        """How long a stretch of so many points is."""
        return points / PLOT * (self.right_s - self.left_s)

    def rolls(self, judgement: Judgement) -> list[Roll]:
        """Each node's roll that is to be seen, in order of time."""
        limits: dict[str, tuple[int, int]] = {}
        for step in judgement.timeline.steps:
            if step.phase == Phase.ROLL and step.node is not None and step.edge != "skip":
                start_ns, end_ns = limits.get(step.node, (step.start_ns, step.end_ns))
                limits[step.node] = (min(start_ns, step.start_ns), max(end_ns, step.end_ns))
        return [
            Roll(shortened(node, 24), *self.span_s(*limit))
            for node, limit in sorted(limits.items(), key=lambda item: item[1])
            if self.touches(*limit)
        ]


def probed_ns(judgement: Judgement) -> tuple[int, int]:
    """From the first probed phase to the last: what lies before and after has no evidence to show."""
    timeline = judgement.timeline
    probed = [span for span in timeline.phases if span.phase in PROBED_PHASES]
    start_ns = min((span.start_ns for span in probed), default=timeline.start_ns)
    end_ns = max((span.end_ns for span in probed), default=timeline.end_ns)
    return start_ns, end_ns


class Canvas:
    """Places panels and what stands outside them."""

    def __init__(self, figure: Figure, width: float, height: float) -> None:
        self._figure = figure
        self._width = width
        self._height = height

    def axes(self, top: float, height: float) -> Axes:
        """A panel's axes, `top` points below the upper edge."""
        y = self._height - top - height
        place = (LEFT / self._width, y / self._height, PLOT / self._width, height / self._height)
        return self._figure.add_axes(place)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float,
        weight: str = "normal",
        align: str = "left",
        colour: str = "ink",
    ) -> None:
        """A text whose base line is `y` points below the upper edge; lines behind it are hidden."""
        label = self._figure.text(
            x / self._width,
            1 - y / self._height,
            text,
            fontsize=size,
            fontweight=weight,
            ha=align,
            va="baseline",
            color=ink(colour),
            zorder=6,
        )
        label.set_bbox({"facecolor": ink("surface"), "edgecolor": "none", "pad": 1.0})

    def line(self, x1: float, y1: float, x2: float, y2: float, colour: str) -> None:
        """A thin line between two points, behind everything else."""
        self._figure.add_artist(
            Line2D(
                [x1 / self._width, x2 / self._width],
                [1 - y1 / self._height, 1 - y2 / self._height],
                color=ink(colour),
                linewidth=0.8,
                zorder=-1,  # behind the panels
            )
        )

    def strip(self, left: float, right: float, top: float, bottom: float, colour: str) -> None:
        """A filled rectangle."""
        self._figure.add_artist(
            Rectangle(
                (left / self._width, 1 - bottom / self._height),
                (right - left) / self._width,
                (bottom - top) / self._height,
                transform=self._figure.transFigure,
                facecolor=ink(colour),
                linewidth=0,
                zorder=2,
            )
        )
