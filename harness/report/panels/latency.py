"""The panel of the latency: how long callers waited, against the baseline."""

from __future__ import annotations

import math

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from harness.evidence.names import Phase
from harness.judge.measures.bins import SAMPLES_MIN
from harness.report.palette import ink
from harness.report.panels.panel import Panel, legend, say_nothing_recorded
from harness.report.text import width_words

_Style = str | tuple[float, tuple[float, ...]]


_LINES: tuple[tuple[str, float, _Style], ...] = (("p99", 1.3, (0.0, (4.0, 1.5))), ("p50", 1.8, "solid"))
"""Columns, with how wide and how broken their lines are."""


class LatencyPanel(Panel):
    """Answers one by one on a log scale, and percentiles where there are enough of them."""

    title = "Latency"
    summary = (
        "answers one by one, or the slowest of each moment where they are many, on a log scale; median and "
        f"99th percentile of stretches with {SAMPLES_MIN} answers or more; over the baseline's range"
    )

    @property
    def height(self) -> float:
        """Points."""
        return 138.0

    def draw(self, axes: Axes) -> None:
        """Dots, and two stepped lines over the band of the baseline."""
        answers = self._inside("answers", "intended_ns")
        if answers.empty:
            say_nothing_recorded(axes, "No answered request was recorded")
            return
        axes.set_yscale("log")
        handles = [self._dots(axes, answers), *self._percentiles(axes), *self._baseline(axes)]
        handles += self._reference(axes)
        self._scale(axes, answers)
        legend(axes, handles)

    def _inside(self, table: str, column: str, width_ns: int = 0) -> pd.DataFrame:
        """Rows in the window, with the second at which each stands, and no latency that a log scale lacks."""
        rows: pd.DataFrame = getattr(self.judgement.series, table)
        if rows.empty:
            return rows
        inside = rows[rows[column].between(self.window.start_ns - width_ns, self.window.end_ns)]
        values = inside[[name for name in rows.columns if name.startswith("latency_ms")]].astype(float)
        seconds = [self.window.second(instant) for instant in inside[column].tolist()]
        return values.clip(lower=0.1).assign(second=seconds)

    def _dots(self, axes: Axes, answers: pd.DataFrame) -> Artist:
        width_ns, colour = self.judgement.series.answers_ns, ink("max")
        axes.plot(
            answers["second"], answers["latency_ms"], ls="none", marker=".", ms=2.6, mew=0, color=colour
        )
        label = "one answer" if width_ns is None else f"slowest of {width_words(width_ns)}"
        return Line2D([], [], ls="none", marker=".", ms=5.6, mew=0, color=colour, label=label)

    def _percentiles(self, axes: Axes) -> list[Artist]:
        """Each over the width of its bin: what happened within it, a percentile does not tell."""
        width_ns = self.judgement.series.latency_ns
        rows = self._inside("latency", "bucket", width_ns or 0)
        if width_ns is None or rows.empty:
            return []
        handles: list[Artist] = []
        for name, width, style in _LINES:
            seconds, levels = _steps(rows["second"], rows[f"latency_ms_{name}"], width_ns / 1e9)
            (line,) = axes.plot(seconds, levels, color=ink(name), lw=width, ls=style)
            line.set_label(f"{name} of {width_words(width_ns)}")
            handles.append(line)
        return handles

    def _reference(self, axes: Axes) -> list[Artist]:
        """The known-good target's maximum as a thin line: what it shows, the machine did."""
        width_ns = self.judgement.series.bucket_ns
        inside = self._inside("reference", "bucket")
        if inside.empty:
            return []
        axes.plot(
            inside["second"] + width_ns / 2e9,
            inside["latency_ms_max"],
            color=ink("muted"),
            lw=0.7,
            zorder=1.5,
        )
        return [Line2D([], [], color=ink("muted"), lw=0.7, label="reference, max")]

    def _baseline(self, axes: Axes) -> list[Artist]:
        """From the median to the 99th percentile of the whole baseline."""
        phases = (row for row in self.judgement.latency if row.phase == Phase.BASELINE)
        told = next((row for row in phases if row.probes >= SAMPLES_MIN), None)
        if told is None or told.p50_ms is None or told.p99_ms is None:
            return []
        axes.axhspan(max(told.p50_ms, 0.1), told.p99_ms, color=ink("baseline"), lw=0, zorder=0.7, alpha=0.55)
        label = "p50 to p99 in baseline"
        return [Patch(facecolor=ink("baseline"), linewidth=0, alpha=0.55, label=label)]

    def _scale(self, axes: Axes, answers: pd.DataFrame) -> None:
        least = 10.0 if self.judgement.series.reference.empty else 1.0
        low = min(answers["latency_ms"].min(), least)
        high = max(answers["latency_ms"].max(), 100.0)
        axes.set_ylim(low * 0.7, high * 1.5)
        axes.yaxis.set_major_locator(LogLocator(base=10, numticks=8))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _tick(value)))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.grid(axis="y", color=ink("grid"), linewidth=0.7)


def _steps(starts: pd.Series, values: pd.Series, width_s: float) -> tuple[list[float], list[float]]:
    """A level over each bin, joined where one follows the other, and open where a bin has none."""
    seconds: list[float] = []
    levels: list[float] = []
    for start, value in zip(starts.tolist(), values.tolist(), strict=True):
        if seconds and start - seconds[-1] > width_s / 2:
            seconds.append(seconds[-1])
            levels.append(math.nan)
        seconds += [start, start + width_s]
        levels += [value, value]
    return seconds, levels


def _tick(value_ms: float) -> str:
    return f"{value_ms / 1_000:g} s" if value_ms >= 1_000 else f"{value_ms:g} ms"
