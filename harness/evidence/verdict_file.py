"""`verdict.json`: what a judgement says of a run, for machines.

Readers ignore keys that they do not know; a key that an older program did not write has the default of a run
that was not asked for it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from harness.errors import UsageError
from harness.evidence.drafts import replace_file
from harness.evidence.files import read_document
from harness.evidence.names import Verdict
from harness.refusal import problem

_Number = int | float


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class StoredFinding(_Row):
    """One thing that a question found; what does not apply is None."""

    sentence: str
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
    requests: int | None = None
    accepted: str | None = None
    lanes: tuple[str, ...] = ()
    of_the_harness: bool = False
    inner_start_ns: int | None = None
    inner_end_ns: int | None = None

    @property
    def times_ns(self) -> tuple[int, int] | None:
        """From when until when; None where it does not tell both."""
        return None if self.start_ns is None or self.end_ns is None else (self.start_ns, self.end_ns)

    @property
    def edges_ns(self) -> tuple[float, float]:
        """Where its edges are to be expected: in the middle between its two bounds; 0 where none is told."""
        start_ns, end_ns = self.times_ns or (0, 0)
        if self.inner_start_ns is None or self.inner_end_ns is None:
            return start_ns, end_ns
        return (start_ns + self.inner_start_ns) / 2, (end_ns + self.inner_end_ns) / 2

    @property
    def length_s(self) -> float:
        """Seconds between its edges."""
        start_ns, end_ns = self.edges_ns
        return (end_ns - start_ns) / 1e9


class StoredQuestion(_Row):
    """One question with its answer."""

    verdict: Verdict
    advisory: bool = False
    findings: tuple[StoredFinding, ...] = ()


class StoredLane(_Row):
    """One lane, in a phase or in the whole run."""

    role: str = "probe"
    requests: int = 0
    failed: int = 0
    unknown: int = 0
    unsent: int = 0
    error_rate_upper_95: _Number | None = None
    latency_ms_p50: _Number | None = None
    latency_ms_p95: _Number | None = None
    latency_ms_p99: _Number | None = None
    latency_ms_max: _Number | None = None
    gap_s_max: _Number | None = None
    detectable_outage_s: _Number | None = None


class StoredCounts(_Row):
    """Requests that were due, and what became of those that did not succeed."""

    requests: int = 0
    failed: int = 0
    unknown: int = 0
    unsent: int = 0


class StoredPhase(StoredCounts):
    """One phase: counts of its requests, and each lane's."""

    lanes: dict[str, StoredLane] = {}


class StoredDowntime(_Row):
    """The outages of the run: how many, how long, and how many requests failed in them."""

    total: int
    charged: int
    longest_s: _Number | None
    charged_s: _Number | None
    failed: int
    failed_charged: int
    inner_s: _Number | None = None
    due: int | None = None
    down: int | None = None


class StoredInterval(_Row):
    """An estimate and its two-sided 95 % confidence interval."""

    estimate: _Number | None
    low: _Number | None
    high: _Number | None


class StoredImpact(_Row):
    """One lane in one phase against the same lane's baseline."""

    phase: str
    lane: str
    change: str
    samples: int
    baseline_samples: int
    median_ms: _Number | None
    baseline_median_ms: _Number | None
    shift_ms: StoredInterval | None
    superiority: StoredInterval | None
    p_value: _Number | None
    limit_ms: _Number | None
    over: int
    baseline_over: int
    tail_p_value: _Number | None
    reference_as_well: bool


class StoredMasked(_Row):
    """What the balancer kept from its clients, of one server in one step."""

    phase: str
    step: str | None
    node: str | None
    server: str
    retried: int
    redispatched: int
    refused: int
    response_errors: int
    answered_5xx: int


class StoredShare(_Row):
    """Which releases answered in one step of the roll."""

    step: str
    node: str | None
    start_ns: int
    end_ns: int
    answered: dict[str, int]
    unattributed: int


class StoredLockHolder(_Row):
    """Who held a lock in the database."""

    thread: int
    account: str
    program: str | None = None
    lock: str
    statement: str


