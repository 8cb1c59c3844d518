"""Requests per second of processor time: the harness's client against Locust's FastHttpUser and wrk."""

from __future__ import annotations

import json
import re
import resource
import shutil
import subprocess
import sys

from benchmarks import target
from benchmarks.measurement import Measurement

STOCK = "locust FastHttpUser"
OURS = "harness, reused connections"
OURS_NEW = "harness, new connections"
WRK = "wrk"
FIGURE = "requests_per_cpu_s"
"""Per second of processor time rather than of the clock: on a shared machine only that is repeatable."""
RATIO_GOAL = 1.0
_WORKERS = {STOCK: "stock", OURS: "harness-reused", OURS_NEW: "harness-new"}
_ROUNDS = 3
_CONNECTIONS = 20


def measure(quick: bool) -> list[Measurement]:
    """Each in turn against one small HAProxy, several rounds, the best round of each taken.

    The harness's figures include what it does besides: checking the whole answer, writing the record, and
    telling Locust's statistics. The best round, because a neighbour's cache misses only ever cost.
    """
    seconds = 2.0 if quick else 6.0
    best: dict[str, float] = {}
    with target.running() as url:
        for _ in range(1 if quick else _ROUNDS):
            for case, kind in _WORKERS.items():
                best[case] = max(best.get(case, 0.0), _worker(kind, url, seconds))
            if shutil.which("wrk"):
                best[WRK] = max(best.get(WRK, 0.0), _wrk(url, seconds))
    figures = [Measurement("client", case, FIGURE, round(value)) for case, value in best.items()]
    if WRK not in best:
        absent = "wrk (not installed: apt-get install wrk)"
        figures.append(Measurement("client", absent, FIGURE, float("nan")))
    return [*figures, *_ratios(best)]


def _ratios(best: dict[str, float]) -> list[Measurement]:
    ratios = [
        Measurement(
            "client",
            OURS,
            FIGURE,
            round(best[OURS] / best[STOCK], 2),
            goal=RATIO_GOAL,
            at_most=False,
            ratio_to=STOCK,
        )
    ]
    if WRK in best:
        ratio = round(best[OURS] / best[WRK], 3)
        ratios.append(Measurement("client", OURS, FIGURE, ratio, ratio_to=WRK))
    return ratios


def _worker(kind: str, url: str, seconds: float) -> float:
    """Requests per processor second of one of our Python generators."""
    command = [sys.executable, "-m", "benchmarks.client_worker", kind, url, str(seconds)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=seconds + 60)
    told = json.loads(done.stdout.splitlines()[-1])
    return float(told["requests"] / told["cpu_s"])


def _wrk(url: str, seconds: float) -> float:
    """The same of wrk: it tells its requests, the kernel its processor time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = ["wrk", "-t1", f"-c{_CONNECTIONS}", f"-d{seconds:.0f}s", f"{url}{target.USER_PATH}"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=seconds + 60)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    told = re.search(r"(\d+) requests in", done.stdout)
    assert told is not None, f"wrk said nothing of its requests: {done.stdout}"
    return int(told.group(1)) / cpu_s
