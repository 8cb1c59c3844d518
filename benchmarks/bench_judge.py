"""How long `harness judge` takes and how much memory, from the files of a run to verdict and report."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import orjson

from benchmarks.measurement import Measurement
from benchmarks.synthetic import make_run
from harness.evidence.history import RUNS_MIN, EarlierRun, History, write_history
from harness.evidence.names import Verdict
from harness.judge.case import Case
from harness.judge.comparable import settings_of_run
from harness.judge.evidence import load_evidence

_JUDGE = """
import resource, sys, time
from pathlib import Path
import orjson
from harness.evidence.rundir import open_run_directory
begin = time.perf_counter()
from harness.judge import judge_run, write_verdict
from harness.report import write_report
from harness.evidence.history import read_history
run = open_run_directory(Path(sys.argv[1]))
history = read_history(Path(sys.argv[2])) if len(sys.argv) > 2 else None
judging = time.perf_counter()
judgement = judge_run(run, history=history)
judge_s = time.perf_counter() - judging
write_verdict(judgement, run.verdict)
judged = time.perf_counter()
write_report(judgement, run)
reported = time.perf_counter()
rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
figures = {"judge_s": judge_s, "s": reported - begin, "report_s": reported - judged, "rss_mb": rss_mb}
print(orjson.dumps({**figures, "requests": judgement.counts.requests}).decode())
"""
"""A process of its own, so that its peak memory is the judge's alone."""

_DEADLINE_S = 600
_PAIRS = 5
"""Of judgements with and without a history, in turn; the median of their ratios is told."""
_GOAL_HISTORY_RATIO = 1.2
_HISTORY_RECORDS = 10_000
_GOAL_S, _GOAL_RSS_MB, _GOAL_RATIO = 20.0, 1_500.0, 11.0
"""For ten million requests; linear, with a tenth of slack for the machine's noise."""


def measure(quick: bool) -> list[Measurement]:
    """Judge synthetic runs of one and ten million requests; `quick` a tenth of that.

    Makes the runs in a temporary folder, 320 MB for each million requests; making them is not counted.

    Raises:
        subprocess.CalledProcessError: judging broke.
    """
    small = 100_000 if quick else 1_000_000
    large = 10 * small
    first, second = _judge(small), _judge(large)
    name = f"{large:,} requests"
    return [
        Measurement("judge", f"{small:,} requests", "judge_and_report_s", round(first["s"], 2)),
        Measurement("judge", f"{small:,} requests", "report_s", round(first["report_s"], 2)),
        Measurement("judge", f"{small:,} requests", "rss_mb_max", round(first["rss_mb"])),
        Measurement("judge", name, "judge_and_report_s", round(second["s"], 2), None if quick else _GOAL_S),
        Measurement("judge", name, "report_s", round(second["report_s"], 2)),
        Measurement("judge", name, "rss_mb_max", round(second["rss_mb"]), None if quick else _GOAL_RSS_MB),
        Measurement(
            "judge",
            name,
            "judge_and_report_s_ratio",
            round(second["s"] / first["s"], 2),
            goal=_GOAL_RATIO,
            ratio_to=f"{small:,} requests",
        ),
        Measurement(
            "judge",
            f"{small:,} requests, --baseline",
            "judge_s_ratio",
            round(_history_ratio(small), 2),
            None if quick else _GOAL_HISTORY_RATIO,
            ratio_to=f"{small:,} requests",
        ),
    ]


def _history_ratio(records: int) -> float:
    """How many times as long judging takes beside earlier runs: the median of pairs of judgements."""
    with tempfile.TemporaryDirectory(prefix="bench-judge-") as folder:
        run, baseline = Path(folder) / "run", Path(folder) / "baseline.json"
        make_run(run, records)
        write_history(_history(Path(folder) / "earlier"), baseline)
        pairs = [(_judged(run, baseline), _judged(run)) for _ in range(_PAIRS)]
    return statistics.median(beside["judge_s"] / alone["judge_s"] for beside, alone in pairs)


def _history(path: Path) -> History:
    """Three earlier runs, all alike; what they are compared by has the same size whatever their length."""
    evidence = load_evidence(make_run(path, _HISTORY_RECORDS))
    earlier = EarlierRun(
        name="bench/run",
        started=evidence.manifest.started,
        availability=Verdict.PASS,
        figures=Case(evidence).figures,
    )
    settings = settings_of_run(evidence.manifest)
    return History(format=1, harness="bench", settings=settings, runs=(earlier,) * RUNS_MIN)


def _judge(records: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="bench-judge-") as folder:
        path = Path(folder) / "run"
        make_run(path, records)
        figures = _judged(path)
    assert figures["requests"] == records, f"judged {figures['requests']} of {records} requests"
    return figures


def _judged(run: Path, *baseline: Path) -> dict[str, float]:
    """Judge a run in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", _JUDGE, str(run), *map(str, baseline)],
        check=True,
        capture_output=True,
        timeout=_DEADLINE_S,
    )
    figures: dict[str, float] = orjson.loads(done.stdout)
    return figures