class StoredLockWait(_Row):
    """A statement that waited for a lock in the database."""

    phase: str
    step: str | None
    start_ns: int
    end_ns: int
    waited_s: _Number
    state: str
    statement: str
    account: str
    program: str | None = None
    holders: tuple[StoredLockHolder, ...] = ()


class StoredStutter(_Row):
    """A time in which the known-good target was slow or silent."""

    start_ns: int
    end_ns: int
    requests: int


class StoredAcceptance(_Row):
    """One accepted finding of the gate, and what it covered."""

    question: str
    what: str
    reason: str
    link: str
    until: str
    standing: str
    findings: int


class StoredBudget(_Row):
    """One limit of a budget, and how much of it was used."""

    scope: str
    measure: str
    limit: _Number | None
    used: _Number | None
    kept: bool


class StoredGate(_Row):
    """What the gate let through."""

    accepted: int = 0
    budgeted: int = 0
    acceptances: tuple[StoredAcceptance, ...] = ()
    budgets: tuple[StoredBudget, ...] = ()
    notes: tuple[str, ...] = ()
    other: str = ""


class StoredComparison(_Row):
    """One figure of the run against the same of earlier runs."""

    measure: str
    phase: str | None
    lane: str | None
    value: _Number | None
    earlier: tuple[_Number | None, ...]
    bound: _Number | None
    p_value: _Number | None
    worse: bool


class StoredWrites(_Row):
    """The writes to one kind of entity, and what the read-backs showed of them."""

    kind: str
    entities: int
    acknowledged: int
    failed: int
    unknown: int
    proven: int
    lost: int
    resurrected: int
    wrong: int
    duplicated: int


class VerdictFile(_Row):
    """`verdict.json` of format 1."""

    verdict: Verdict
    exit_code: int | None = None
    headline: str = ""
    questions: dict[str, StoredQuestion]
    counts: dict[str, int] = {}
    downtime: StoredDowntime | None = None
    """None, as the next two, in files of before."""
    longest_stall_s: _Number | None = None
    reference: StoredCounts | None = None
    """Pings of the known-good target."""
    minimum_detectable_outage_s: _Number | None = None
    detectable_whole_outage_s: _Number | None = None
    phases: dict[str, StoredPhase] = {}
    lanes: dict[str, StoredLane] = {}
    overhead: dict[str, _Number | None] = {}
    limits: tuple[str, ...] = ()
    impact: tuple[StoredImpact, ...] = ()
    masked: tuple[StoredMasked, ...] = ()
    releases_in_roll: tuple[StoredShare, ...] = ()
    lock_waits: tuple[StoredLockWait, ...] = ()
    reference_stutters: tuple[StoredStutter, ...] = ()
    judge: dict[str, _Number | None] = {}
    """The bounds that it was judged under."""
    overrides: tuple[str, ...] = ()
    gate: StoredGate = StoredGate()
    earlier: tuple[StoredComparison, ...] = ()
    writes: tuple[StoredWrites, ...] = ()

    @classmethod
    def told(cls, document: dict[str, Any]) -> VerdictFile:
        """A document that is to be written: all of it has to be known to the format.

        Raises:
            ValidationError: a key is not of the format, or its value of another type.
        """
        return cls.model_validate(document, extra="forbid")


def verdict_file_bytes(verdict: VerdictFile) -> bytes:
    """Sorted keys, indented, a newline at the end: the same verdict gives the same bytes."""
    options = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(verdict.model_dump(exclude_unset=True), option=options)


def write_verdict_file(verdict: VerdictFile, path: Path) -> None:
    """Write it for its owner, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    replace_file(path, verdict_file_bytes(verdict))


def read_verdict_file(path: Path) -> VerdictFile:
    """Read a verdict.

    Raises:
        UsageError: the file cannot be read, or holds no verdict of format 1.
    """
    try:
        return VerdictFile.model_validate(orjson.loads(read_document(path)))
    except OSError as error:
        raise UsageError(f"{path}: the verdict cannot be read ({error.strerror}).") from error
    except orjson.JSONDecodeError as error:
        raise UsageError(f"{path}: no JSON ({error}); judge the run again with `harness judge`.") from error
    except ValidationError as error:
        raise UsageError(f"{path}: {problem(error)}; judge the run again with `harness judge`.") from error
