"""Carries out the arms of a comparison in turn, so that a drift of the machine hits all alike."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from harness.campaign.one_run import harness_run
from harness.compare.arms_file import ArmsPlan, PlannedArm
from harness.errors import ExitCode, HarnessError, UsageError
from harness.evidence.rundir import RunDirectory
from harness.signals import terminable

RUN_S_MAX = 7_200.0
"""A run takes two or three minutes here and may take an hour with long phases; one that hangs must end."""
_GOES_ON = frozenset({ExitCode.PASS, ExitCode.FAIL, ExitCode.INCONCLUSIVE})
"""A FAIL is what some arms are run for; whether an inconclusive run can be compared is asked at the end."""

Run = Callable[[Sequence[str], Path, float], int | None]


def turns(plan: ArmsPlan) -> Iterator[tuple[int, PlannedArm]]:
    """Number of the round and arm, in the order of running: A B A B ..."""
    for number in range(1, plan.runs + 1):
        for arm in plan.arms:
            yield number, arm


def carry_out(
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
    made: list[Path] = []
    whole = plan.runs * len(plan.arms)
    try:
        # A service manager's signal as Ctrl-C: a run left behind would disturb whatever is run next.
        with terminable():
            for turn, (number, arm) in enumerate(turns(plan), start=1):
                report(f"[{turn}/{whole}] {arm.name}, {number} of {plan.runs}")
                code = _one(plan, arm, folder / "runs", made, run)
                report(f"  {code.name}: {RunDirectory(made[-1]).report}")
    except KeyboardInterrupt:
        report(f"interrupted; {go_on(made, plan.by)}")
        raise
    return tuple(made)


def _one(plan: ArmsPlan, arm: PlannedArm, out: Path, made: list[Path], run: Run) -> ExitCode:
    """Carry out one run, and add it to those made."""
    before, log = _runs(out, arm), out / f"{arm.name}.log"
    code = run(arguments(plan, arm, out), log, RUN_S_MAX)
    new = sorted(_runs(out, arm) - before)
    if code not in _GOES_ON or not new:
        raise _stopped(arm, code, log, made, plan)
    made.append(new[-1])
    return ExitCode(code)


def arguments(plan: ArmsPlan, arm: PlannedArm, out: Path) -> list[str]:
    """Of `harness run`, for one run of an arm."""
    sets = [part for override in arm.overrides for part in ("--set", override)]
    return [str(plan.scenario_file), *sets, "--out", str(out)]


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


def _runs(out: Path, arm: PlannedArm) -> set[Path]:
    return {path for path in (out / arm.name).glob("*") if path.is_dir()}


def _stopped(
    arm: PlannedArm, code: int | None, log: Path, made: Sequence[Path], plan: ArmsPlan
) -> HarnessError:
    how = f"took longer than {RUN_S_MAX:.0f} s" if code is None else f"ended with status {code}"
    said = _last_line(log)
    why = f" ({said})" if said else ""
    sentence = f"the run of {arm.name} {how}{why}, so the comparison stops; {go_on(made, plan.by)}"
    return UsageError(sentence) if code == ExitCode.USAGE else HarnessError(sentence)


def _last_line(log: Path) -> str:
    """What the run said last, which is why it ended."""
    try:
        lines = [
            line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()
        ]
    except OSError:
        return ""
    return lines[-1].strip().removeprefix("harness: ").rstrip(".") if lines else ""
