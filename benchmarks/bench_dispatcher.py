"""How punctual the probes are: lag of the real probe child at 100 to 5,000 arrivals a second."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from benchmarks import target
from benchmarks.measurement import Measurement
from harness.evidence.clock import Clock
from harness.evidence.names import Connection, Operation
from harness.evidence.records import Lane
from harness.load.process import ExitSummary, LoadProcess
from harness.load.spec import ChildSpec

RATES_HZ = (100, 1000, 2000, 5000)
LAG_MS_P99_GOAL = 10.0
GOAL_RATE_HZ_MAX = 2000
"""On one core, the target included on the other; 5,000 is there to show where it ends."""


def measure(quick: bool) -> list[Measurement]:
    """Half of the arrivals over new connections, half over reused ones; every answer checked and recorded."""
    seconds = 3.0 if quick else 10.0
    found: list[Measurement] = []
    with target.running() as url:
        for rate in RATES_HZ:
            found += _figures(rate, seconds, _probe(url, rate, seconds))
    return found


def _probe(url: str, rate_hz: int, seconds: float) -> ExitSummary:
    lanes = tuple(
        Lane(f"user_get/{kind}", Operation.USER_GET, kind, rate_hz / len(Connection), 10.0)
        for kind in Connection
    )
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        spec = ChildSpec(
            job="probes",
            base_url=url,
            evidence=folder / "probes.jsonl",
            clock=Clock.read(),
            seed=1,
            accounts=target.ACCOUNTS,
            lanes=lanes,
        )
        child = LoadProcess.start(spec, folder / "log")
        try:
            child.wait_ready(60)
            time.sleep(seconds)
        finally:
            summary = child.stop(30)
    assert summary.in_order, f"the probe child did not end in order: {summary}"
    return summary


def _figures(rate_hz: int, seconds: float, summary: ExitSummary) -> list[Measurement]:
    case = f"{rate_hz} arrivals/s"
    goal = LAG_MS_P99_GOAL if rate_hz <= GOAL_RATE_HZ_MAX else None
    assert summary.lag_p99_ms is not None
    assert summary.lag_max_ms is not None
    assert summary.records is not None
    assert summary.unsent is not None
    return [
        Measurement("dispatcher", case, "lag_ms_p99", round(summary.lag_p99_ms, 2), goal),
        Measurement("dispatcher", case, "lag_ms_max", round(summary.lag_max_ms, 1)),
        Measurement("dispatcher", case, "unsent", summary.unsent, 0 if goal is not None else None),
        Measurement("dispatcher", case, "sent_hz", round((summary.records - summary.unsent) / seconds)),
    ]
