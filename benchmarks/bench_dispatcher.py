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


ROUNDS = 3


def measure(quick: bool) -> list[Measurement]:
    """Half of the arrivals over new connections, half over reused ones; every answer checked and recorded.

    Several rounds: the best one tells of the dispatcher, for a neighbour on the machine only ever adds lag;
    the worst one tells of the machine.
    """
    seconds, rounds = (3.0, 1) if quick else (6.0, ROUNDS)
    found: list[Measurement] = []
    with target.running() as url:
        for rate in RATES_HZ:
            found += _figures(rate, seconds, [_probe(url, rate, seconds) for _ in range(rounds)])
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


def _figures(rate_hz: int, seconds: float, rounds: list[ExitSummary]) -> list[Measurement]:
    case = f"{rate_hz} arrivals/s"
    goal = LAG_MS_P99_GOAL if rate_hz <= GOAL_RATE_HZ_MAX else None
    lags_ms = sorted(_known(summary.lag_p99_ms) for summary in rounds)
    unsent = max(int(_known(summary.unsent)) for summary in rounds)
    sent = min(int(_known(summary.records)) - int(_known(summary.unsent)) for summary in rounds)
    return [
        Measurement("dispatcher", case, "lag_ms_p99, best round", round(lags_ms[0], 2), goal),
        Measurement("dispatcher", case, "lag_ms_p99, worst round", round(lags_ms[-1], 2)),
        Measurement("dispatcher", case, "unsent, worst round", unsent, None if goal is None else 0),
        Measurement("dispatcher", case, "sent_hz, worst round", round(sent / seconds)),
    ]


def _known(figure: float | None) -> float:
    assert figure is not None, "a child that ended in order tells its figures"
    return figure
