"""Decides, before anything is touched, whether the baseline is fit to be compared with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.evidence.names import Operation, Outcome
from harness.scenario import JudgeSettings
from harness.statistics.baseline import Pace


def objection(
    rows: Iterable[dict[str, Any]], lanes_open: frozenset[str], bounds: JudgeSettings
) -> str | None:
    """Why this baseline is no ground to upgrade from, in one sentence; None where it is.

    A cloud that already refuses or delays requests before anything was touched would have every later failure
    laid to the upgrade. Most often the load is more than the machine can carry.

    Args:
        rows: request records of the baseline.
        lanes_open: names of the open-model lanes, the only ones whose latency counts.
        bounds: the judge's; those on the baseline and the generator are used.
    """
    # Pings of the known-good target are no requests to the cloud.
    requests = [row for row in rows if row.get("op") != Operation.PING]
    bad = [row for row in requests if row["outcome"] in (Outcome.FAILED, Outcome.UNKNOWN)]
    unsent = sum(row["outcome"] == Outcome.UNSENT for row in requests)
    sent = [row for row in requests if row["lane"] in lanes_open and row["outcome"] != Outcome.UNSENT]
    if bad:
        return f"{len(bad)} of {len(requests)} requests failed (first: {bad[0]['lane']}, {bad[0]['error']})"
    if unsent > bounds.unsent_max:
        return f"{unsent} of {len(requests)} requests that were due could not be sent"
    if not sent:
        return "no probe was answered"
    pace = Pace.of(*(_column(sent, key) for key in ("intended_ns", "start_ns", "end_ns")))
    if pace.is_slow(bounds):
        limit = _limit("baseline_p99_ms_max", bounds)
        return f"the 99th percentile of the probes' latency was {pace.latency_ms_p99:.0f} ms ({limit})"
    if pace.is_late(bounds):
        limit = _limit("lag_p99_ms_max", bounds)
        return f"the generator sent up to {pace.lag_ms_p99:.0f} ms late at the 99th percentile ({limit})"
    return None


def _column(rows: list[dict[str, Any]], key: str) -> NDArray[np.int64]:
    return np.array([row[key] for row in rows], np.int64)


def _limit(key: str, bounds: JudgeSettings) -> str:
    return f"judge.{key} is {getattr(bounds, key):.0f}"
