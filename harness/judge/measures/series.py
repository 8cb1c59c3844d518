"""What the picture draws, small whatever the length of the run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.evidence.names import Role
from harness.evidence.requests import OUTCOMES, Records
from harness.judge.codes import bad, sent
from harness.judge.evidence import Evidence
from harness.judge.measures.bins import SAMPLES_MIN, bin_ns, dot_ns, percentile_ns
from harness.judge.measures.sample import sample
from harness.judge.model import Series

FAILURES_MAX = 5_000
_LATENCY = ["bucket", "latency_ms_p50", "latency_ms_p99"]
_FAILURES = [
    "intended_ns", "lane", "op", "connection", "outcome", "error", "status", "detail", "node", "release",
    "request_id", "latency_ms",
]  # fmt: skip


def series(evidence: Evidence) -> Series:
    """Rate, latency and failures over the whole timeline; reference lanes stand apart."""
    timeline = evidence.timeline
    length_ns = max(1, timeline.end_ns - timeline.start_ns)
    bucket_ns = bin_ns(length_ns)
    answers = _answers(evidence, evidence.lanes())
    latency_ns = percentile_ns(_spread_ns(answers), len(answers))
    dots_ns = dot_ns(length_ns, len(answers))
    reference = _slowest(evidence, _answers(evidence, evidence.lanes(Role.REFERENCE)), bucket_ns)
    return Series(
        bucket_ns,
        _rate(evidence, bucket_ns),
        _percentiles(evidence, answers, latency_ns),
        _failures(evidence),
        reference[["bucket", "latency_ms"]].rename(columns={"latency_ms": "latency_ms_max"}),
        sample(evidence),
        latency_ns,
        answers if dots_ns is None else _slowest(evidence, answers, dots_ns)[["intended_ns", "latency_ms"]],
        dots_ns,
    )


def no_series() -> Series:
    """Nothing to draw, with the columns of a series."""
    return Series(
        bin_ns(1),
        pd.DataFrame(columns=["bucket", "release", "requests", "failed"]),
        pd.DataFrame(columns=_LATENCY),
        pd.DataFrame(columns=_FAILURES),
        pd.DataFrame(columns=["bucket", "latency_ms_max"]),
        pd.DataFrame(columns=["intended_ns", "lane", "node", "release", "latency_ms", "weight"]),
    )


def _buckets(evidence: Evidence, records: Records, bucket_ns: int) -> NDArray[np.int64]:
    return np.asarray((records.intended_ns - evidence.timeline.start_ns) // bucket_ns)


def _rate(evidence: Evidence, bucket_ns: int) -> pd.DataFrame:
    """Requests that were sent, by the bucket in which they were due and the release that answered."""
    releases = sorted(evidence.requests.releases)
    # Column 0 is `none`; the code -1 reads the last element of the table.
    column = np.array([*(releases.index(word) + 1 for word in evidence.requests.releases), 0])
    width = len(releases) + 1
    requests = np.zeros(0, np.int64)
    failed = np.zeros(0, np.int64)
    for lane in evidence.lanes():
        records = _after(evidence, lane)
        cell = _buckets(evidence, records, bucket_ns) * width + column[records.release]
        gone = sent(records)
        requests = _sum(requests, np.bincount(cell[gone]))
        failed = _sum(failed, np.bincount(cell[bad(records)]))
    cells = np.flatnonzero(requests)
    names = ["none", *releases]
    failed = _sum(failed, np.zeros(len(requests), np.int64))
    return pd.DataFrame(
        {
            "bucket": evidence.timeline.start_ns + cells // width * bucket_ns,
            "release": [names[cell % width] for cell in cells.tolist()],
            "requests": requests[cells],
            "failed": failed[cells],
        }
    )


def _after(evidence: Evidence, lane: int) -> Records:
    """Requests of a lane from the start of the timeline on; there is no bucket before."""
    records = evidence.requests.of(lane)
    first = int(np.searchsorted(records.intended_ns, evidence.timeline.start_ns))
    return records.between(first, len(records))


def _sum(one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
    size = max(len(one), len(other))
    return np.pad(one, (0, size - len(one))) + np.pad(other, (0, size - len(other)))


def _answers(evidence: Evidence, lanes: Iterable[int]) -> pd.DataFrame:
    """Answered requests of open-model lanes by the time they were due; latency from then to the end."""
    due = [np.empty(0, np.int64)]
    latency = [np.empty(0, np.float32)]
    for lane in lanes:
        if evidence.requests.lanes[lane].rate_hz is None:
            continue
        records = _after(evidence, lane)
        answered = records.status > 0
        due.append(records.intended_ns[answered])
        latency_ms = (records.end_ns[answered] - records.intended_ns[answered]) / 1e6
        latency.append(latency_ms.astype(np.float32))
    intended_ns = np.concatenate(due)
    order = np.argsort(intended_ns, kind="stable")
    return pd.DataFrame({"intended_ns": intended_ns[order], "latency_ms": np.concatenate(latency)[order]})


def _spread_ns(answers: pd.DataFrame) -> int:
    due_ns = answers["intended_ns"].to_numpy(np.int64)
    return max(1, int(due_ns[-1] - due_ns[0])) if len(due_ns) else 1


def _binned(
    evidence: Evidence, answers: pd.DataFrame, width_ns: int
) -> Iterator[tuple[int, slice, NDArray[np.float32]]]:
    """Start, place and latencies of each bin that has answers."""
    latency = answers["latency_ms"].to_numpy()
    start_ns = evidence.timeline.start_ns
    numbers = (answers["intended_ns"].to_numpy(np.int64) - start_ns) // width_ns
    first = np.flatnonzero(np.diff(numbers, prepend=-1))
    for start, stop in pairwise([*first.tolist(), len(numbers)]):
        yield start_ns + int(numbers[start]) * width_ns, slice(start, stop), latency[start:stop]


def _percentiles(evidence: Evidence, answers: pd.DataFrame, width_ns: int | None) -> pd.DataFrame:
    rows = (
        []
        if width_ns is None
        else [
            (bucket, *np.percentile(latency, (50, 99)).tolist())
            for bucket, _, latency in _binned(evidence, answers, width_ns)
            if len(latency) >= SAMPLES_MIN
        ]
    )
    return pd.DataFrame(rows, columns=_LATENCY)


def _slowest(evidence: Evidence, answers: pd.DataFrame, width_ns: int) -> pd.DataFrame:
    """The slowest answer of each bin, and where its bin starts."""
    places, buckets = [], []
    for bucket, place, latency in _binned(evidence, answers, width_ns):
        places.append(place.start + int(np.argmax(latency)))
        buckets.append(bucket)
    return answers.iloc[places].assign(bucket=np.array(buckets, np.int64))


def _failures(evidence: Evidence) -> pd.DataFrame:
    """The judged requests that had no success, by intended time."""
    numbers = evidence.lanes()
    parts = [records.at(bad(records)) for records in map(evidence.judged, numbers)]
    lanes = np.repeat(np.array(numbers, np.int64), [len(part) for part in parts])
    failed = Records.joined(parts)
    order = _thinned(np.lexsort((lanes, failed.intended_ns)))
    return _frame(evidence, lanes[order], failed.at(order))


def _thinned(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    if len(rows) <= FAILURES_MAX:
        return rows
    return rows[np.linspace(0, len(rows) - 1, FAILURES_MAX).astype(np.int64)]


def _frame(evidence: Evidence, lanes: NDArray[np.int64], failed: Records) -> pd.DataFrame:
    requests = evidence.requests
    texts = requests.texts(failed.line_at)
    declared = [requests.lanes[lane] for lane in lanes.tolist()]
    return pd.DataFrame(
        {
            "intended_ns": failed.intended_ns,
            "lane": [lane.lane for lane in declared],
            "op": [str(lane.op) for lane in declared],
            "connection": [str(lane.connection) for lane in declared],
            "outcome": [str(OUTCOMES[code]) for code in failed.outcome.tolist()],
            "error": _named(failed.error, requests.errors),
            "status": failed.status,
            "detail": [text.detail for text in texts],
            "node": _named(failed.node, requests.nodes),
            "release": _named(failed.release, requests.releases),
            "request_id": [text.request_id for text in texts],
            "latency_ms": (failed.end_ns - failed.intended_ns) / 1e6,
        }
    )


def _named(codes: NDArray[np.int16], names: tuple[str, ...]) -> list[str | None]:
    return [names[code] if code >= 0 else None for code in codes.tolist()]
