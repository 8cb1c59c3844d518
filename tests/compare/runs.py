"""Stored runs to compare: stories of the judge, each with a clock of its own and outages where asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.compare.answer import Answered, answer
from harness.compare.comparison import ArmsComparison
from harness.compare.stored import compare_stored
from tests.judge.story import ISSUE, LOAD, Story, healthy

Outages = Sequence[tuple[float, float]]
"""Seconds of the story at which a disruption begins, and half a second after its end; token_issue is asked
twice a second."""


def run(
    path: Path, number: int, *outages: tuple[float, float], story: Story | None = None, **scenario: Any
) -> Path:
    """Write the run; the `number`-th of its series, each begun a minute after the one before."""
    told = story or healthy(drained=scenario.get("roll", {}).get("drained", True))
    told.scenario = {**told.scenario, **scenario}
    for start, end in outages:
        # It begins with the last success before, half a second earlier; the load has no schedule to tell.
        told.fail(ISSUE, start, end - 0.5)
        told.fail(LOAD, start, start + 0.5)
    told.nth = number
    return told.write(path).path


def series(folder: Path, *arms: tuple[dict[str, Any], Sequence[Outages]]) -> list[Path]:
    """Runs of several arms, made in turn: each arm's scenario, and the outages of each of its runs."""
    made = []
    turns = max(len(runs) for _, runs in arms)
    for turn in range(turns):
        for number, (scenario, runs) in enumerate(arms):
            if turn < len(runs):
                path = folder / str(scenario["name"]) / f"run-{turn}"
                made.append(run(path, turn * len(arms) + number, *runs[turn], **scenario))
    return made


UNDRAINED: dict[str, Any] = {"name": "undrained", "roll": {"drained": False}}
DRAINED: dict[str, Any] = {"name": "drained", "roll": {"drained": True}}


def draining(folder: Path, undrained: Sequence[Outages], drained: Sequence[Outages]) -> ArmsComparison:
    return compare_stored(series(folder, (UNDRAINED, undrained), (DRAINED, drained)))


def answered(comparison: ArmsComparison) -> Answered:
    return answer(comparison)
