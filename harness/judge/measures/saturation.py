"""Whether the machine was saturated, and so which failures may be charged to the upgrade."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.evidence.names import Phase, Role
from harness.evidence.requests import Records
from harness.judge.codes import bad, count, sent
from harness.judge.evidence import Evidence
from harness.judge.intervals import Intervals, disjoint
from harness.judge.measures.cuts import Cuts, cuts

_SECOND_NS = 1_000_000_000
_STARVED_SHARE = 0.5
"""Share of a second's probes that must be late before the second counts as starved: one late probe in
eight is a hiccup of a scheduler, half of them are a machine without time."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the old release did before anything was touched; probe lanes alone make the figures."""

    duration_s: float
    probes: int
    p99_ms: float | None
    """From intended time to end, failed ones included: a timeout is slow, too."""
    lag_p99_ms: float | None
    failures: tuple[tuple[int, int], ...]
    """Lane number and failed or unknown requests, lanes with any alone."""
    due: int = 0
    """Requests of every lane that were due in it; the pings of the reference target are none."""
    answered: int = 0
    """Those of them whose answer came before it was over."""

    @property
    def failed(self) -> int:
        """Failed and unknown requests of every lane."""
        return sum(number for _, number in self.failures)


@dataclass(frozen=True, slots=True)
class Saturation:
    """What may be charged to the upgrade.

    A failure is *not* charged, and `availability` is INCONCLUSIVE about it instead of FAIL, where the harness
    can not tell the upgrade's doing from the machine's:

    1. *No room*: the baseline's p99 is over `judge.baseline_p99_ms_max`, or its probes left late (lag p99
       over `judge.lag_p99_ms_max`). The machine was overloaded before the upgrade began, so nothing after
       it means anything: no failure of the run is charged.
    2. *A lane that was broken before*: it has failures in the baseline. None of that lane's failures are
       charged; every other lane's are, so an outage that hits a lane which was sound before still FAILs.
    3. *A starved moment*: the instant at which the request was due, left or ended lies in a second in which
       at least half of the probes left over `judge.lag_p99_ms_max` late, or between the intended time and
       the start of a probe that left over `judge.lag_max_ms_max` late, or while a request to the reference
       target failed or took longer than that. Failures elsewhere in the run are charged as ever.

    4. *A server of the machine died*: the request was due, left or ended after a server was last seen alive
       that ended though nobody of the run ended it, and which Keystone can not have ended.

    Slowness explains timeouts, stalls and latency. It does not explain a connection that was cut or
    refused, or a 502 or 503 of the balancer's own, while a node was down for its change: such a request is
    charged under 1 and 3 as well, in a lane that was sound before.

    `coverage` names the reason of 1 and 2, `procedure` that of 4. That of 3 is named by the last finding of
    `availability`, and by `coverage` only where the lag is over its bound in the run as a whole, or the
    reference target failed. A failure that is not charged is INCONCLUSIVE, so a run that has one is never
    PASS.
    """

    baseline: Baseline
    slow: bool
    """Rule 1, by p99."""
    late: bool
    """Rule 1, by lag."""
    starved: Intervals
    """Rule 3."""
    died_ns: int | None
    """Rule 4: from when on; None where no server died."""
    cuts: Cuts
    """What rules 1 and 3 do not excuse."""

    @property
    def throughout(self) -> bool:
        """Rule 1 holds: nothing of this run can be charged to the upgrade."""
        return self.slow or self.late

    def charged(self, lane: int, requests: Records) -> NDArray[np.bool_]:
        """Which of a lane's failed requests are charged to the upgrade."""
        if lane in {number for number, _ in self.baseline.failures}:
            return np.zeros(len(requests), bool)
        slow = np.full(len(requests), self.throughout)
        dead = np.zeros(len(requests), bool)
        for instants in (requests.intended_ns, requests.start_ns, requests.end_ns):
            slow |= self.starved.contain(instants)
            dead |= self._after_death(instants)
        return ~dead & (~slow | self.cuts.are_among(requests))

    def excuses(self, lane: int, start_ns: int, end_ns: int) -> bool:
        """Whether a stretch without success in a lane is not charged: the same rules, for its two ends."""
        broken = lane in {number for number, _ in self.baseline.failures}
        return broken or self.excuses_all(start_ns, end_ns)

    def excuses_all(self, start_ns: int, end_ns: int) -> bool:
        """Whether a stretch without success in every lane is not charged, likewise."""
        ends = np.array([start_ns, end_ns], np.int64)
        return self.throughout or bool((self.starved.contain(ends) | self._after_death(ends)).any())

    def _after_death(self, instants_ns: NDArray[np.int64]) -> NDArray[np.bool_]:
        if self.died_ns is None:
            return np.zeros(len(instants_ns), bool)
        return np.asarray(instants_ns >= self.died_ns)


