"""The outages over the lanes: a bar each, with its number, its length, how well its edges are known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.patches import Patch, Polygon

from harness.judge.downtime import Outage
from harness.report.labels import Label, stagger
from harness.report.palette import ink
from harness.report.panels.canvas import PLOT, Window
from harness.report.text import seconds

_Box = list[tuple[float, float]]
"""The four corners of a bar or a shade: seconds, and row."""
_LABELLED_MAX = 12
_LABEL_LEVELS_MAX = 3
"""More would push the lanes off the screen; outages without a label stand in the list all the same."""


@dataclass(frozen=True, slots=True)
class _Placed:
    """An outage with its number in the tables, and where its label stands."""

    number: int
    outage: Outage
    centre: float
    """Points from the plot's left edge."""
    level: int


class OutageBars:
    """The outages that are to be seen in a window."""

    def __init__(self, outages: Sequence[Outage], window: Window) -> None:
        self._window = window
        self._seen = [
            (number, outage)
            for number, outage in enumerate(outages, start=1)
            if window.touches(outage.start_ns, outage.end_ns)
        ]

    @property
    def rows(self) -> int:
        """How many rows bars and labels take."""
        if not self._seen:
            return 0
        return 2 + max((label.level for label in self._labels), default=0)

    def draw(self, axes: Axes, lanes: Sequence[str], y_of: Callable[[str], int]) -> None:
        """A bar each in the lowest of the rows, a shade in the lanes that failed, then the labels.

        One collection for each kind: a flapping run has thousands of shades, and an artist each took seconds.
        """
        self._edges(axes)
        bars = [(self._inner(outage, self.rows - 1, 0.3), outage.charged) for _, outage in self._seen]
        _bars(axes, [box for box, charged in bars if charged])
        _hatched(axes, [box for box, charged in bars if not charged])
        # In one order, so that the same evidence gives the same bytes.
        failed = [(each, lane) for _, each in self._seen for lane in sorted(set(each.lanes) & set(lanes))]
        _shades(axes, [self._box(outage, y_of(lane), 0.42) for outage, lane in failed])
        for label in self._labels:
            self._label(axes, label)

    def handles(self) -> Iterable[Artist]:
        """For the legend."""
        if self._seen:
            yield Patch(facecolor=ink("outage"), linewidth=0, label="disrupted")
        if any(not outage.charged for _, outage in self._seen):
            yield Patch(facecolor=ink("out"), hatch="------", lw=0, label="laid to the machine")

    @cached_property
    def _labels(self) -> list[_Placed]:
        """Those of the longest outages, as many as find room."""
        longest = sorted(self._seen, key=lambda item: -item[1].duration_s)[:_LABELLED_MAX]
        for labelled in range(len(longest), 0, -1):
            placed = self._placed(sorted(longest[:labelled], key=lambda item: item[0]))
            if max(label.level for label in placed) < _LABEL_LEVELS_MAX:
                return placed
        return []

    def _placed(self, numbered: Sequence[tuple[int, Outage]]) -> list[_Placed]:
        labels = [Label(self._middle(each), len(_text(n, each)) * 6.2 + 4) for n, each in numbered]
        places = stagger(labels, gap=6, left=-20, right=PLOT + 20)
        return [_Placed(n, outage, *place) for (n, outage), place in zip(numbered, places, strict=True)]

    def _middle(self, outage: Outage) -> float:
        left_s, right_s = self._window.span_s(outage.start_ns, outage.end_ns)
        return self._window.points((left_s + right_s) / 2)

    def _inner(self, outage: Outage, row: int, half_height: float) -> _Box:
        """While it certainly lasted."""
        return self._between(outage.inner_start_ns, outage.inner_end_ns, row, half_height)

    def _box(self, outage: Outage, row: int, half_height: float) -> _Box:
        return self._between(outage.start_ns, outage.end_ns, row, half_height)

    def _between(self, start_ns: int, end_ns: int, row: int, half_height: float) -> _Box:
        left_s, right_s = self._window.span_s(start_ns, end_ns)
        right_s = left_s + max(right_s - left_s, self._window.as_seconds(2.5))
        low, high = row - half_height, row + half_height
        return [(left_s, low), (right_s, low), (right_s, high), (left_s, high)]

    def _edges(self, axes: Axes) -> None:
        """How much earlier each may have begun, and how much later ended."""
        row = self.rows - 1
        lines = []
        for _, outage in self._seen:
            lines.append([(at_s, row) for at_s in self._window.span_s(outage.start_ns, outage.end_ns)])
        edges = LineCollection(lines, colors=ink("outage"), linewidths=1.2, capstyle="projecting", zorder=3)
        axes.add_collection(edges, autolim=False)

    def _label(self, axes: Axes, label: _Placed) -> None:
        axes.text(
            self._window.left_s + self._window.as_seconds(label.centre),
            self.rows - 1 - 0.75 - label.level,
            _text(label.number, label.outage),
            ha="center",
            va="center_baseline",
            fontsize=10.5,
            fontweight="bold",
            color=ink("fail"),
            zorder=6,
        )


def _text(number: int, outage: Outage) -> str:
    return f"#{number}  {'>' if outage.open_ended else '≤'} {seconds(outage.duration_s)}"


def _bars(axes: Axes, boxes: Sequence[_Box]) -> None:
    bars = PolyCollection(boxes, facecolors=ink("outage"), linewidths=0, zorder=4)
    axes.add_collection(bars, autolim=False)


def _hatched(axes: Axes, boxes: Sequence[_Box]) -> None:
    """The bars of what was laid to the machine."""
    for box in boxes:
        axes.add_patch(
            Polygon(box, facecolor=ink("out"), edgecolor=ink("surface"), hatch="---", linewidth=0, zorder=4)
        )


def _shades(axes: Axes, boxes: Sequence[_Box]) -> None:
    shades = PolyCollection(boxes, facecolors=ink("outage"), alpha=0.28, linewidths=0, zorder=1)
    axes.add_collection(shades, autolim=False)
