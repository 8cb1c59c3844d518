"""Requests to explore: all of a usual run, an even sample of a huge one whose maxima stay true."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from harness.judge.measures import sample as sampling
from tests.judge.story import VALIDATE, healthy, judged


def _requests(path: Path) -> pd.DataFrame:
    return judged(healthy(), path).series.requests


def test_every_request_of_a_usual_run_is_there_and_stands_for_itself(tmp_path: Path) -> None:
    judgement = judged(healthy(), tmp_path)
    requests = judgement.series.requests
    assert set(requests["weight"]) == {1}
    assert requests["intended_ns"].is_monotonic_increasing
    assert len(requests) == judgement.counts.requests


def test_a_huge_run_is_sampled_evenly_and_stands_for_as_many_as_there_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = _requests(tmp_path / "whole")
    monkeypatch.setattr(sampling, "REQUESTS_MAX", len(whole) // 4)
    monkeypatch.setattr(sampling, "_STRETCHES", 3)
    thinned = _requests(tmp_path / "thinned")
    assert len(thinned) < len(whole) // 2
    for lane, rows in whole.groupby("lane"):
        stood_for = thinned.loc[thinned["lane"] == lane, "weight"]
        assert len(rows) <= stood_for.sum() < len(rows) + max(stood_for)


def test_the_slowest_request_of_a_huge_run_is_never_thinned_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow() -> pd.DataFrame:
        story = healthy()
        story.slow(VALIDATE, 23.2, 24.4, by_s=0.9)
        return judged(story, tmp_path / str(len(list(tmp_path.iterdir())))).series.requests

    whole = slow()
    monkeypatch.setattr(sampling, "REQUESTS_MAX", 50)
    monkeypatch.setattr(sampling, "_STRETCHES", 3)
    thinned = slow()
    assert thinned["latency_ms"].max() == whole["latency_ms"].max() > 800
