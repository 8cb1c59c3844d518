"""Decides, before anything is touched, whether the baseline is fit to be compared with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from harness.evidence.names import Outcome
from harness.scenario import JudgeSettings


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
    requests = list(rows)
    bad = [row for row in requests if row["outcome"] in (Outcome.FAILED, Outcome.UNKNOWN)]
    unsent = sum(row["outcome"] == Outcome.UNSENT for row in requests)
    sent = [row for row in requests if row["lane"] in lanes_open and row["outcome"] != Outcome.UNSENT]
    if bad:
        return f"{len(bad)} of {len(requests)} requests failed (first: {bad[0]['lane']}, {bad[0]['error']})"
    if unsent > bounds.unsent_max:
        return f"{unsent} of {len(requests)} requests that were due could not be sent"
    if not sent:
        return "no probe was answered"
    latency_ms = np.array([row["end_ns"] - row["intended_ns"] for row in sent]) / 1e6
    lag_ms = np.array([row["start_ns"] - row["intended_ns"] for row in sent]) / 1e6
    if (p99_ms := float(np.percentile(latency_ms, 99))) > bounds.baseline_p99_ms_max:
        limit = _limit("baseline_p99_ms_max", bounds)
        return f"the 99th percentile of the probes' latency was {p99_ms:.0f} ms ({limit})"
    if (p99_ms := float(np.percentile(lag_ms, 99))) > bounds.lag_p99_ms_max:
        limit = _limit("lag_p99_ms_max", bounds)
        return f"the generator sent up to {p99_ms:.0f} ms late at the 99th percentile ({limit})"
    return None


def _limit(key: str, bounds: JudgeSettings) -> str:
    return f"judge.{key} is {getattr(bounds, key):.0f}"
