"""What nodes logged of errors is told beside the verdict, and decides nothing."""

from __future__ import annotations

from pathlib import Path

from harness.judge import judge_run
from harness.judge.model import Judgement
from tests.judge.story import healthy

WALL_MS = 1_760_000_000_000
"""Of the story's beginning."""


def logged(path: Path, **errors_at: list[float]) -> Judgement:
    """A healthy run whose nodes logged errors at these seconds."""
    run = healthy().write(path)
    run.logs.mkdir()
    for node, seconds in errors_at.items():
        lines = [
            f'request t="{WALL_MS + round(second * 1000)}" GET /v3 status=500 took_ms=2 id=-\n'
            f"2026-11-27 03:16:{n // 1000:02}.{n % 1000:03} 7 ERROR keystone password=hunter2 failed\n"
            for n, second in enumerate(seconds)
        ]
        (run.logs / f"{node}.log").write_text("".join(lines), encoding="utf-8")
    return judge_run(run)


def told(judgement: Judgement) -> list[str]:
    return [limit for limit in judgement.limits if "logged" in limit]


def test_errors_that_the_baseline_did_not_have_are_told_by_phase_and_node_and_nothing_fails(
    tmp_path: Path,
) -> None:
    judgement = logged(tmp_path, node1=[19, 30, 31], node2=[32])

    assert judgement.verdict == "PASS"
    assert told(judgement) == [
        "In phase expand node1 logged 1 error (none in the baseline); nothing is concluded from that. The "
        "first: ERROR keystone password=[hidden] failed",
        "In phase roll node1 logged 2 errors (none in the baseline) and node2 logged 1 error (none in the "
        "baseline); nothing is concluded from that. The first: ERROR keystone password=[hidden] failed",
    ]


def test_a_node_that_complains_as_often_as_before_is_no_news(tmp_path: Path) -> None:
    often = [2.5 + n / 2 for n in range(100)]

    assert told(logged(tmp_path, node1=often)) == []


def test_a_node_that_complains_over_twice_as_often_is(tmp_path: Path) -> None:
    assert told(logged(tmp_path, node1=[3.0, 19, 19.1, 20])) == [
        "In phase expand node1 logged 3 errors (1 in the baseline); nothing is concluded from that. The "
        "first: ERROR keystone password=[hidden] failed"
    ]


def test_what_was_logged_before_the_probes_or_after_is_not_told(tmp_path: Path) -> None:
    assert told(logged(tmp_path, node1=[0.5, 55])) == []
