"""The outages over the lanes: a bar each, with its number, its length, how well its edges are known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import Patch, Rectangle

from harness.judge.model import Outage
from harness.report.labels import Label, stagger
from harness.report.palette import ink
from harness.report.panels.canvas import PLOT, Window
from harness.report.text import seconds

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
        """A bar each in the lowest of the rows, a shade in the lanes that failed, then the labels."""
        for _, outage in self._seen:
            left_s, right_s = self._window.span_s(outage.start_ns, outage.end_ns)
            width_s = max(right_s - left_s, self._window.as_seconds(2.5))
            self._edges(axes, outage)
            axes.add_patch(_bar(left_s, width_s, self.rows - 1, charged=outage.charged))
            # In one order, so that the same evidence gives the same bytes.
            for lane in sorted(set(outage.lanes) & set(lanes)):
                axes.add_patch(_shade(left_s, width_s, y_of(lane)))
        for label in self._labels:
            self._label(axes, label)

    def handles(self) -> Iterable[Artist]:
        """For the legend."""
        if self._seen:
            yield Patch(facecolor=ink("outage"), linewidth=0, label="outage")
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

    def _edges(self, axes: Axes, outage: Outage) -> None:
        """How much earlier it may have begun, and how much later ended."""
        start_ns, end_ns = outage.start_ns - outage.uncertainty_ns, outage.end_ns + outage.uncertainty_ns
        row = self.rows - 1
        axes.plot(
            self._window.span_s(start_ns, end_ns), [row, row], color=ink("outage"), linewidth=1.2, zorder=3
        )

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
    return f"#{number}  {'over ' if outage.open_ended else ''}{seconds(outage.duration_s)}"


def _bar(left_s: float, width_s: float, row: int, *, charged: bool) -> Rectangle:
    return Rectangle(
        (left_s, row - 0.3),
        width_s,
        0.6,
        facecolor=ink("outage" if charged else "out"),
        edgecolor=ink("surface"),
        hatch=None if charged else "---",
        linewidth=0,
        zorder=4,
    )


def _shade(left_s: float, width_s: float, row: int) -> Rectangle:
    return Rectangle(
        (left_s, row - 0.42), width_s, 0.84, facecolor=ink("outage"), alpha=0.28, linewidth=0, zorder=1
    )
