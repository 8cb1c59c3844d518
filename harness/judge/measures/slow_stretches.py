"""Stretches of time in which answers were slow one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.evidence.names import Phase, Role
from harness.evidence.requests import Records
from harness.judge.codes import OK, sent
from harness.judge.evidence import Evidence
from harness.judge.measures.impacts import outlier_limit
from harness.judge.measures.saturation import Saturation
from harness.judge.observations import SlowStretch
from harness.scenario import ImpactSettings
from harness.statistics.bounds import error_rate_upper

_BLOCK_NS_MIN = 250_000_000
_PER_BLOCK = 4
"""Requests due in a block, on average; of fewer one slow answer would be a quarter."""
_SLOW_SHARE = 0.25
_SLOW_MIN = 2
"""A block is slow where this share of its requests, and so many, were over the limit of their lane."""
STRETCHES_MAX = 100
"""Told one by one, the longest."""


@dataclass(frozen=True, slots=True)
class _Scope:
    """What is looked at together: a lane, or all probes."""

    due_ns: NDArray[np.int64]
    """In order."""
    end_ns: NDArray[np.int64]
    lane: NDArray[np.int16]
    over: NDArray[np.bool_]
    """Answered, and over the limit of its lane."""

    @classmethod
    def of(cls, lanes: Sequence[_Lane]) -> _Scope:
        """Several lanes by time."""
        due_ns = np.concatenate([lane.records.intended_ns for lane in lanes])
        order = np.argsort(due_ns, kind="stable")
        return cls(
            due_ns[order],
            np.concatenate([lane.records.end_ns for lane in lanes])[order],
            np.concatenate([np.full(len(lane.records), lane.number, np.int16) for lane in lanes])[order],
            np.concatenate([lane.over for lane in lanes])[order],
        )


@dataclass(frozen=True, slots=True)
class _Lane:
    number: int
    rate_hz: float
    limit_ms: float
    records: Records
    over: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Blocks:
    """A scope cut into blocks of time of one width."""

    start_ns: int
    width_ns: int
    slow: NDArray[np.bool_]
    in_baseline: NDArray[np.bool_]

    def runs(self) -> Iterator[tuple[int, int]]:
        """First block and the one after the last of each run of slow blocks."""
        edges = np.flatnonzero(np.diff(np.concatenate([[False], self.slow, [False]]).astype(np.int8)))
        yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def slow_stretches(
    evidence: Evidence, saturation: Saturation, bounds: ImpactSettings | None
) -> tuple[SlowStretch, ...]:
    """Find when answers of a lane, or of all probes together, were slow for longer than chance explains.

    An answer is slow over its lane's limit, the one of `impact`: above the slowest twentieth of the baseline
    by the practical floor. Time is cut into blocks; a block is slow where a quarter of its requests are. Of
    *P* blocks, if each is slow with probability *u* on its own, the chance of a run of *L* slow ones is at
    most *P u^L* (Boole's inequality). *u* is the upper 95 % bound of the baseline's share, and because slow
    blocks come together, what counts as one is the baseline's own longest run: *L* is divided by it. The
    chance is then corrected for the number of scopes (Bonferroni).

    Returns:
        Those less likely than `bounds.significance`, by time; those of a lane within one of all are left out.
    """
    lanes = [] if bounds is None else list(_lanes(evidence, saturation, bounds, Role.PROBE))
    if bounds is None or not lanes:
        return ()
    scopes = [lanes, *([lane] for lane in lanes if len(lanes) > 1)]
    machine = [
        span
        for lane in _lanes(evidence, saturation, bounds, Role.REFERENCE)
        for span in _spans_of([lane], evidence)
    ]
    found: list[SlowStretch] = []
    for scope in scopes:
        for stretch in _found(evidence, scope, len(scopes), machine):
            if stretch.p_value < bounds.significance and not any(_within(stretch, other) for other in found):
                found.append(stretch)
    longest = sorted(found, key=lambda stretch: stretch.start_ns - stretch.end_ns)[:STRETCHES_MAX]
    return tuple(sorted(longest, key=lambda stretch: stretch.start_ns))


def _within(one: SlowStretch, other: SlowStretch) -> bool:
    return one.start_ns < other.end_ns and other.start_ns < one.end_ns and len(other.lanes) >= len(one.lanes)


def _lanes(evidence: Evidence, saturation: Saturation, bounds: ImpactSettings, role: Role) -> Iterator[_Lane]:
    for number in evidence.lanes(role):
        rate_hz = evidence.requests.lanes[number].rate_hz
        baseline = evidence.in_phase(number, Phase.BASELINE)
        baseline = baseline.at(baseline.outcome == OK)
        if rate_hz is None or len(baseline) < bounds.samples_min:
            continue
        limit_ms, _ = outlier_limit((baseline.end_ns - baseline.intended_ns) / 1e6, bounds)
        records = evidence.judged(number)
        records = records.at(sent(records))
        over = (records.status > 0) & (records.end_ns - records.intended_ns > limit_ms * 1e6)
        for instants in (records.intended_ns, records.end_ns):
            over &= ~saturation.starved.contain(instants)
        yield _Lane(number, rate_hz, limit_ms, records, over)


def _blocks(lanes: Sequence[_Lane], scope: _Scope, evidence: Evidence) -> _Blocks:
    start_ns = evidence.judged_start_ns
    width_ns = max(_BLOCK_NS_MIN, round(_PER_BLOCK / sum(lane.rate_hz for lane in lanes) * 1e9))
    size = max(0, evidence.judged_end_ns - start_ns) // width_ns + 1
    place = (scope.due_ns - start_ns) // width_ns
    due = np.bincount(place, minlength=size)
    over = np.bincount(place[scope.over], minlength=size)
    middles = start_ns + np.arange(size) * width_ns + width_ns // 2
    in_baseline = np.zeros(size, bool)
    for window in evidence.windows:
        if window.phase == Phase.BASELINE:
            in_baseline |= (middles >= window.start_ns) & (middles < window.end_ns)
    return _Blocks(start_ns, width_ns, (over >= _SLOW_MIN) & (over >= due * _SLOW_SHARE), in_baseline)


def _spans_of(lanes: Sequence[_Lane], evidence: Evidence) -> Iterator[tuple[int, int]]:
    blocks = _blocks(lanes, _Scope.of(lanes), evidence)
    for first, stop in blocks.runs():
        yield blocks.start_ns + first * blocks.width_ns, blocks.start_ns + stop * blocks.width_ns


def _found(
    evidence: Evidence, lanes: Sequence[_Lane], scopes: int, machine: Sequence[tuple[int, int]]
) -> Iterator[SlowStretch]:
    scope = _Scope.of(lanes)
    blocks = _blocks(lanes, scope, evidence)
    before = int(np.count_nonzero(blocks.in_baseline))
    share = error_rate_upper(int(np.count_nonzero(blocks.slow & blocks.in_baseline)), before)
    if share is None:
        return
    runs = list(blocks.runs())
    own = max((stop - first for first, stop in runs if blocks.in_baseline[first]), default=0)
    blocks_after = len(blocks.slow) - before
    for first, stop in runs:
        if blocks.in_baseline[first]:
            continue
        chance = min(1.0, scopes * blocks_after * share ** ((stop - first) / max(1, own)))
        yield _stretch(evidence, lanes, scope, blocks, (first, stop), own, chance, machine)


def _stretch(
    evidence: Evidence,
    lanes: Sequence[_Lane],
    scope: _Scope,
    blocks: _Blocks,
    run: tuple[int, int],
    own: int,
    chance: float,
    machine: Sequence[tuple[int, int]],
) -> SlowStretch:
    edges = [blocks.start_ns + block * blocks.width_ns for block in run]
    first, stop = np.searchsorted(scope.due_ns, edges).tolist()
    rows = first + np.flatnonzero(scope.over[first:stop])
    start_ns, end_ns = int(scope.due_ns[rows[0]]), int(scope.end_ns[rows].max())
    hit = sorted(set(scope.lane[rows].tolist()))
    limits = [lane.limit_ms for lane in lanes if lane.number in hit]
    return SlowStretch(
        start_ns=start_ns,
        end_ns=end_ns,
        uncertainty_ns=blocks.width_ns,
        lanes=tuple(evidence.requests.lanes[number].lane for number in hit),
        requests=stop - first,
        slow=len(rows),
        limit_ms=(min(limits), max(limits)),
        slowest_ms=float((scope.end_ns[rows] - scope.due_ns[rows]).max()) / 1e6,
        baseline_s=own * blocks.width_ns / 1e9,
        p_value=chance,
        reference_as_well=any(begin < end_ns and start_ns < end for begin, end in machine),
    )
