"""Compares runs that lie in folders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.compare.arms import group
from harness.compare.comparison import ArmsComparison, compare_arms
from harness.compare.measured import measure, need_fit


def compare_stored(
    runs: Sequence[Path], by: Sequence[str] = (), overrides: Sequence[str] = ()
) -> ArmsComparison:
    """Judge runs in memory and compare them; nothing is written.

    Args:
        runs: run directories.
        by: what the arms may differ in; see `group`.
        overrides: bounds of the judge, `judge.<key>=<value>`, over those the runs were made with.

    Raises:
        UsageError: a run is not fit to be compared, or the runs are not comparable; says which and why.
    """
    measured = [measure(path, overrides) for path in runs]
    # What can not be compared at all is told before what is wrong with one of the runs.
    arms = group(measured, by)
    for run in measured:
        need_fit(run)
    return compare_arms(arms)
