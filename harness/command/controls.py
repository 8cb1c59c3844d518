"""The verb that runs controls: prints the table, and exits 1 if any is not as declared."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.command.locate import CONTROL, named, of_first_folder
from harness.command.possible import possible_order
from harness.command.provable import need_provable, warn
from harness.errors import ExitCode
from harness.refusal import escaped

if TYPE_CHECKING:
    from rich.console import Console

    from harness.controls.run import Control, ControlRun

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
def controls(names: Sequence[str], out: Path) -> int:
    """Run the controls, all or those NAMEd: negative ones must FAIL as declared, null ones must PASS.

    Exit status: 0 every one came out as declared, 1 one did not, 2 usage, 4 harness error.
    """
    chosen = choose(names)
    doubts = [doubt for control in chosen for doubt in _need_possible(control, out)]
    warn(doubts)
    from rich.console import Console

    from harness.controls.carry_out import carry_out_controls

    console = Console()
    console.width = max(console.width, _WIDTH_MIN)
    runs = carry_out_controls(chosen, out.absolute(), lambda line: console.print(line, markup=False))
    return _tell(runs, console)


def _need_possible(control: Control, out: Path) -> tuple[str, ...]:
    """The last one would be refused when all the others had been carried out."""
    from harness.run.beforehand import pair

    def says(_: str) -> str:
        return escaped(str(control.path))

    releases = pair(control.scenario, says)
    doubts = need_provable(control.scenario, releases, control.path, (), None, compared=False)
    possible_order(control.scenario, control.path, out, says)
    return doubts


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


def _tell(runs: Sequence[ControlRun], console: Console) -> ExitCode:
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
        return ExitCode.FAIL
    console.print(f"All {len(runs)} controls came out as declared.", markup=False)
    return ExitCode.PASS
