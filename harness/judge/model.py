"""What a judged run is made of; the report draws this and computes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from harness.evidence.continuity import Cell
from harness.evidence.manifest import Manifest
from harness.evidence.names import Role
from harness.evidence.names import Verdict as Verdict
from harness.judge.downtime import Downtime
from harness.judge.gate_outcome import GateOutcome
from harness.judge.observations import (
    AppliedMigration,
    DatabaseActivity,
    FigureChange,
    Impact,
    MaskedFailures,
    PhaseLatency,
    ReleaseShare,
    Stutters,
    TablesRead,
    WriteCounts,
)
from harness.scenario import JudgeSettings


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """FAIL over INCONCLUSIVE over PASS; INCONCLUSIVE for none at all."""
    order = (Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.FAIL)
    return max(verdicts, key=order.index, default=Verdict.INCONCLUSIVE)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a question found; what does not apply is None."""

    sentence: str
    """Plain English, complete: what, when, where, how much."""
    verdict: Verdict
    phase: str | None = None
    step: str | None = None
    node: str | None = None
    release: str | None = None
    lane: str | None = None
    error: str | None = None
    start_ns: int | None = None
    end_ns: int | None = None
    uncertainty_ns: int | None = None
    """At each edge."""
    requests: int | None = None
    accepted: str | None = None
    """Reason for which the finding is accepted and does not count, or None."""
    lanes: tuple[str, ...] = ()
    """Every lane of an outage, also where there is one; `lane` names it only then."""
    inner_start_ns: int | None = None
    """Of a disruption, whose outer bound is `start_ns` to `end_ns`: it certainly lasted from then."""
    inner_end_ns: int | None = None
    """Likewise, until then."""
    of_the_harness: bool = False
    """The harness itself is at fault, so that this is never accepted."""

    @property
    def lasted_ns(self) -> int:
        """From its beginning to its end; 0 where it has none."""
        return self.end_ns - self.start_ns if self.end_ns is not None and self.start_ns is not None else 0


@dataclass(frozen=True, slots=True)
class Question:
    """One question of the verdict with its answer."""

    name: str
    verdict: Verdict
    findings: tuple[Finding, ...]
    advisory: bool = False
    """Shown, but not counted in the run's verdict."""


@dataclass(frozen=True, slots=True)
class Span:
    """A phase, or a step of one, from its `begin` to its `end`, `fail` or `skip`."""

    phase: str
    step: str | None
    node: str | None
    start_ns: int
    end_ns: int
    """Where the journal breaks off, the last instant of the evidence."""
    edge: str
    """`end`, `fail`, `skip`, or `begin` where no end was written."""
    detail: dict[str, Any]
    """Details of begin and end merged, the end's winning."""


@dataclass(frozen=True, slots=True)
class NodeState:
    """A stretch of one node's life, for the picture."""

    node: str
    state: str
    """`serving`, `draining`, `out` (no traffic, alive), `stopped`, `starting`."""
    release: str
    """Version it serves or will serve."""
    start_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """The procedure on the run's clock."""

    start_ns: int
    end_ns: int
    phases: tuple[Span, ...]
    steps: tuple[Span, ...]
    nodes: tuple[NodeState, ...]


@dataclass(frozen=True, slots=True)
class LaneStats:
    """One lane in one phase (phase None: the whole run)."""

    phase: str | None
    lane: str
    role: Role
    requests: int
    """Due in this phase, unsent ones included."""
    failed: int
    unknown: int
    unsent: int
    error_rate_upper_95: float | None
    """Upper bound of the one-sided 95 % Clopper-Pearson interval on (failed + unknown) / sent, 0 to 1."""
    latency_ms_p50: float | None
    """From intended time to end, answered requests; None where there is none."""
    latency_ms_p95: float | None
    latency_ms_p99: float | None
    latency_ms_max: float | None
    gap_s_max: float | None
    """Longest time in which requests were due and none succeeded, between successive successes."""
    detectable_outage_s: float | None
    """Longest time between successive sent probes: a shorter outage of this lane may have gone unseen."""

    @property
    def sent(self) -> int:
        """Those that left the generator: only they can fail."""
        return self.requests - self.unsent

    @property
    def without_success(self) -> int:
        """Failed and unknown ones."""
        return self.failed + self.unknown


@dataclass(frozen=True, slots=True)
class Stall:
    """The longest time in which requests of one probe lane were due and none succeeded."""

    lane: str
    length_s: float


@dataclass(frozen=True, slots=True)
class Counts:
    """Requests of one kind that were due in a stretch of the run, and what became of them."""

    requests: int = 0
    """Due, unsent ones included."""
    failed: int = 0
    unknown: int = 0
    unsent: int = 0

    @property
    def sent(self) -> int:
        """Those that left the generator: only they can fail."""
        return self.requests - self.unsent

    @property
    def without_success(self) -> int:
        """Failed and unknown ones: a user saw no success in either."""
        return self.failed + self.unknown

    @property
    def went_well(self) -> int:
        """Those that had their success."""
        return self.sent - self.without_success


@dataclass(frozen=True, slots=True)
class RequestCounts(Counts):
    """The requests to Keystone, never the pings of the known-good target, of the probed time."""

    not_judged: int = 0
    """Due before the first probed phase or after the last."""
    not_judged_failed: int = 0
    """Those of them that failed or are unknown."""


