"""A run that several judge at one time: each ends well, and what they leave is whole."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from harness.evidence.verdict_file import read_verdict_file
from harness.judge import judge_run, write_verdict
from harness.report import write_report
from harness.report.picture import Picture
from tests.judge.story import healthy

JUDGES = 10
SVG = "<svg/>"


def test_ten_that_write_their_reports_at_once_take_nothing_from_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = healthy().write(tmp_path / "run")
    judgement = judge_run(run)
    pictures = tuple(Picture(f"picture{number}", "a title", "a text", SVG, SVG) for number in range(20))
    monkeypatch.setattr("harness.report.picture.draw_pictures", lambda _: pictures)
    run.charts.mkdir()
    barrier = Barrier(JUDGES)

    def judge(number: int) -> None:
        for turn in range(5):
            barrier.wait(timeout=60)
            (run.charts / f"stale{number}-{turn}.svg").touch()
            write_verdict(judgement, run.verdict)
            write_report(judgement, run)

    with ThreadPoolExecutor(JUDGES) as pool:
        list(pool.map(judge, range(JUDGES)))

    assert read_verdict_file(run.verdict).verdict == judgement.verdict
    assert sorted(path.name for path in run.charts.iterdir()) == sorted(f"{p.name}.svg" for p in pictures)
    assert not list(run.path.rglob("*.new"))
