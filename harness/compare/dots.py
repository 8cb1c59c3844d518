"""A small picture of one figure: a dot for every run, the mean of each arm, and its interval."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from harness.compare.comparison import Compared
from harness.compare.figures import Unit
from harness.compare.text import figure_words
from harness.report import svg
from harness.report.drawing import POINTS_PER_INCH, drawing
from harness.report.palette import ink
from harness.report.text import shortened
from harness.statistics.few_runs import Summary

_WIDTH = 340.0
_NAME = 96.0
"""Room for the names of the arms."""
_ROW = 40.0
_FOOT = 34.0
_NAME_CHARS = 15
_MARKS = ("o", "s", "^", "D", "v", "P", "X", "h")
"""A shape of its own for each arm; after the eighth they begin again, and the rows still tell them apart."""
_COLOURS = ("p50", "p99")


def draw_dots(compared: Compared, names: Sequence[str]) -> str:
    """The picture as SVG for use within a page; rows are arms, in their order."""
    name = f"dots-{compared.metric.key}"
    height = _ROW * len(names) + _FOOT + 8
    with drawing(name):
        figure = Figure(figsize=(_WIDTH / POINTS_PER_INCH, height / POINTS_PER_INCH), dpi=POINTS_PER_INCH)
        axes = figure.add_axes(
            (_NAME / _WIDTH, _FOOT / height, (_WIDTH - _NAME - 14) / _WIDTH, _ROW * len(names) / height)
        )
        _prepare(axes, compared, names)
        for row, summary in enumerate(compared.summaries):
            if summary is not None:
                _arm(axes, row, summary)
        title = f"{compared.metric.title} by run"
        return svg.inline(svg.to_svg(figure, name, title, _description(compared, names)))


def _prepare(axes: Axes, compared: Compared, names: Sequence[str]) -> None:
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_yticks(range(len(names)), labels=[shortened(name, _NAME_CHARS) for name in names])
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=compared.metric.unit is Unit.COUNT))
    axes.tick_params(axis="x", length=3)
    axes.grid(axis="x", color=ink("grid"), linewidth=0.7)
    axes.set_axisbelow(True)
    axes.set_xlabel(
        {Unit.COUNT: "number", Unit.SECONDS: "seconds", Unit.MILLISECONDS: "milliseconds"}[
            compared.metric.unit
        ],
        fontsize=10.0,
    )
    axes.set_xlim(*_limits(compared))


def _limits(compared: Compared) -> tuple[float, float]:
    """From zero, so that lengths compare as they look; intervals are cut there, as nothing can be below."""
    values = [value for summary in compared.summaries if summary for value in summary.values]
    highs = [s.interval.high for s in compared.summaries if s and s.interval]
    most = max([*values, *highs, 0.0]) or 1.0
    return -most * 0.03, most * 1.06


def _arm(axes: Axes, row: int, summary: Summary) -> None:
    colour = ink(_COLOURS[row % len(_COLOURS)])
    if summary.interval is not None:
        axes.plot(
            [max(summary.interval.low, 0.0), summary.interval.high],
            [row + 0.2] * 2,
            color=ink("muted"),
            lw=1.6,
        )
    axes.plot([summary.mean] * 2, [row + 0.08, row + 0.32], color=ink("ink"), lw=2.2, zorder=4)
    # Runs that came out alike stand one above the other, not on one spot.
    places = np.asarray(summary.values)
    above = [int(np.sum(places[:at] == value)) for at, value in enumerate(places)]
    axes.plot(
        places,
        [row - 0.02 - 0.13 * level for level in above],
        ls="none",
        marker=_MARKS[row % len(_MARKS)],
        ms=6.0,
        mew=0.7,
        mfc=colour,
        mec=ink("surface"),
        clip_on=False,
        zorder=5,
    )


def _description(compared: Compared, names: Sequence[str]) -> str:
    parts = []
    for name, summary in zip(names, compared.summaries, strict=True):
        if summary is None:
            parts.append(f"{name}: not known")
            continue
        values = ", ".join(figure_words(compared.metric, value) for value in summary.values)
        parts.append(f"{name}: {values}; mean {figure_words(compared.metric, summary.mean)}")
    return ". ".join(parts) + "."