@dataclass(frozen=True)
class Series:
    """What the picture draws, small whatever the length of the run."""

    bucket_ns: int
    """Width of a bucket; see `harness.judge.measures.bins`."""
    rate: pd.DataFrame
    """Columns `bucket` (start, ns), `release` (version, or `none` where no node answered), `requests`,
    `failed`."""
    latency: pd.DataFrame
    """Open-model lanes, of each bin with enough answers for percentiles: columns `bucket`, `latency_ms_p50`,
    `latency_ms_p99`; empty where no bin has."""
    failures: pd.DataFrame
    """Failed and unknown requests, at most 5,000, evenly thinned beyond: columns `intended_ns`, `lane`, `op`,
    `connection`, `outcome`, `error`, `status`, `detail`, `node`, `release`, `request_id`, `latency_ms`."""
    reference: pd.DataFrame = field(default_factory=pd.DataFrame)
    """The known-good target: columns `bucket`, `latency_ms_max`; empty where there is none."""
    requests: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Requests one by one, as `harness.judge.measures.sample` has them; empty where there is none."""
    latency_ns: int | None = None
    """Width of the bins of `latency`; None where nothing has a percentile."""
    answers: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=["intended_ns", "latency_ms"], dtype=float)
    )
    """Answered requests of open-model lanes, by when they were due: columns `intended_ns`, `latency_ms`."""
    answers_ns: int | None = None
    """Width of the moments of which `answers` has the slowest; None where it has each."""


@dataclass(frozen=True)
class Judgement:
    """Everything known of a run after judging; a function of its files and the judge's settings."""

    manifest: Manifest
    timeline: Timeline
    verdict: Verdict
    headline: str
    """One sentence a manager understands: whether there was downtime, and how much."""
    questions: tuple[Question, ...]
    downtime: Downtime
    """Every outage, with their lengths and counts."""
    lanes: tuple[LaneStats, ...]
    """Per phase and lane, then per lane for the whole run."""
    series: Series
    counts: RequestCounts
    """What a page calls requests: those to Keystone that are judged."""
    minimum_detectable_outage_s: float | None
    """Of the least densely probed lane; None without probes."""
    detectable_whole_outage_s: float | None
    """Of an outage that hits every lane: the longest time without any probe under way to be sent."""
    migrations: tuple[AppliedMigration, ...]
    """By time."""
    versions: tuple[TablesRead, ...]
    """The version tables at each step's edge, by time."""
    overhead: dict[str, float]
    """`wall_s`, `busy_s` (commands and waits), `overhead_percent`."""
    limits: tuple[str, ...]
    """What this run can not prove, a sentence each."""
    impacts: tuple[Impact, ...] = ()
    """Each probe lane in each phase against its baseline; empty where that was not asked."""
    masked: MaskedFailures = field(default_factory=lambda: MaskedFailures((), 0, 0))
    """What the balancer kept from its clients."""
    shares: tuple[ReleaseShare, ...] = ()
    """Which releases answered in each step of the roll."""
    database: DatabaseActivity = field(default_factory=lambda: DatabaseActivity((), ()))
    """What waited for locks in the database."""
    stutters: Stutters = field(default_factory=Stutters)
    """When the known-good target was slow or silent."""
    settings: JudgeSettings = field(default_factory=JudgeSettings)
    """The bounds that it was judged under."""
    overrides: tuple[str, ...] = ()
    """Bounds given when judging, `judge.<key>=<value>`, over those the run was made with."""
    writes: tuple[WriteCounts, ...] = ()
    """Per kind of entity; empty where the question of integrity was not asked."""
    gate: GateOutcome = field(default_factory=GateOutcome)
    """What the gate let through."""
    regressions: tuple[FigureChange, ...] = ()
    """Each figure against earlier runs; empty where none were given."""
    continuity: tuple[Cell, ...] = ()
    """Each check of what one node made and another was asked to honour, by time."""
    stalls: tuple[Stall, ...] = ()
    """Of each probe lane that has any, the longest first."""
    reference: Counts = field(default_factory=Counts)
    """The pings of the known-good target, which are never counted among the requests."""
    phase_counts: Mapping[str, Counts] = field(default_factory=dict)
    """The requests of each probed phase, pings left out; in the order of the procedure."""
    latency: tuple[PhaseLatency, ...] = ()
    """Of all probe lanes together, by phase, in order of time."""
    roll_s: float | None = None
    """How long the nodes were rolled; None where nothing was, or the roll did not end."""

    @property
    def least_known(self) -> LaneStats | None:
        """The probe lane of whose error rate least is known, over the whole run; None where none was sent."""
        bounded = [
            stats
            for stats in self.lanes
            if stats.phase is None and stats.role is Role.PROBE and stats.error_rate_upper_95 is not None
        ]
        return max(bounded, key=lambda stats: stats.error_rate_upper_95 or 0.0, default=None)

    @property
    def longest_stall(self) -> Stall | None:
        """Of all probe lanes; None where no request of theirs was due."""
        return self.stalls[0] if self.stalls else None

    @property
    def longest_stall_s(self) -> float | None:
        """Its length in seconds."""
        return self.stalls[0].length_s if self.stalls else None
