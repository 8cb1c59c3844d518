"""What was measured beside the requests' outcomes: shown, and drawn on by some questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from harness.evidence.database import LockHolder
from harness.statistics.twosample import Interval


class Change(StrEnum):
    """What a comparison with the baseline says."""

    NONE = "no difference that matters"
    SLOWER = "slower"
    OUTLIERS = "outliers"  # the middle as before, and more of the slowest
    FASTER = "faster"
    LOW_POWER = "low power"


@dataclass(frozen=True, slots=True)
class Impact:
    """One lane in one phase against the same lane's baseline; latencies from intended time to end."""

    phase: str
    lane: str
    change: Change
    samples: int
    """Successful answers compared, starved moments left out; `baseline_samples` likewise."""
    baseline_samples: int
    median_ms: float | None
    baseline_median_ms: float | None
    shift_ms: Interval | None
    """Hodges and Lehmann's, with its 95 % interval; None where power was too low."""
    superiority: Interval | None
    """Probability that an answer of the phase took longer than one of the baseline."""
    p_value: float | None
    """Of the middle, corrected for the number of comparisons."""
    limit_ms: float | None
    """Above the slowest twentieth of the baseline, by the practical floor."""
    over: int
    """Answers over that limit; `baseline_over` likewise."""
    baseline_over: int
    tail_p_value: float | None
    """Of the tail, corrected likewise."""
    reference_as_well: bool
    """The known-good target became as slow in this phase: the machine may have done it."""


@dataclass(frozen=True, slots=True)
class SlowStretch:
    """A stretch in which answers were slow one after the other, for longer than chance explains."""

    start_ns: int
    """Intended time of its first slow answer."""
    end_ns: int
    """When the last of its slow answers came."""
    uncertainty_ns: int
    """Width of the blocks in which it was found, at each edge."""
    lanes: tuple[str, ...]
    """Those with a slow answer in it."""
    requests: int
    """Sent in its blocks, in the lanes that were looked at together."""
    slow: int
    """Answers of them over the limit of their lane."""
    limit_ms: tuple[float, float]
    """The lowest and the highest limit of its lanes: above the slowest twentieth of the baseline."""
    slowest_ms: float
    baseline_s: float
    """The longest such stretch of the baseline; 0 where it had no slow block."""
    p_value: float
    """Upper bound of the chance of such a stretch in the whole run, corrected for what was looked at."""
    reference_as_well: bool
    """The known-good target was slow at the time: the machine may have done it."""


@dataclass(frozen=True, slots=True)
class Masked:
    """What the balancer kept from its clients, of one server in one step."""

    phase: str
    step: str | None
    node: str | None
    """The node that the step was about."""
    server: str
    """The balancer's name of the node, or `(balancer)` for what it did itself."""
    retried: int
    redispatched: int
    refused: int
    """Connections to the server that failed."""
    response_errors: int
    """Answers that were cut or not to be understood, as HAProxy counts them: no count of requests, for a 502
    counts twice."""
    answered_5xx: int
    """5xx that no server made."""

    @property
    def hidden(self) -> int:
        """Attempts of which no client knows."""
        return self.retried + self.redispatched


@dataclass(frozen=True, slots=True)
class MaskedFailures:
    """Everything the balancer's counters say."""

    rows: tuple[Masked, ...]
    """By time, then by server; those with nothing to tell left out."""
    samples: int
    restarts: int
    """Times at which its counters went back: it was restarted, and what it counted last is lost."""

    @property
    def hidden(self) -> int:
        """Attempts of which no client knows, over the run."""
        return sum(row.hidden for row in self.rows)

    def total(self, counter: str) -> int:
        """Sum of one counter over the run."""
        return sum(getattr(row, counter) for row in self.rows)


@dataclass(frozen=True, slots=True)
class NodeOut:
    """A node that was out of the balancer, from the end of `maint` to the begin of `ready`."""

    node: str
    phase: str
    start_ns: int
    end_ns: int
    looks: int
    """How often the balancer was asked about it meanwhile."""
    seen: tuple[int, str] | None
    """When the balancer first had it as anything but in maintenance, and as what, in its own word."""
    given: int
    """Requests for which the balancer chose it meanwhile, tries included, by its own count."""
    answered: Mapping[str, int]
    """Lane -> requests sent meanwhile that the node answered."""
    meant: Mapping[str, int]
    """Lane -> requests sent meanwhile that the balancer answered itself, having meant them for the node."""
    logged: int
    """Requests sent meanwhile that the balancer's log has it given to, where that is evidence."""
    first_ns: int | None
    """When it first was not left alone; None where it was."""


@dataclass(frozen=True, slots=True)
class LoggedRequests:
    """The requests of the run, held against the balancer's own log by their ids."""

    requests: int
    """Sent to the balancer with an id; each is in one of the next six."""
    agreed: int
    """In the log with the status that the client saw."""
    otherwise: int
    """With another one."""
    unanswered: int
    """In the log, and the client saw no answer: it gave up, or was cut."""
    cut: int
    """Not in the log, cut on a kept connection: HAProxy logs none of those."""
    unreached: int
    """Not in the log, and given up or refused: they need not have reached it."""
    unlogged: int
    """Not in the log, although the client was answered."""
    cut_at_once: int
    """Not in the log, and cut on a connection of their own."""
    repeated: int
    """In the log more than once: somebody sent them again."""
    example: tuple[int, int] | None
    """Of one with another status: the client's, the log's."""


