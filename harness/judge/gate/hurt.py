"""Each failure of a lane that is charged to the upgrade, cut at the edges of phases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from harness.judge.codes import bad, count, sent
from harness.judge.model import Finding
from harness.judge.outages import LaneFailure, lane_failures
from harness.judge.room import disjoint

if TYPE_CHECKING:
    from harness.judge.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Hurt:
    """The part of one lane's failure that lies in one phase."""

    lane: str
    phase: str
    start_ns: int
    end_ns: int
    requests: int
    """Failed and unknown ones that were due in the phase; 0 where only the wait for a success lies in it."""
    began_ns: int
    """When the whole failure began, which tells the outage that it belongs to."""


def hurts(evidence: Evidence) -> tuple[Hurt, ...]:
    """Every failure that counts, lane by lane."""
    return tuple(hurt for number in evidence.lanes() for hurt in _of_lane(evidence, number))


def _of_lane(evidence: Evidence, number: int) -> Iterator[Hurt]:
    lane = evidence.requests.lanes[number]
    records = evidence.judged(number)
    records = records.at(sent(records))
    failed = bad(records)
    for failure in lane_failures(number, lane.rate_hz, records, failed, evidence.judged_end_ns):
        rows = records.between(failure.first, failure.last + 1)
        if evidence.room.charged(number, rows).any():
            yield from _by_phase(evidence, lane.lane, failure, rows.intended_ns)


def _by_phase(
    evidence: Evidence, lane: str, failure: LaneFailure, due_ns: NDArray[np.int64]
) -> Iterator[Hurt]:
    for window in evidence.windows:
        start_ns, end_ns = max(failure.start_ns, window.start_ns), min(failure.end_ns, window.end_ns)
        requests = count((due_ns >= window.start_ns) & (due_ns < window.end_ns))
        if requests or end_ns > start_ns:
            yield Hurt(lane, window.phase, start_ns, max(start_ns, end_ns), requests, failure.start_ns)


def of_finding(finding: Finding, everything: Sequence[Hurt]) -> list[Hurt]:
    """What a finding about failures is made of: by its time, else by its lane, else all of it."""
    lanes = finding.lanes or ((finding.lane,) if finding.lane else ())
    chosen = [hurt for hurt in everything if not lanes or hurt.lane in lanes]
    if finding.start_ns is None or finding.end_ns is None:
        return chosen
    return [hurt for hurt in chosen if finding.start_ns <= hurt.began_ns <= finding.end_ns]


def total_s(parts: Iterable[Hurt]) -> float:
    """Seconds of the failures together; where lanes overlap, the time counts once."""
    spans = [(part.start_ns, part.end_ns) for part in parts]
    return disjoint(*np.array(spans, np.int64).reshape(-1, 2).T).total_s
