"""Requests one by one for a reader to explore: all of a usual run, an even sample of a huge one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.evidence.requests import Records
from harness.judge.codes import OK
from harness.judge.evidence import Evidence

REQUESTS_MAX = 40_000
"""Some 13 bytes of a page each: half a megabyte. Twenty-three minutes at 28 requests/s are all shown."""
_STRETCHES = 600
"""A sampled run keeps the slowest request of so many stretches of each lane: a maximum stays true."""


def sample(evidence: Evidence) -> pd.DataFrame:
    """Requests that went well, by the time they were due.

    Columns `intended_ns`, `lane`, `node` and `release` (None where the answer named none), `latency_ms` and
    `weight`: how many requests the row stands for. It is 1 in all rows of a run of up to 40,000 requests; in
    a larger one every k-th of a lane stands for k, and the slowest of each stretch, kept besides, for 0.
    """
    lanes = [_went_well(evidence, number) for number in evidence.lanes()]
    step = max(1, -(-sum(map(len, lanes)) // REQUESTS_MAX))
    kept = [_kept(lane, step, evidence.timeline.start_ns, evidence.timeline.end_ns) for lane in lanes]
    records = Records.joined([lane.at(rows) for lane, (rows, _) in zip(lanes, kept, strict=True)])
    requests = evidence.requests
    frame = pd.DataFrame(
        {
            "intended_ns": records.intended_ns,
            "lane": [
                requests.lanes[number].lane
                for number, (rows, _) in zip(evidence.lanes(), kept, strict=True)
                for _ in range(len(rows))
            ],
            "node": [requests.nodes[code] if code >= 0 else None for code in records.node.tolist()],
            "release": [requests.releases[code] if code >= 0 else None for code in records.release.tolist()],
            "latency_ms": (records.end_ns - records.intended_ns) / 1e6,
            "weight": np.concatenate([np.empty(0, np.int64), *(weights for _, weights in kept)]),
        }
    )
    return frame.sort_values(["intended_ns", "lane"], kind="stable", ignore_index=True)


def _went_well(evidence: Evidence, lane: int) -> Records:
    """Of those that are judged, so that a reader who counts finds the numbers of the headline."""
    records = evidence.judged(lane)
    well = records.outcome == OK
    return records if well.all() else records.at(well)


def _kept(
    lane: Records, step: int, start_ns: int, end_ns: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of a lane that are kept, in order, and their weights."""
    weights = np.full(len(lane), -1, np.int64)
    weights[::step] = step
    if step > 1:
        slowest = np.fromiter(_slowest(lane, start_ns, end_ns), np.int64)
        weights[slowest] = np.maximum(weights[slowest], 0)
    rows = np.flatnonzero(weights >= 0)
    return rows, weights[rows]


def _slowest(lane: Records, start_ns: int, end_ns: int) -> Iterator[int]:
    edges = np.linspace(start_ns, end_ns + 1, _STRETCHES + 1).astype(np.int64)
    bounds = np.searchsorted(lane.intended_ns, edges).tolist()
    for first, last in pairwise(bounds):
        if last > first:
            yield first + int(np.argmax(lane.end_ns[first:last] - lane.intended_ns[first:last]))
