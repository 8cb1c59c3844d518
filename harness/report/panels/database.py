"""The panel of the database: what `keystone-manage` and its kin were doing, and each migration."""

from __future__ import annotations

from functools import cached_property

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from harness.evidence.names import PROBED_PHASES, Phase, Step
from harness.evidence.outcomes import CommandRun
from harness.judge.model import Span
from harness.judge.observations import LockWait
from harness.report.palette import ink
from harness.report.panels.canvas import PLOT
from harness.report.panels.panel import Panel, legend, rows, say_nothing_recorded
from harness.report.text import counted, seconds, shortened, words

_COMMANDS = frozenset(
    {Step.BACKUP, Step.DOCTOR, Step.UPGRADE_CHECK, Step.TOKEN_FLUSH, Step.DB_SYNC, Step.DB_CHECK}
)
_TRUST = frozenset({Step.SET_TRUST, Step.RESTORE_TRUST})
_MIGRATIONS = "migrations"
_WAITS = "lock waits"
_WAIT_HATCH = "xxxx"


class DatabasePanel(Panel):
    """A row per command, a bar per run of it; migrations as ticks in the first row."""

    title = "Database"
    summary = "what keystone-manage was doing, with each migration as a tick and lock waits as bars"

    @property
    def height(self) -> float:
        """Points."""
        return max(19.0 * len(self._rows), 56.0)

    def draw(self, axes: Axes) -> None:
        """Bars with how long each took, and what it exited with where that is not 0."""
        if not self._rows:
            say_nothing_recorded(axes, "No command ran against the database")
            return
        rows(axes, self._rows)
        for span in self._spans:
            self._bar(axes, span)
        self._ticks(axes)
        self._waits(axes)
        legend(axes, self._legend())

    @cached_property
    def _spans(self) -> list[Span]:
        return [
            span
            for span in self.judgement.timeline.steps
            if span.phase in PROBED_PHASES
            and (
                span.step in _COMMANDS
                or span.step in _TRUST
                or CommandRun.of(span.detail).exit_code is not None
            )
            and span.edge != "skip"
            and self.window.touches(span.start_ns, span.end_ns)
        ]

    @cached_property
    def _rows(self) -> list[str]:
        names = [_row(span) for span in self._spans]
        migrations = [_MIGRATIONS] if self.judgement.migrations else []
        waits = [_WAITS] if self._seen_waits else []
        return list(dict.fromkeys([*migrations, *names, *waits]))

    @cached_property
    def _seen_waits(self) -> list[LockWait]:
        waits = self.judgement.database.waits
        return [wait for wait in waits if self.window.touches(wait.start_ns, wait.end_ns)]

    def _waits(self, axes: Axes) -> None:
        """A bar a wait, the longest with its length: statements stand in the table of lock waits."""
        if not self._seen_waits:
            return
        row = self._rows.index(_WAITS)
        least_s = self.window.as_seconds(2.0)
        spans = [self.window.span_s(wait.start_ns, wait.end_ns) for wait in self._seen_waits]
        axes.broken_barh(
            [(left_s, max(right_s - left_s, least_s)) for left_s, right_s in spans],
            (row - 0.31, 0.62),
            facecolor=ink("mark"),
            edgecolor=ink("surface"),
            hatch=_WAIT_HATCH,
            lw=0,
            zorder=3,
        )
        longest = max(self._seen_waits, key=lambda wait: wait.waited_s)
        _, right_s = self.window.span_s(longest.start_ns, longest.end_ns)
        axes.annotate(
            seconds(longest.waited_s),
            (right_s, row),
            xytext=(4, 0),
            textcoords="offset points",
            va="center_baseline",
            fontsize=9.5,
            color=ink("ink"),
            zorder=5,
        )

    def _bar(self, axes: Axes, span: Span) -> None:
        left_s, right_s = self.window.span_s(span.start_ns, span.end_ns)
        row = self._rows.index(_row(span))
        failed = span.edge == "fail"
        axes.barh(
            row,
            max(right_s - left_s, self.window.as_seconds(2.0)),
            left=left_s,
            height=0.62,
            color=ink("mark" if failed else "command"),
            edgecolor=ink("surface"),
            hatch="////" if failed else None,
            linewidth=0,
            zorder=3,
        )
        self._say_how_long(axes, span, row, left_s, right_s)

    def _say_how_long(self, axes: Axes, span: Span, row: int, left_s: float, right_s: float) -> None:
        """Beside the bar, where the next bar of the row leaves room for it."""
        text = _took(span)
        end = self.window.points(right_s) + len(text) * 6 + 6
        later = [
            other for other in self._spans if _row(other) == _row(span) and other.start_ns > span.start_ns
        ]
        if later and self.window.points(self.window.second(later[0].start_ns)) < end:
            return
        fits = end <= PLOT
        axes.annotate(
            text,
            (right_s if fits else left_s, row),
            xytext=(4 if fits else -4, 0),
            textcoords="offset points",
            ha="left" if fits else "right",
            va="center_baseline",
            fontsize=9.5,
            color=ink("muted"),
            zorder=4,
        )

    def _ticks(self, axes: Axes) -> None:
        """A tick a migration, counted once a phase: names stand in the table of migrations."""
        by_phase: dict[str, list[float]] = {}
        for migration in self.judgement.migrations:
            at_ns = migration.start_ns
            if at_ns is not None and self.window.touches(at_ns, at_ns):
                by_phase.setdefault(migration.phase, []).append(self.window.second(at_ns))
        for phase, at_s in by_phase.items():
            axes.plot(
                at_s, [0] * len(at_s), ls="none", marker="|", ms=11, mew=2.0, color=ink("migration"), zorder=4
            )
            axes.annotate(
                f"{counted(len(at_s), 'migration')} in {words(phase)}",
                (max(at_s), 0),
                xytext=(6, 0),
                textcoords="offset points",
                va="center_baseline",
                fontsize=9.5,
                color=ink("ink"),
                zorder=5,
            )

    def _legend(self) -> list[Artist]:
        handles: list[Artist] = [Patch(facecolor=ink("command"), linewidth=0, label="command running")]
        if any(span.edge == "fail" for span in self._spans):
            handles.append(
                Patch(
                    facecolor=ink("mark"), edgecolor=ink("surface"), hatch="////", lw=0, label="step failed"
                )
            )
        if self.judgement.migrations:
            handles.append(
                Line2D([], [], ls="none", marker="|", ms=9, mew=2, color=ink("migration"), label="migration")
            )
        if self._seen_waits:
            waited = Patch(facecolor=ink("mark"), edgecolor=ink("surface"), hatch=_WAIT_HATCH, lw=0)
            waited.set_label("waited for a lock")
            handles.append(waited)
        return handles


def _row(span: Span) -> str:
    """Name of the row that a step belongs to."""
    if span.step == Step.DB_SYNC:
        return f"db_sync --{shortened(span.phase, 12)}"
    if span.step in _TRUST:
        return "trust flag"
    if span.step == Step.DB_CHECK:
        return "db_sync --check"
    if span.step == Step.UPGRADE_CHECK:
        return "upgrade check"
    return shortened(span.step or Phase(span.phase), 20)


def _took(span: Span) -> str:
    took = seconds((span.end_ns - span.start_ns) / 1e9)
    exit_code = CommandRun.of(span.detail).exit_code
    return f"{took}, exit {exit_code}" if exit_code else took
