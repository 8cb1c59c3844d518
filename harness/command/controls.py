"""The verb that runs controls: prints the table, and exits 1 if any is not as declared."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.command.locate import CONTROL, named, of_first_folder
from harness.errors import ExitCode

if TYPE_CHECKING:
    from rich.console import Console

    from harness.campaign.turns import Campaign, Turn
    from harness.controls.run import Control, ControlRun

RESULTS = "controls.json"
_WIDTH_MIN = 110
"""Columns that the table needs; where nobody says how wide a terminal is, 80 are assumed."""


@click.command()
@click.argument("names", nargs=-1)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reports") / "controls",
    show_default=True,
    help="Folder that gets a run directory for each, and controls.json and controls.md.",
)
def controls(names: Sequence[str], out: Path) -> None:
    """Run the controls, all or those NAMEd: negative ones must FAIL as declared, null ones must PASS.

    Exit status: 0 every one came out as declared, 1 one did not, 2 usage, 4 harness error.
    """
    chosen = choose(names)
    from harness.command.terminal import Terminal

    console = Terminal()
    console.width = max(console.width, _WIDTH_MIN)
    _tell(_carry_out(chosen, out.absolute(), console), console)


def choose(names: Sequence[str]) -> list[Control]:
    """The controls of these names, or all of them, the quickest first.

    Raises:
        UsageError: there is no control of a name, or a scenario is wrong.
    """
    paths = [named(name, CONTROL) for name in names] or list(of_first_folder(CONTROL).values())
    from harness.controls.run import Control
    from harness.scenario import load_scenario

    return sorted((Control.of(path, load_scenario(path)) for path in paths), key=_cost)


def _cost(control: Control) -> tuple[bool, float, str]:
    procedure = control.scenario.procedure
    return (procedure.upgrade, procedure.baseline_s + procedure.cooldown_s, control.scenario.name)


def _carry_out(chosen: Sequence[Control], out: Path, console: Console) -> list[ControlRun]:
    from harness.campaign.turns import carry_out
    from harness.controls.run import came_out

    runs: list[ControlRun] = []

    def note(turn: Turn) -> None:
        run = came_out(chosen[len(runs)], turn)
        runs.append(run)
        told = "as declared" if run.as_declared else "NOT as declared"
        console.print(f"  {told}, {run.duration_s:.0f} s", markup=False)
        _write(runs, out)

    carry_out(_campaign(chosen, out), lambda line: console.print(line, markup=False), note)
    return runs


def _campaign(chosen: Sequence[Control], out: Path) -> Campaign:
    """A control that broke is a row of the table, and the others are run all the same."""
    from harness.campaign.turns import Campaign

    def go_on(turns: Sequence[Turn]) -> str:
        left = shlex.join(["harness", "controls", *(each.path.stem for each in chosen[len(turns) :])])
        return f"{len(turns)} of {len(chosen)} controls were run, {out} has them; run the others with: {left}"

    planned = tuple(control.planned(out) for control in chosen)
    return Campaign(planned, called="the series", stops_at_a_broken_run=False, go_on=go_on)


def _tell(runs: Sequence[ControlRun], console: Console) -> None:
    """The table, what is not as declared, and the exit status."""
    from harness.controls.matching import Result
    from harness.controls.table import table

    rows = [row for run in runs for row in run.rows]
    console.print(table(rows))
    for row in rows:
        if row.result is not Result.AS_DECLARED:
            console.print(f"{row.control}, {row.what}: {row.words}", markup=False, soft_wrap=True)
    wrong = [run.control for run in runs if not run.as_declared]
    if wrong:
        console.print(f"Not as declared: {', '.join(wrong)}.", markup=False)
        sys.exit(ExitCode.FAIL)
    console.print(f"All {len(runs)} controls came out as declared.", markup=False)


def _write(runs: Sequence[ControlRun], out: Path) -> None:
    """After each one, so that what was run is not lost with what comes after."""
    from harness.controls.table import markdown, write_json
    from harness.evidence.drafts import PUBLIC_FILE_MODE, replace_file

    write_json(runs, out / RESULTS)
    rows = [row for run in runs for row in run.rows]
    replace_file(out / "controls.md", markdown(rows).encode(), mode=PUBLIC_FILE_MODE)
