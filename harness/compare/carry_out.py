"""Arms of a comparison as runs that take turns, so that a drift of the machine hits all alike."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from harness.campaign.one_run import harness_run
from harness.campaign.turns import Campaign, PlannedRun, Run, Turn, carry_out
from harness.compare.arms_file import ArmsPlan, PlannedArm
from harness.errors import ExitCode
from harness.evidence.rundir import RunDirectory

RUN_S_MAX = 7_200.0
"""A run takes two or three minutes here and may take an hour with long phases; one that hangs must end."""


def carry_out_arms(
    plan: ArmsPlan, folder: Path, report: Callable[[str], None], run: Run = harness_run
) -> tuple[Path, ...]:
    """Run every arm as often as planned.

    Args:
        plan: the arms.
        folder: gets `runs/<arm>/<UTC stamp>/`, and `runs/<arm>.log` with what each printed.
        report: takes a line for the person at the terminal.
        run: carries out one `harness run`.

    Returns:
        The run directories, in the order in which they were made.

    Raises:
        UsageError: a run was refused (exit status 2).
        HarnessError: a run broke (4), or took too long.
        KeyboardInterrupt: somebody ended it. All three keep what was made, and say how to go on.
    """
    turns = carry_out(campaign(plan, folder), report, lambda turn: report(f"  {_came_out(turn)}"), run)
    return _made(turns)


def campaign(plan: ArmsPlan, folder: Path) -> Campaign:
    """The runs in the order of running: A B A B ..."""
    return Campaign(
        runs=tuple(_planned(plan, folder / "runs")),
        called="the comparison",
        stops_at_a_broken_run=True,
        go_on=lambda turns: go_on(_made(turns), plan.by),
    )


def _planned(plan: ArmsPlan, out: Path) -> Iterator[PlannedRun]:
    for number in range(1, plan.runs + 1):
        for arm in plan.arms:
            yield PlannedRun(
                name=arm.name,
                told=f"{arm.name}, {number} of {plan.runs}",
                arguments=_arguments(plan, arm, out),
                folder=out / arm.name,
                log=out / f"{arm.name}.log",
                limit_s=RUN_S_MAX,
            )


def _arguments(plan: ArmsPlan, arm: PlannedArm, out: Path) -> tuple[str, ...]:
    sets = [part for override in arm.overrides for part in ("--set", override)]
    return (str(plan.scenario_file), *sets, "--out", str(out))


def _made(turns: Sequence[Turn]) -> tuple[Path, ...]:
    return tuple(turn.run for turn in turns if turn.run is not None)


def _came_out(turn: Turn) -> str:
    (run,) = _made([turn])
    return f"{ExitCode(turn.status or 0).name}: {RunDirectory(run).report}"


def go_on(made: Sequence[Path], by: Sequence[str]) -> str:
    """How to compare by hand what there is."""
    if len(made) < 2:
        return f"{len(made)} run was made" if made else "no run was made"
    command = [
        "harness",
        "compare",
        *(str(path) for path in made),
        *(part for key in by for part in ("--by", key)),
    ]
    return f"compare what there is with: {shlex.join(command)}"
