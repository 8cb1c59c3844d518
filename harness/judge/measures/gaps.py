"""Stretches of a lane without a success, or without a probe."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.evidence.requests import Records
from harness.judge.codes import OK, sent


@dataclass(frozen=True, slots=True)
class Gaps:
    """Stretches of time that do not overlap, in order."""

    start_ns: NDArray[np.int64]
    end_ns: NDArray[np.int64]

    def longest_s(self, start_ns: int, end_ns: int) -> float | None:
        """Length of the longest part of a stretch between two instants; None where there is none.

        A stretch that straddles an instant counts with the part on this side of it alone.
        """
        first = int(np.searchsorted(self.end_ns, start_ns, side="right"))
        stop = int(np.searchsorted(self.start_ns, end_ns, side="left"))
        if stop <= first:
            return None
        parts = np.minimum(self.end_ns[first:stop], end_ns) - np.maximum(self.start_ns[first:stop], start_ns)
        return float(parts.max()) / 1e9

    def longer_than(self, seconds: float) -> list[tuple[int, int]]:
        """Start and end of each stretch longer than that."""
        rows = np.flatnonzero(self.end_ns - self.start_ns > seconds * 1e9)
        return [(int(self.start_ns[row]), int(self.end_ns[row])) for row in rows]


def without_success(records: Records) -> Gaps:
    """Stretches in which requests were due and none succeeded, by when requests ended.

    A stretch begins with a success where a request was under way at that instant, else when the next request
    was due; it ends with the next success, or with the end of the last request where none followed.

    Args:
        records: requests of one lane, by intended time, unsent ones included: they were due.
    """
    if not len(records):
        return Gaps(np.empty(0, np.int64), np.empty(0, np.int64))
    ended = np.sort(records.end_ns, kind="stable")
    success = np.sort(records.end_ns[records.outcome == OK], kind="stable")
    # Before the first success there is none to begin with: the first stretch begins with the first request.
    due_after = np.searchsorted(records.intended_ns, success, side="right")
    under_way = due_after > np.searchsorted(ended, success, side="right")
    following = np.append(records.intended_ns, np.int64(np.iinfo(np.int64).max))[due_after]
    start_ns = np.concatenate([records.intended_ns[:1], np.where(under_way, success, following)])
    end_ns = np.concatenate([success, ended[-1:]])
    real = end_ns > start_ns
    return Gaps(start_ns[real], end_ns[real])


def without_probe(records: Records, start_ns: int, end_ns: int) -> Gaps:
    """Stretches between successive requests that were sent, from `start_ns` to `end_ns`."""
    starts = np.sort(records.start_ns[sent(records)], kind="stable")
    return Gaps(np.append(np.int64(start_ns), starts), np.append(starts, np.int64(end_ns)))


def without_any_probe(lanes: list[Records], start_ns: int, end_ns: int) -> float | None:
    """Seconds of the longest stretch in which no lane sent anything; None where none was sent at all."""
    starts = np.concatenate([np.empty(0, np.int64), *(r.start_ns[sent(r)] for r in lanes)])
    if not len(starts):
        return None
    starts.sort(kind="stable")  # merges the lanes, each in order already or nearly
    edges = np.concatenate([[start_ns], starts, [end_ns]])
    return float(np.diff(edges).max()) / 1e9
