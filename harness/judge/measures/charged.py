"""Which failures of the lanes are charged to the upgrade; whatever is said of failures is made of these."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.evidence.requests import Records
from harness.judge.codes import bad, sent
from harness.judge.evidence import Evidence
from harness.judge.intervals import disjoint
from harness.judge.measures.lane_failures import LaneFailure, lane_failures
from harness.judge.measures.saturation import Saturation


@dataclass(frozen=True, slots=True)
class ChargedPart:
    """The part of one charged failure that lies in one phase."""

    lane: str
    phase: str
    start_ns: int
    end_ns: int
    requests: int
    """Failed and unknown ones that were due in the phase; 0 where only the wait for a success lies in it."""


@dataclass(frozen=True, slots=True, eq=False)
class ChargedFailures:
    """Every failure of every lane that is judged: by lane, then by time."""

    charged: tuple[LaneFailure, ...]
    """Those of which at least one request may be charged to the upgrade."""
    excused: tuple[LaneFailure, ...]
    """The others."""
    parts: tuple[ChargedPart, ...]
    """The charged ones, cut at the edges of phases."""
    sent: Mapping[int, Records]
    """Of each lane that failed: the requests that its failures were found in."""

    def failed(self, failure: LaneFailure) -> Records:
        """The requests that failed; views."""
        return self.sent[failure.lane].between(failure.first, failure.last + 1)

    def of_lane(self, lane: int) -> list[LaneFailure]:
        """Every failure of a lane, charged or not."""
        return [failure for failure in (*self.charged, *self.excused) if failure.lane == lane]


def charged_failures(evidence: Evidence, saturation: Saturation) -> ChargedFailures:
    """Find what failed in each lane, and charge it to the upgrade or excuse it."""
    charged: list[LaneFailure] = []
    excused: list[LaneFailure] = []
    found_in: dict[int, Records] = {}
    for number in evidence.lanes():
        records, failed = _sought(evidence, number)
        if not failed.any():
            continue
        found_in[number] = records
        rate_hz = evidence.requests.lanes[number].rate_hz
        failures = lane_failures(number, rate_hz, records, failed, evidence.judged_end_ns)
        for failure, is_charged in zip(
            failures, _charged(failures, saturation, records, failed), strict=True
        ):
            (charged if is_charged else excused).append(failure)
    cut = _Cut(evidence)
    parts = tuple(part for failure in charged for part in cut.parts(failure, found_in[failure.lane]))
    return ChargedFailures(tuple(charged), tuple(excused), parts, found_in)


def _sought(evidence: Evidence, number: int) -> tuple[Records, NDArray[np.bool_]]:
    """Requests of a lane that were sent, due from the first probed phase on, and which had no success.

    Those due after the last phase are not judged, but a success among them still ends a failure.
    """
    records = evidence.requests.of(number)
    first, last = np.searchsorted(records.intended_ns, (evidence.judged_start_ns, evidence.judged_end_ns))
    records = records.between(int(first), len(records))
    failed = bad(records)
    keep = sent(records)
    keep[last - first :] &= ~failed[last - first :]
    return (records, failed) if keep.all() else (records.at(keep), failed[keep])


def _charged(
    failures: list[LaneFailure], saturation: Saturation, records: Records, failed: NDArray[np.bool_]
) -> list[bool]:
    """Whether any request of each failure is charged."""
    charged = np.zeros(len(records), bool)
    charged[failed] = saturation.charged(failures[0].lane, records.at(failed))
    # From one failure to the next there are only successes, and those are not charged.
    return [bool(each) for each in np.logical_or.reduceat(charged, [failure.first for failure in failures])]


class _Cut:
    """Cuts failures at the edges of phases; what goes on past the last phase belongs to that one."""

    def __init__(self, evidence: Evidence) -> None:
        self._lanes = evidence.requests.lanes
        self._windows = evidence.windows
        self._starts = [window.start_ns for window in evidence.windows]

    def parts(self, failure: LaneFailure, records: Records) -> Iterator[ChargedPart]:
        first = max(0, bisect_right(self._starts, failure.start_ns) - 1)
        stop = max(first + 1, bisect_left(self._starts, failure.end_ns))
        edges_ns = [failure.start_ns, *self._starts[first + 1 : stop], failure.end_ns]
        due_ns = records.intended_ns[failure.first : failure.last + 1]
        rows = np.searchsorted(due_ns, edges_ns[1:-1]).tolist() if stop > first + 1 else []
        rows = [0, *rows, len(due_ns)]
        for place, window in enumerate(self._windows[first:stop]):
            yield ChargedPart(
                lane=self._lanes[failure.lane].lane,
                phase=window.phase,
                start_ns=edges_ns[place],
                end_ns=edges_ns[place + 1],
                requests=rows[place + 1] - rows[place],
            )


def total_s(parts: Iterable[ChargedPart]) -> float:
    """Seconds of the parts together; where lanes overlap, the time counts once."""
    spans = [(part.start_ns, part.end_ns) for part in parts]
    return disjoint(*np.array(spans, np.int64).reshape(-1, 2).T).total_s
