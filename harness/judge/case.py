"""Everything that is measured of one run, each measure taken once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

from harness.evidence.continuity import CellsRead
from harness.evidence.history import RunFigures
from harness.judge.downtime import Downtime
from harness.judge.evidence import Evidence
from harness.judge.measures.charged import ChargedFailures, charged_failures
from harness.judge.measures.counts import counts, phase_counts, reference_counts
from harness.judge.measures.database_activity import database_activity
from harness.judge.measures.detectable import Detectable, detectable
from harness.judge.measures.figure_changes import figure_changes
from harness.judge.measures.figures import figures
from harness.judge.measures.honoured import honoured
from harness.judge.measures.impacts import impact_bounds, impacts
from harness.judge.measures.lane_stats import lane_stats
from harness.judge.measures.logged import Logged, logged
from harness.judge.measures.masked import masked_failures
from harness.judge.measures.node_errors import node_errors
from harness.judge.measures.out import nodes_out
from harness.judge.measures.outages import outages
from harness.judge.measures.phase_latency import phase_latency
from harness.judge.measures.release_shares import release_shares
from harness.judge.measures.roll_time import roll_time
from harness.judge.measures.saturation import Saturation, saturation
from harness.judge.measures.series import series
from harness.judge.measures.silences import Silence, silences
from harness.judge.measures.slow_stretches import slow_stretches
from harness.judge.measures.stalls import stalls
from harness.judge.measures.stutters import stutters
from harness.judge.measures.tables_read import tables_read
from harness.judge.measures.unasked import unasked
from harness.judge.measures.whole_silences import WholeSilences, whole_silences
from harness.judge.measures.writes import write_counts
from harness.judge.model import Counts, LaneStats, RequestCounts, Series, Stall
from harness.judge.observations import (
    AppliedMigration,
    DatabaseActivity,
    FigureChange,
    Impact,
    LoggedErrors,
    MaskedFailures,
    NodeOut,
    PhaseLatency,
    ReleaseShare,
    SlowStretch,
    Stutters,
    TablesRead,
    Unasked,
    WriteCounts,
)
from harness.judge.timeline import applied_migrations, overhead
from harness.scenario import ImpactSettings

Taken = TypeVar("Taken")


class BrokenMeasure(Exception):  # noqa: N818 - it is what happened to the measure
    """A measure could not be taken: a fault of the harness, which says nothing of Keystone."""

    def __init__(self, measure: str, error: Exception) -> None:
        self.measure = measure
        """Its name in words: `charged failures`."""
        self.error = type(error).__name__
        super().__init__(f"the measure of {self.measure} broke with {self.error}")


class Measure(Generic[Taken]):
    """An attribute of a case that is measured when it is first asked for, and then kept.

    A measure that breaks raises the same `BrokenMeasure` each time, and so does every measure that rests on
    it: the name that is told is that of the one that broke.
    """

    def __init__(self, take: Callable[[Case], Taken]) -> None:
        self._take = take
        self.__doc__ = take.__doc__

    def __set_name__(self, owner: type[Case], name: str) -> None:
        self._name = name

    @overload
    def __get__(self, case: None, owner: type[Case]) -> Measure[Taken]: ...
    @overload
    def __get__(self, case: Case, owner: type[Case]) -> Taken: ...
    def __get__(self, case: Case | None, owner: type[Case]) -> Taken | Measure[Taken]:
        if case is None:
            return self
        if self._name in case.broken:
            raise case.broken[self._name]
        if self._name not in case.taken:
            case.taken[self._name] = self._guarded(case)
        kept: Taken = case.taken[self._name]
        return kept

    def _guarded(self, case: Case) -> Taken:
        try:
            return self._take(case)
        except BrokenMeasure as broken:
            case.broken[self._name] = broken
            raise
        except Exception as error:
            case.broken[self._name] = BrokenMeasure(self._name.replace("_", " "), error)
            raise case.broken[self._name] from error


class Case:
    """The evidence of a run and what is measured of it; questions, gate and headline rest on this alone."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.taken: dict[str, Any] = {}
        """What has been measured so far, by its name here."""
        self.broken: dict[str, BrokenMeasure] = {}
        """What could not be measured, likewise."""

    @Measure
    def saturation(self) -> Saturation:
        """Whether the machine was saturated, and which failures may be charged to the upgrade."""
        return saturation(self.evidence)

    @Measure
    def charged_failures(self) -> ChargedFailures:
        """What failed in each lane, and whether it is charged."""
        return charged_failures(self.evidence, self.saturation)

    @Measure
    def downtime(self) -> Downtime:
        """The outages: failures at one time."""
        return outages(self.evidence, self.charged_failures)

    @Measure
    def silences(self) -> tuple[Silence, ...]:
        """How long each lane was without a success, and without a probe, in the order of the lanes."""
        return silences(self.evidence)

    @Measure
    def stalls(self) -> tuple[Stall, ...]:
        """The longest stall of each probe lane, the longest first."""
        return stalls(self.evidence, self.silences)

    @Measure
    def whole_silences(self) -> WholeSilences:
        """When nobody at all was answered."""
        return whole_silences(self.evidence, self.saturation, self.silences)

    @Measure
    def detectable(self) -> Detectable:
        """What the probes could not have missed."""
        return detectable(self.evidence, self.silences)

    @Measure
    def counts(self) -> RequestCounts:
        """Requests to Keystone that are judged, and what became of them."""
        return counts(self.evidence)

    @Measure
    def reference_counts(self) -> Counts:
        """Pings of the known-good target."""
        return reference_counts(self.evidence)

    @Measure
    def lane_stats(self) -> tuple[LaneStats, ...]:
        """Counts and latencies of each lane, per phase and over the whole run."""
        return lane_stats(self.evidence, self.silences)

    @Measure
    def phase_counts(self) -> dict[str, Counts]:
        """Requests to Keystone in each phase, in the order of the procedure."""
        return phase_counts(self.lane_stats)

    @Measure
    def impact_bounds(self) -> ImpactSettings | None:
        """Bounds of the comparison with the baseline phase; None where it was not asked for."""
        return impact_bounds(self.evidence)

    @Measure
    def impacts(self) -> tuple[Impact, ...]:
        """Each probe lane in each phase against its baseline; empty where that was not asked for."""
        return impacts(self.evidence, self.saturation, self.impact_bounds)

    @Measure
    def slow_stretches(self) -> tuple[SlowStretch, ...]:
        """When answers were slow one after the other; empty where that was not asked for."""
        return slow_stretches(self.evidence, self.saturation, self.impact_bounds)

    @Measure
    def masked_failures(self) -> MaskedFailures:
        """What the balancer kept from its clients."""
        return masked_failures(self.evidence)

    @Measure
    def logged(self) -> Logged:
        """The requests held against the balancer's own log."""
        return logged(self.evidence)

    @Measure
    def unasked(self) -> tuple[Unasked, ...]:
        """What failed for others than probes and load."""
        return unasked(self.evidence, self.logged)

    @Measure
    def node_errors(self) -> tuple[LoggedErrors, ...]:
        """Where nodes logged errors more often than in the baseline."""
        return node_errors(self.evidence)

    @Measure
    def nodes_out(self) -> tuple[NodeOut, ...]:
        """What became of each node while it was out of the balancer."""
        return nodes_out(self.evidence, self.logged)

    @Measure
    def release_shares(self) -> tuple[ReleaseShare, ...]:
        """Which release answered in which step of the roll."""
        return release_shares(self.evidence)

    @Measure
    def database_activity(self) -> DatabaseActivity:
        """What waited for locks in the database."""
        return database_activity(self.evidence)

    @Measure
    def stutters(self) -> Stutters:
        """When the known-good target was slow or silent."""
        return stutters(self.evidence)

    @Measure
    def write_counts(self) -> tuple[WriteCounts, ...]:
        """What became of writes, per kind of entity; empty where integrity was not asked."""
        return write_counts(self.evidence)

    @Measure
    def honoured(self) -> CellsRead:
        """The checks of continuity, with what the writes of the load make of their outcomes."""
        return honoured(self.evidence)

    @Measure
    def phase_latency(self) -> tuple[PhaseLatency, ...]:
        """Latency of all probe lanes together in each phase."""
        return phase_latency(self.evidence)

    @Measure
    def roll_time(self) -> float | None:
        """Seconds in which nodes were rolled; None where nothing was, or the roll did not end."""
        return roll_time(self.evidence.timeline)

    @Measure
    def figures(self) -> RunFigures:
        """The few figures that the run's history is compared by."""
        return figures(self.lane_stats, self.charged_failures, self.downtime, self.stalls, self.roll_time)

    @Measure
    def figure_changes(self) -> tuple[FigureChange, ...]:
        """Each figure against the earlier runs; empty where none were given."""
        history = self.evidence.history
        return () if history is None else figure_changes(self.figures, [run.figures for run in history.runs])

    @Measure
    def series(self) -> Series:
        """What the picture draws."""
        return series(self.evidence)

    @Measure
    def migrations(self) -> tuple[AppliedMigration, ...]:
        """Migrations as they were journalled."""
        return applied_migrations(self.evidence.timeline)

    @Measure
    def tables_read(self) -> tuple[TablesRead, ...]:
        """What the version tables held at the edges of steps."""
        return tables_read(self.evidence.database.versions)

    @Measure
    def overhead(self) -> dict[str, float]:
        """What the harness itself added to the procedure."""
        return overhead(self.evidence.timeline, self.evidence.journal.events)
