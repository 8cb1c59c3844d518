"""The failed requests that are to be seen in a window, as marks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D

from harness.evidence.names import Outcome
from harness.report.marks import mark_of
from harness.report.palette import ink
from harness.report.panels.canvas import Window

_HANG_MS_MIN = 250.0
"""A failure that took longer than this gets a tail as long as it took."""
_Y = Callable[[str], int | None]
"""The row of a lane; None where it is not drawn."""


class FailureMarks:
    """A mark per failed request, shaped by its class; hollow where it may have been carried out."""

    def __init__(self, failures: pd.DataFrame, window: Window) -> None:
        self._failures = failures
        self._window = window

    @cached_property
    def _marks(self) -> pd.DataFrame:
        """Failures in the window; two that would be drawn on the same spot are drawn once."""
        failures, window = self._failures, self._window
        inside = failures["intended_ns"].between(window.start_ns, window.end_ns)
        marks = failures.loc[inside, ["intended_ns", "lane", "error", "outcome", "latency_ms"]].copy()
        marks["error"] = marks["error"].fillna("other").astype(str)
        marks["second"] = [window.second(int(when)) for when in marks["intended_ns"]]
        marks["spot"] = [round(window.points(second) * 2) for second in marks["second"]]
        return marks.sort_values(["intended_ns", "lane", "error"]).drop_duplicates(
            ["spot", "lane", "error", "outcome"]
        )

    @cached_property
    def lanes(self) -> set[str]:
        """Lanes with a failure in the window."""
        return set(self._marks["lane"])

    @cached_property
    def classes(self) -> list[str]:
        """Classes of failure in the window."""
        return sorted(set(self._marks["error"]))

    def draw(self, axes: Axes, y_of: _Y) -> None:
        """Tails, then the marks over them."""
        self._tails(axes, y_of)
        for (lane, error, outcome), group in self._marks.groupby(["lane", "error", "outcome"], sort=True):
            row = y_of(str(lane))
            if row is not None:
                _mark(axes, row, str(error), str(outcome), group["second"].tolist())

    def handles(self) -> Iterable[Artist]:
        """For the legend."""
        for error in self.classes:
            mark = mark_of(error)
            yield _sample(mark.words, mark.shape, mark.size, ink("mark"), ink("surface"))
        if Outcome.UNKNOWN in set(self._marks["outcome"]):
            yield _sample("hollow: may be done", "o", 6, ink("surface"), ink("mark"))

    def _tails(self, axes: Axes, y_of: _Y) -> None:
        """How long the caller was kept waiting before the request failed."""
        hung = self._marks[self._marks["latency_ms"] >= _HANG_MS_MIN]
        segments = [
            [(second, row), (min(second + latency_ms / 1e3, self._window.right_s), row)]
            for second, lane, latency_ms in zip(hung["second"], hung["lane"], hung["latency_ms"], strict=True)
            if (row := y_of(lane)) is not None
        ]
        axes.add_collection(LineCollection(segments, colors=ink("mark"), linewidths=1.3, zorder=3))


def _mark(axes: Axes, row: int, error: str, outcome: str, at_s: list[float]) -> None:
    hollow = outcome == Outcome.UNKNOWN
    axes.plot(
        at_s,
        [row] * len(at_s),
        linestyle="none",
        marker=mark_of(error).shape,
        markersize=mark_of(error).size,
        markerfacecolor=ink("surface") if hollow else ink("mark"),
        markeredgecolor=ink("mark") if hollow else ink("surface"),
        markeredgewidth=1.3 if hollow else 0.6,
        zorder=5,
        clip_on=False,
    )


def _sample(label: str, shape: str, size: float, face: str, edge: str) -> Line2D:
    return Line2D(
        [],
        [],
        linestyle="none",
        marker=shape,
        markersize=size,
        markerfacecolor=face,
        markeredgecolor=edge,
        label=label,
    )
