"""The panel of the latency: how long callers waited, against the baseline."""

from __future__ import annotations

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from harness.evidence.names import Phase
from harness.report.palette import ink
from harness.report.panels.panel import Panel, legend, say_nothing_recorded

_COLUMNS = ("latency_ms_p50", "latency_ms_p99", "latency_ms_max")


class LatencyPanel(Panel):
    """Median, 99th percentile and maximum on a log scale, from the time a request was due."""

    title = "Latency"
    summary = "median, 99th percentile and maximum latency on a log scale, over the baseline's range"

    @property
    def height(self) -> float:
        """Points."""
        return 138.0

    def draw(self, axes: Axes) -> None:
        """Two lines and a row of dots over the band of the baseline."""
        latency = self._inside()
        if latency.empty:
            say_nothing_recorded(axes, "No answered request was recorded")
            return
        axes.set_yscale("log")
        handles: list[Artist] = self._baseline(axes)
        axes.plot(
            latency["second"],
            latency["latency_ms_max"],
            ls="none",
            marker=".",
            ms=4.0,
            mew=0,
            color=ink("max"),
        )
        axes.plot(latency["second"], latency["latency_ms_p99"], color=ink("p99"), lw=1.3, ls=(0, (4, 1.5)))
        axes.plot(latency["second"], latency["latency_ms_p50"], color=ink("p50"), lw=1.8)
        handles += self._reference(axes)
        self._scale(axes, latency)
        legend(
            axes,
            [
                Line2D([], [], ls="none", marker=".", ms=7, mew=0, color=ink("max"), label="maximum"),
                Line2D([], [], color=ink("p99"), lw=1.3, ls=(0, (4, 1.5)), label="p99"),
                Line2D([], [], color=ink("p50"), lw=1.8, label="p50 (median)"),
                *handles,
            ],
        )

    def _reference(self, axes: Axes) -> list[Artist]:
        """The known-good target's maximum as a thin line: what it shows, the machine did."""
        reference, width_ns = self.judgement.series.reference, self.judgement.series.bucket_ns
        if reference.empty:
            return []
        middle = reference["bucket"] + width_ns // 2
        inside = reference[middle.between(self.window.start_ns, self.window.end_ns)]
        at_s = [self.window.second(bucket + width_ns // 2) for bucket in inside["bucket"].tolist()]
        axes.plot(at_s, inside["latency_ms_max"].clip(lower=0.1), color=ink("muted"), lw=0.7, zorder=1.5)
        return [Line2D([], [], color=ink("muted"), lw=0.7, label="reference, max")]

    def _inside(self) -> pd.DataFrame:
        """Buckets in the window, with gaps left open: a line over them would claim what nobody measured."""
        latency, width_ns = self.judgement.series.latency, self.judgement.series.bucket_ns
        middle = latency["bucket"] + width_ns // 2
        inside = latency[middle.between(self.window.start_ns, self.window.end_ns)].set_index("bucket")
        inside = inside.loc[:, list(_COLUMNS)].astype(float).dropna(how="all")
        if inside.empty:
            return inside
        buckets = range(int(inside.index.min()), int(inside.index.max()) + 1, width_ns)
        inside = inside.reindex(buckets).clip(lower=0.1)
        return inside.assign(second=[self.window.second(bucket + width_ns // 2) for bucket in buckets])

    def _baseline(self, axes: Axes) -> list[Artist]:
        """The range from the lowest median to the highest p99 that a bucket of the baseline showed."""
        span = next((s for s in self.judgement.timeline.phases if s.phase == Phase.BASELINE), None)
        if span is None:
            return []
        latency = self.judgement.series.latency
        rows = latency[latency["bucket"].between(span.start_ns, span.end_ns)].dropna(
            subset=list(_COLUMNS[:2])
        )
        if rows.empty:
            return []
        low, high = max(rows["latency_ms_p50"].min(), 0.1), rows["latency_ms_p99"].max()
        axes.axhspan(low, high, color=ink("baseline"), lw=0, zorder=0.7, alpha=0.55)
        return [Patch(facecolor=ink("baseline"), linewidth=0, alpha=0.55, label="range in baseline")]

    def _scale(self, axes: Axes, latency: pd.DataFrame) -> None:
        least = 10.0 if self.judgement.series.reference.empty else 1.0
        low = min(latency["latency_ms_p50"].min(), least)
        high = max(latency["latency_ms_max"].max(), 100.0)
        axes.set_ylim(low * 0.7, high * 1.5)
        axes.yaxis.set_major_locator(LogLocator(base=10, numticks=8))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _tick(value)))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.grid(axis="y", color=ink("grid"), linewidth=0.7)


def _tick(value_ms: float) -> str:
    return f"{value_ms / 1_000:g} s" if value_ms >= 1_000 else f"{value_ms:g} ms"
