"""The command that runs controls: prints the table, and exits 1 if any is not as declared."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

import click

from harness.command.terminal import Terminal
from harness.controls.matching import Result
from harness.controls.run import Outcome, run_control
from harness.controls.table import markdown, table, write_json
from harness.errors import ExitCode, UsageError
from harness.evidence.drafts import PUBLIC_FILE_MODE, replace_file
from harness.scenario import Scenario, load_scenario

RESULTS = "controls.json"
_WIDTH_MIN = 110
"""Columns that the table needs; where nobody says how wide a terminal is, 80 are assumed."""


@click.command("controls")
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
    console = Terminal()
    console.width = max(console.width, _WIDTH_MIN)
    chosen = choose(names)
    outcomes: list[Outcome] = []
    for number, (path, scenario) in enumerate(chosen, start=1):
        console.print(f"[{number}/{len(chosen)}] {scenario.name}: {scenario.description}", markup=False)
        outcome = run_control(scenario, path, out.absolute())
        outcomes.append(outcome)
        told = "as declared" if outcome.as_declared else "NOT as declared"
        console.print(f"  {told}, {outcome.duration_s:.0f} s", markup=False)
        _write(outcomes, out.absolute())
    console.print(table(row for outcome in outcomes for row in outcome.rows))
    for row in (row for outcome in outcomes for row in outcome.rows if row.result is not Result.AS_DECLARED):
        console.print(f"{row.control}, {row.what}: {row.words}", markup=False, soft_wrap=True)
    wrong = [outcome.control for outcome in outcomes if not outcome.as_declared]
    if wrong:
        console.print(f"Not as declared: {', '.join(wrong)}.", markup=False)
        sys.exit(ExitCode.FAIL)
    console.print(f"All {len(outcomes)} controls came out as declared.", markup=False)


def choose(names: Sequence[str]) -> list[tuple[Path, Scenario]]:
    """The controls of these names, or all of them, the quickest first.

    Raises:
        UsageError: there is no control of a name, or a scenario is wrong.
    """
    paths = {path.stem: path for path in sorted(_folder().glob("*.toml"))}
    unknown = [name for name in names if name not in paths]
    if unknown:
        raise UsageError(f"{unknown[0]}: there is no such control; there are: {', '.join(paths) or 'none'}.")
    chosen = [(paths[name], load_scenario(paths[name])) for name in names or paths]
    return sorted(chosen, key=lambda each: _cost(each[1]))


def _cost(scenario: Scenario) -> tuple[bool, float, str]:
    procedure = scenario.procedure
    return (procedure.upgrade, procedure.baseline_s + procedure.cooldown_s, scenario.name)


def _folder() -> Path:
    here = Path("scenarios") / "controls"
    return here if here.is_dir() else Path(str(resources.files("harness"))) / "_scenarios" / "controls"


def _write(outcomes: Sequence[Outcome], out: Path) -> None:
    """After each one, so that what was run is not lost with what comes after."""
    write_json(outcomes, out / RESULTS)
    rows = [row for outcome in outcomes for row in outcome.rows]
    replace_file(out / "controls.md", markdown(rows).encode(), mode=PUBLIC_FILE_MODE)