def saturation(evidence: Evidence) -> Saturation:
    """Judge the machine."""
    baseline = _baseline(evidence)
    settings = evidence.settings
    return Saturation(
        baseline=baseline,
        slow=baseline.p99_ms is not None and baseline.p99_ms > settings.baseline_p99_ms_max,
        late=baseline.lag_p99_ms is not None and baseline.lag_p99_ms > settings.lag_p99_ms_max,
        starved=_starved(evidence),
        died_ns=evidence.machine_died.since_ns if evidence.machine_died else None,
        cuts=cuts(evidence),
    )


def _baseline(evidence: Evidence) -> Baseline:
    phase = Phase.BASELINE
    latencies, lags = [np.empty(0)], [np.empty(0)]
    for lane in evidence.lanes(Role.PROBE):
        records = evidence.in_phase(lane, phase)
        gone = records.at(sent(records))
        latencies.append((gone.end_ns - gone.intended_ns) / 1e6)
        lags.append((gone.start_ns - gone.intended_ns) / 1e6)
    latency_ms, lag_ms = np.concatenate(latencies), np.concatenate(lags)
    failures = ((lane, count(bad(evidence.in_phase(lane, phase)))) for lane in evidence.lanes())
    return Baseline(
        duration_s=sum((w.end_ns - w.start_ns) / 1e9 for w in evidence.windows if w.phase == phase),
        probes=len(latency_ms),
        p99_ms=float(np.percentile(latency_ms, 99)) if len(latency_ms) else None,
        lag_p99_ms=float(np.percentile(lag_ms, 99)) if len(lag_ms) else None,
        failures=tuple((lane, number) for lane, number in failures if number),
        due=sum(len(evidence.in_phase(lane, phase)) for lane in evidence.lanes()),
        answered=sum(_answered_in(evidence, lane, phase) for lane in evidence.lanes()),
    )


def _answered_in(evidence: Evidence, lane: int, phase: str) -> int:
    records = evidence.in_phase(lane, phase)
    end_ns = max((window.end_ns for window in evidence.windows if window.phase == phase), default=0)
    return count(sent(records) & (records.status > 0) & (records.end_ns <= end_ns))


def _starved(evidence: Evidence) -> Intervals:
    settings = evidence.settings
    begin_ns = evidence.judged_start_ns
    seconds = max(0, evidence.judged_end_ns - begin_ns) // _SECOND_NS + 1
    due = np.zeros(seconds, np.int64)
    late = np.zeros(seconds, np.int64)
    starts: list[NDArray[np.int64]] = []
    ends: list[NDArray[np.int64]] = []
    for lane in evidence.lanes(Role.PROBE, Role.REFERENCE):
        records = evidence.judged(lane)
        lag_ns = records.start_ns - records.intended_ns
        due += _per_second(records.intended_ns, begin_ns, seconds)
        behind = lag_ns > settings.lag_p99_ms_max * 1e6
        late += _per_second(records.intended_ns[behind], begin_ns, seconds)
        frozen = lag_ns > settings.lag_max_ms_max * 1e6
        starts.append(records.intended_ns[frozen])
        ends.append(records.start_ns[frozen])
    for lane in evidence.lanes(Role.REFERENCE):
        records = evidence.judged(lane)
        broken = bad(records) | held_up(records, settings.lag_max_ms_max)
        starts.append(records.intended_ns[broken])
        ends.append(records.end_ns[broken])
    starved = begin_ns + np.flatnonzero((late > 0) & (late >= due * _STARVED_SHARE)) * _SECOND_NS
    return disjoint(np.concatenate([*starts, starved]), np.concatenate([*ends, starved + _SECOND_NS]))


def held_up(records: Records, latency_ms_max: float) -> NDArray[np.bool_]:
    """Which requests took longer than that, from intended time to end; unsent ones took no time."""
    return np.asarray(records.end_ns - records.intended_ns > latency_ms_max * 1e6)


def _per_second(instants_ns: NDArray[np.int64], begin_ns: int, seconds: int) -> NDArray[np.int64]:
    if not len(instants_ns):
        return np.zeros(seconds, np.int64)
    # Rows are in order of time, so a second is a stretch of them.
    edges = begin_ns + np.arange(seconds + 1) * _SECOND_NS
    return np.diff(np.searchsorted(instants_ns, edges))
