"""The panel of the failures: every failed request, in its lane, over the outages."""

from __future__ import annotations

from functools import cached_property

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from harness.evidence.names import Role
from harness.judge.model import Verdict
from harness.report.palette import ink
from harness.report.panels.failure_marks import FailureMarks
from harness.report.panels.outage_bars import OutageBars
from harness.report.panels.panel import Panel, legend, rows
from harness.report.text import count, counted, shortened

LANES_MAX = 20
"""Rows drawn at most: more would outgrow a screen. Failing ones stay, the rest is counted."""
_ROW = 16.0


class FailuresPanel(Panel):
    """A row per lane, under a row for the outages."""

    title = "Failed requests"
    summary = "a mark for every failed request by lane and error class, over the disruptions"

    @property
    def height(self) -> float:
        """Points."""
        legend_rows = len(self._marks.classes) + 4
        return max(_ROW * (len(self._lanes) + self._outages.rows), 16.0 * legend_rows, 60.0)

    def draw(self, axes: Axes) -> None:
        """Rows, outage bars with their length, then the marks."""
        self._rows(axes)
        if not self._marks.lanes:
            self._say_none_failed(axes)
        else:
            self._outages.draw(axes, self._lanes, self._y)
            self._marks.draw(axes, lambda lane: self._y(lane) if lane in self._lanes else None)
        legend(axes, self._legend())

    @cached_property
    def _marks(self) -> FailureMarks:
        return FailureMarks(self.judgement.series.failures, self.window)

    @cached_property
    def _outages(self) -> OutageBars:
        return OutageBars(self.judgement.downtime.outages, self.window)

    @cached_property
    def _lanes(self) -> list[str]:
        """Every probe, which is the evidence, and of the other lanes those that failed; probes first."""
        failing = self._marks.lanes
        roles = {stats.lane: stats.role for stats in self.judgement.lanes}
        lanes = [*roles, *sorted(failing - set(roles))]
        shown = [lane for lane in lanes if lane in failing or roles[lane] is Role.PROBE]
        if len(shown) > LANES_MAX:
            shown = sorted(shown, key=lambda lane: lane not in failing)[:LANES_MAX]
        return sorted(shown, key=lambda lane: (roles.get(lane) is not Role.PROBE, lanes.index(lane)))

    def _y(self, lane: str) -> int:
        return self._outages.rows + self._lanes.index(lane)

    def _rows(self, axes: Axes) -> None:
        names = [""] * self._outages.rows + [shortened(lane, 25) for lane in self._lanes]
        if self._outages.rows:
            names[self._outages.rows - 1] = "disruptions"
        rows(axes, names or [""])
        for lane in self._lanes:
            axes.axhline(self._y(lane), color=ink("grid"), linewidth=0.7, zorder=0.6)

    def _say_none_failed(self, axes: Axes) -> None:
        """Calm has to be told from blindness: how many requests had the chance to fail."""
        requests = self.judgement.counts.sent
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

    def _legend(self) -> list[Artist]:
        handles = [*self._marks.handles(), *self._outages.handles()]
        hidden = {stats.lane for stats in self.judgement.lanes} - set(self._lanes)
        if hidden:
            handles.append(Line2D([], [], linestyle="none", label=self._hidden_words(hidden)))
        return handles

    def _hidden_words(self, hidden: set[str]) -> str:
        failing = len(hidden & self._marks.lanes)
        # Two lines: the legend's column is as wide as "hollow: may be done".
        told = f"hidden, {failing} failing" if failing else "no failure"
        return f"{counted(len(hidden), 'more lane')}:\n{told}"
