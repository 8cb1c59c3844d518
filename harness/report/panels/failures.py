"""The panel of the failures: every failed request, in its lane, over the outages."""

from __future__ import annotations

from functools import cached_property

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from harness.evidence.names import Outcome, Role
from harness.judge.model import Outage, Verdict
from harness.report.labels import Label, stagger
from harness.report.marks import mark_of
from harness.report.palette import ink
from harness.report.panels.canvas import PLOT
from harness.report.panels.panel import Panel, legend, rows
from harness.report.text import count, counted, seconds, shortened

LANES_MAX = 20
"""Rows drawn at most: more would outgrow a screen. Failing ones stay, the rest is counted."""
_LABELLED_OUTAGES_MAX = 12
_LABEL_LEVELS_MAX = 3
"""More would push the lanes off the screen; outages without a label stand in the list all the same."""
_ROW = 16.0
_HANG_MS_MIN = 250.0
"""A failure that took longer than this gets a tail as long as it took."""


class FailuresPanel(Panel):
    """A row per lane, a mark per failed request, shaped by its class; hollow where it may have happened."""

    title = "Failed requests"
    summary = "a mark for every failed request by lane and error class, over the outages"

    @property
    def height(self) -> float:
        """Points."""
        legend_rows = len(self._classes()) + 4
        return max(_ROW * (len(self._lanes) + self._outage_rows), 16.0 * legend_rows, 60.0)

    def draw(self, axes: Axes) -> None:
        """Rows, outage bars with their length, then the marks."""
        self._rows(axes)
        if self._marks.empty:
            self._say_none_failed(axes)
            legend(axes, self._legend())
            return
        self._bars(axes)
        self._tails(axes)
        for (lane, error, outcome), group in self._marks.groupby(["lane", "error", "outcome"], sort=True):
            self._mark(axes, str(lane), str(error), str(outcome), group["second"].tolist())
        legend(axes, self._legend())

    @cached_property
    def _marks(self) -> pd.DataFrame:
        """Failures in the window; two that would be drawn on the same spot are drawn once."""
        failures = self.judgement.series.failures
        inside = failures["intended_ns"].between(self.window.start_ns, self.window.end_ns)
        marks = failures.loc[inside, ["intended_ns", "lane", "error", "outcome", "latency_ms"]].copy()
        marks["error"] = marks["error"].fillna("other").astype(str)
        marks["second"] = [self.window.second(int(when)) for when in marks["intended_ns"]]
        marks["spot"] = [round(self.window.points(second) * 2) for second in marks["second"]]
        return marks.sort_values(["intended_ns", "lane", "error"]).drop_duplicates(
            ["spot", "lane", "error", "outcome"]
        )

    @cached_property
    def _lanes(self) -> list[str]:
        """Every probe, which is the evidence, and of the other lanes those that failed; probes first."""
        failing = set(self._marks["lane"])
        roles = {stats.lane: stats.role for stats in self.judgement.lanes}
        lanes = [*roles, *sorted(failing - set(roles))]
        shown = [lane for lane in lanes if lane in failing or roles[lane] is Role.PROBE]
        if len(shown) > LANES_MAX:
            shown = sorted(shown, key=lambda lane: lane not in failing)[:LANES_MAX]
        return sorted(shown, key=lambda lane: (roles.get(lane) is not Role.PROBE, lanes.index(lane)))

    @cached_property
    def _outages(self) -> list[tuple[int, Outage]]:
        """Outages to be seen, each with the number it has in the tables."""
        numbered = enumerate(self.judgement.outages, start=1)
        return [(n, o) for n, o in numbered if self.window.touches(o.start_ns, o.end_ns)]

    @cached_property
    def _outage_labels(self) -> list[tuple[int, Outage, float, int]]:
        """Number, outage, centre in points and level of the longest outages' labels."""
        longest = sorted(self._outages, key=lambda item: -item[1].duration_s)[:_LABELLED_OUTAGES_MAX]
        for labelled in range(len(longest), 0, -1):
            placed = self._placed(sorted(longest[:labelled], key=lambda item: item[0]))
            if max(level for *_, level in placed) < _LABEL_LEVELS_MAX:
                return placed
        return []

    def _placed(self, outages: list[tuple[int, Outage]]) -> list[tuple[int, Outage, float, int]]:
        labels = [
            Label(self._middle(outage), len(self._outage_text(number, outage)) * 6.2 + 4)
            for number, outage in outages
        ]
        places = stagger(labels, gap=6, left=-20, right=PLOT + 20)
        return [(n, o, *place) for (n, o), place in zip(outages, places, strict=True)]

    @property
    def _outage_rows(self) -> int:
        if not self._outages:
            return 0
        return 2 + max((level for *_, level in self._outage_labels), default=0)

    def _middle(self, outage: Outage) -> float:
        left_s, right_s = self.window.span_s(outage.start_ns, outage.end_ns)
        return self.window.points((left_s + right_s) / 2)

    @staticmethod
    def _outage_text(number: int, outage: Outage) -> str:
        return f"#{number}  {'over ' if outage.open_ended else ''}{seconds(outage.duration_s)}"

    def _y(self, lane: str) -> int:
        return self._outage_rows + self._lanes.index(lane)

    def _rows(self, axes: Axes) -> None:
        names = [""] * self._outage_rows + [shortened(lane, 25) for lane in self._lanes]
        if self._outage_rows:
            names[self._outage_rows - 1] = "outages"
        rows(axes, names or [""])
        for lane in self._lanes:
            axes.axhline(self._y(lane), color=ink("grid"), linewidth=0.7, zorder=0.6)

    def _say_none_failed(self, axes: Axes) -> None:
        """Calm has to be told from blindness: how many requests had the chance to fail."""
        requests = self.judgement.counts.get("requests", 0)
        passed = self.judgement.verdict is Verdict.PASS
        sentence = f"No request failed, of {count(requests)}" if requests else "No request was recorded"
        if len(self.judgement.series.failures):
            sentence = "No request failed in this stretch of the run"
        text = axes.text(
            0.5,
            0.5,
            sentence,
            transform=axes.transAxes,
            ha="center",
            va="center",
            fontsize=13,
            fontweight="bold",
            color=ink("pass" if requests and passed else "ink"),
            zorder=5,
        )
        text.set_bbox({"facecolor": ink("surface"), "edgecolor": ink("line"), "boxstyle": "round,pad=0.55"})

    def _bars(self, axes: Axes) -> None:
        row = self._outage_rows - 1
        least_s = self.window.as_seconds(2.5)
        for _, outage in self._outages:
            left_s, right_s = self.window.span_s(outage.start_ns, outage.end_ns)
            early_s, late_s = self.window.span_s(
                outage.start_ns - outage.uncertainty_ns, outage.end_ns + outage.uncertainty_ns
            )
            axes.plot([early_s, late_s], [row, row], color=ink("outage"), linewidth=1.2, zorder=3)
            width_s = max(right_s - left_s, least_s)
            axes.add_patch(
                Rectangle(
                    (left_s, row - 0.3),
                    width_s,
                    0.6,
                    facecolor=ink("outage" if outage.charged else "out"),
                    edgecolor=ink("surface"),
                    hatch=None if outage.charged else "---",
                    linewidth=0,
                    zorder=4,
                )
            )
            for lane in set(outage.lanes) & set(self._lanes):
                axes.add_patch(
                    Rectangle(
                        (left_s, self._y(lane) - 0.42),
                        width_s,
                        0.84,
                        facecolor=ink("outage"),
                        alpha=0.28,
                        linewidth=0,
                        zorder=1,
                    )
                )
        for number, outage, centre, level in self._outage_labels:
            axes.text(
                self.window.left_s + self.window.as_seconds(centre),
                row - 0.75 - level,
                self._outage_text(number, outage),
                ha="center",
                va="center_baseline",
                fontsize=10.5,
                fontweight="bold",
                color=ink("fail"),
                zorder=6,
            )

    def _tails(self, axes: Axes) -> None:
        """How long the caller was kept waiting before the request failed."""
        hung = self._marks[self._marks["latency_ms"] >= _HANG_MS_MIN]
        segments = [
            [(second, self._y(lane)), (min(second + latency / 1e3, self.window.right_s), self._y(lane))]
            for second, lane, latency in zip(hung["second"], hung["lane"], hung["latency_ms"], strict=True)
            if lane in self._lanes
        ]
        axes.add_collection(LineCollection(segments, colors=ink("mark"), linewidths=1.3, zorder=3))

    def _mark(self, axes: Axes, lane: str, error: str, outcome: str, at_s: list[float]) -> None:
        if lane not in self._lanes:
            return
        hollow = outcome == Outcome.UNKNOWN
        axes.plot(
            at_s,
            [self._y(lane)] * len(at_s),
            linestyle="none",
            marker=mark_of(error).shape,
            markersize=mark_of(error).size,
            markerfacecolor=ink("surface") if hollow else ink("mark"),
            markeredgecolor=ink("mark") if hollow else ink("surface"),
            markeredgewidth=1.3 if hollow else 0.6,
            zorder=5,
            clip_on=False,
        )

    def _classes(self) -> list[str]:
        return sorted(set(self._marks["error"]))

    def _hidden_words(self, hidden: set[str]) -> str:
        failing = len(hidden & set(self._marks["lane"]))
        # Two lines: the legend's column is as wide as "hollow: may be done".
        return counted(len(hidden), "more lane") + (
            f":\nhidden, {failing} failing" if failing else ":\nno failure"
        )

    def _legend(self) -> list[Artist]:
        handles: list[Artist] = [
            Line2D(
                [],
                [],
                linestyle="none",
                marker=mark_of(error).shape,
                markersize=mark_of(error).size,
                markerfacecolor=ink("mark"),
                markeredgecolor=ink("surface"),
                label=mark_of(error).words,
            )
            for error in self._classes()
        ]
        if Outcome.UNKNOWN in set(self._marks["outcome"]):
            handles.append(
                Line2D(
                    [],
                    [],
                    linestyle="none",
                    marker="o",
                    markersize=6,
                    markerfacecolor=ink("surface"),
                    markeredgecolor=ink("mark"),
                    label="hollow: may be done",
                )
            )
        if self._outages:
            handles.append(Patch(facecolor=ink("outage"), linewidth=0, label="outage"))
        if any(not outage.charged for _, outage in self._outages):
            handles.append(Patch(facecolor=ink("out"), hatch="------", lw=0, label="laid to the machine"))
        hidden = {stats.lane for stats in self.judgement.lanes} - set(self._lanes)
        if hidden:
            handles.append(Line2D([], [], linestyle="none", label=self._hidden_words(hidden)))
        return handles