@dataclass(frozen=True, slots=True)
class LoggedErrors:
    """Errors that a node logged in one phase, more often than in the baseline."""

    phase: str
    node: str
    errors: int
    """An exception with its traceback is one."""
    baseline: int
    """In the whole of the baseline."""
    first: str
    """The first line of the first, redacted."""


@dataclass(frozen=True, slots=True)
class Unasked:
    """What the balancer saw fail for others than the run's probes and load."""

    phase: str
    server: str
    """The balancer's name of the node, or `(balancer)` for what it did itself."""
    answered_5xx: int
    cut: int


@dataclass(frozen=True, slots=True)
class ReleaseShare:
    """Which releases answered the requests that were due in one step of the roll."""

    step: str
    node: str | None
    start_ns: int
    end_ns: int
    answered: tuple[tuple[str, int], ...]
    """Release and answers, by release."""
    unattributed: int
    """Requests that were sent and that no node answered."""

    @property
    def requests(self) -> int:
        """All that were sent."""
        return sum(number for _, number in self.answered) + self.unattributed


@dataclass(frozen=True, slots=True)
class LockWait:
    """A statement that waited for a lock in the database."""

    phase: str
    step: str | None
    start_ns: int
    """No later than this: when it was first seen to wait."""
    end_ns: int
    """When it was last seen to wait."""
    waited_s: float
    state: str
    """The database's own words."""
    statement: str
    """Without its literals."""
    account: str
    program: str | None = None
    """The node or the command whose connection it was. Empty: of neither. None: that was not noted."""
    holders: tuple[LockHolder, ...] = ()
    """Who held the lock; empty where none was seen."""


@dataclass(frozen=True, slots=True)
class PhaseActivity:
    """The database in one phase."""

    phase: str
    samples: int
    gap_s_max: float
    """Longest time without a sample."""
    transactions_max: int
    oldest_transaction_s: float
    """The oldest open transaction that was seen."""


@dataclass(frozen=True, slots=True)
class DatabaseActivity:
    """Everything the samples of the database say."""

    waits: tuple[LockWait, ...]
    """By time."""
    phases: tuple[PhaseActivity, ...]


@dataclass(frozen=True, slots=True)
class Stutter:
    """A time in which the known-good target was slow or silent: the machine's doing."""

    start_ns: int
    end_ns: int
    """From when a slow request was due until it ended; such times that touch are one."""
    requests: int


@dataclass(frozen=True, slots=True)
class Stutters:
    """When the known-good target was slow or silent."""

    listed: tuple[Stutter, ...] = ()
    """By time; at most `STUTTERS_LISTED_MAX` of `judge.measures.stutters`, the longest."""
    total: int = 0
    """Those not listed included."""

    @property
    def left_out(self) -> int:
        """How many are not listed."""
        return self.total - len(self.listed)


@dataclass(frozen=True, slots=True)
class AppliedMigration:
    """A migration of the schema, as the log of its command tells it; None where that does not."""

    phase: str
    """Of the procedure."""
    revision: str | None
    title: str | None
    start_ns: int | None
    duration_s: float | None
    at_most: bool = False
    """Its end is not logged, so that the end of its command was taken for it."""


@dataclass(frozen=True, slots=True)
class PhaseLatency:
    """Latency of the probes in one phase, all lanes together, from intended time to end."""

    phase: str
    probes: int
    """Answered ones."""
    p50_ms: float | None
    p99_ms: float | None


@dataclass(frozen=True, slots=True)
class TablesRead:
    """The version tables of the database, read at an edge of a step."""

    mono_ns: int | None
    phase: str | None
    step: str | None
    edge: str | None
    """`begin` or `end`."""
    tables: Mapping[str, Sequence[str]]
    """Name -> its rows."""


@dataclass(frozen=True, slots=True)
class FigureChange:
    """One figure of a run against the same of the earlier runs."""

    measure: str
    phase: str | None
    """None, as `lane`, for the whole run."""
    lane: str | None
    value: float
    earlier: tuple[float, ...]
    bound: float
    """Upper end of the one-sided 95 % prediction interval for a further run like them."""
    p_value: float | None
    """Of a run like them being so bad, corrected; None where that was not tested."""
    worse: bool

    @property
    def mean(self) -> float:
        """Of the earlier runs."""
        return sum(self.earlier) / len(self.earlier)


@dataclass(frozen=True, slots=True)
class WriteCounts:
    """The writes to one kind of entity, and what the read-backs showed of them."""

    kind: str
    """`user`, `project` or `grant`."""
    entities: int
    acknowledged: int
    failed: int
    """Certainly not carried out."""
    unknown: int
    proven: int
    """Acknowledged ones that the last read-back speaks of."""
    lost: int
    """Entities, as the next three."""
    resurrected: int
    wrong: int
    duplicated: int
