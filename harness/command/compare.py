"""The command that compares: stored runs, or arms that it carries out first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.command.locate import ARMS, locate
from harness.command.possible import possible_order
from harness.command.provable import need_provable, warn
from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.compare.arms_file import ArmsPlan, PlannedArm
    from harness.compare.comparison import ArmsComparison


@click.command("compare")
@click.argument("runs", nargs=-1, type=click.Path(path_type=Path), metavar="[RUN]...")
@click.option("--arms", metavar="FILE", help="Carry out these arms first: a TOML file, or the name of one.")
@click.option(
    "--runs", "runs_per_arm", type=click.IntRange(1, 50), help="Runs of each arm; the file's, or 4."
)
@click.option(
    "--by",
    multiple=True,
    metavar="KEY",
    help="What the arms may differ in: a key, a table of keys, or `pair`.",
)
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Of every run that is carried out; for stored runs a bound of the judge, judge.<key>=<value>.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reports") / "compare",
    show_default=True,
    help="Folder that gets <UTC stamp>/ with compare.html, compare.json and summary.md.",
)
def compare(
    runs: Sequence[Path],
    arms: str | None,
    runs_per_arm: int | None,
    by: Sequence[str],
    overrides: Sequence[str],
    out: Path,
) -> None:
    """Compare RUNs that differ in one thing: drained against undrained, or any two settings or releases.

    Exit status: 0 the comparison was made, whatever it says; 2 usage, or runs that can not be compared;
    4 harness error.
    """
    if arms is None and runs_per_arm is not None:
        raise UsageError("--runs says how often arms are carried out; give it together with --arms.")
    if arms is not None and (runs or by):
        raise UsageError("--arms carries runs out and knows what they differ in; leave out RUN and --by.")
    if arms is None:
        _compare_stored(runs, by, overrides, out)
    else:
        _compare_arms(locate(arms, ARMS), runs_per_arm, overrides, out)


def _compare_stored(runs: Sequence[Path], by: Sequence[str], overrides: Sequence[str], out: Path) -> None:
    if len(runs) < 2:
        raise UsageError(
            "give at least two run directories to compare, or carry runs out with --arms drained_undrained."
        )
    _need_runs(runs, overrides)
    from harness.compare.stored import compare_stored
    from harness.compare.write import make_folder

    _tell(compare_stored(runs, by, overrides), make_folder(out))


def _need_runs(runs: Sequence[Path], overrides: Sequence[str]) -> None:
    """What would be refused as soon as a run's manifest is read, before the judge is imported."""
    from harness.evidence.manifest import read_manifest
    from harness.evidence.rundir import open_run_directory
    from harness.judge.settings import judge_settings

    for path in runs:
        stored = open_run_directory(path)
        judge_settings(read_manifest(stored.manifest).settings, overrides, stored.manifest)


def _compare_arms(path: Path, runs_per_arm: int | None, overrides: Sequence[str], out: Path) -> None:
    from harness.compare.arms_file import load_arms

    plan = load_arms(path, runs_per_arm, overrides)
    doubts = [doubt for arm in plan.arms for doubt in _need_possible(arm, plan.scenario_file, path, out)]
    warn(doubts)
    _carried_out(plan, out)


def _carried_out(plan: ArmsPlan, out: Path) -> None:
    from harness.compare.carry_out import carry_out_arms
    from harness.compare.write import make_folder

    folder = make_folder(out)
    made = carry_out_arms(plan, folder, click.echo)
    _tell(_compared(plan, made), folder)


def _need_possible(arm: PlannedArm, scenario_file: Path, path: Path, out: Path) -> tuple[str, ...]:
    """The second arm would be refused when the first had been carried out."""
    from harness.run.beforehand import pair
    from harness.scenario import who_says

    def says(key: str) -> str:
        return who_says(key, scenario_file, arm.overrides, {})

    try:
        releases = pair(arm.scenario, says)
        doubts = need_provable(arm.scenario, releases, scenario_file, arm.overrides, None, compared=False)
        possible_order(arm.scenario, scenario_file, out, says)
    except UsageError as error:
        raise UsageError(f"{path}: arm {arm.name}: {error}") from error
    return tuple(f"{path}: arm {arm.name}: {doubt}" for doubt in doubts)


def _compared(plan: ArmsPlan, made: Sequence[Path]) -> ArmsComparison:
    """What was carried out, compared; a refusal says that the runs are kept."""
    from harness.compare.carry_out import go_on
    from harness.compare.stored import compare_stored

    try:
        return compare_stored(made, plan.by)
    except UsageError as error:
        raise UsageError(f"{error} The runs are kept: {go_on(made, plan.by)}") from error


def _tell(comparison: ArmsComparison, folder: Path) -> None:
    from rich.console import Console

    from harness.compare.answer import answer
    from harness.compare.write import write_comparison
    from harness.report.text import counted, one_line

    page = write_comparison(comparison, folder)
    answered = answer(comparison)
    console = Console()
    arms = (f"{arm.name}: {counted(len(arm.runs), 'run')}" for arm in comparison.arms.arms)
    lines = (", ".join(arms), f"{answered.question} {answered.sentence}", f"Report: {page}")
    for line in lines:  # names come from the runs' files, whatever those hold
        console.print(one_line(line), markup=False, highlight=False, soft_wrap=True)
