"""Disjoint stretches of time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Intervals:
    """Disjoint stretches of time, ends included, in order."""

    start_ns: NDArray[np.int64]
    end_ns: NDArray[np.int64]

    def contain(self, instants_ns: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which instants lie in one of them."""
        if not len(self.start_ns):
            return np.zeros(len(instants_ns), bool)
        which = np.searchsorted(self.start_ns, instants_ns, side="right") - 1
        return np.asarray((which >= 0) & (instants_ns <= self.end_ns[which]))

    @property
    def total_s(self) -> float:
        """Seconds in all of them."""
        return float((self.end_ns - self.start_ns).sum()) / 1e9


def disjoint(start_ns: NDArray[np.int64], end_ns: NDArray[np.int64]) -> Intervals:
    """Merge stretches that overlap or touch."""
    order = np.argsort(start_ns, kind="stable")
    start_ns, end_ns = start_ns[order], end_ns[order]
    if not len(start_ns):
        return Intervals(start_ns.astype(np.int64), end_ns.astype(np.int64))
    reach = np.maximum.accumulate(end_ns)
    first = np.concatenate([[True], start_ns[1:] > reach[:-1]])
    last = np.concatenate([first[1:], [True]])
    return Intervals(start_ns[first].astype(np.int64), reach[last].astype(np.int64))
