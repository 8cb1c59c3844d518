"""Controls as runs that take turns, each held against what it declares as soon as it is over."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path

from harness.campaign.one_run import harness_run
from harness.campaign.turns import Campaign, Run, Turn, carry_out
from harness.controls.run import Control, ControlRun, came_out
from harness.controls.table import markdown, write_json
from harness.evidence.drafts import PUBLIC_FILE_MODE, replace_file

RESULTS = "controls.json"


def carry_out_controls(
    controls: Sequence[Control], out: Path, report: Callable[[str], None], run: Run = harness_run
) -> tuple[ControlRun, ...]:
    """Run every control; one that breaks is a row of the table, and the others are run all the same.

    Args:
        controls: in the order of running.
        out: gets a run directory for each, its log, and after each one `controls.json` and `controls.md`.
        report: takes a line for the person at the terminal.
        run: carries out one `harness run`.

    Raises:
        KeyboardInterrupt: somebody ended it; what was made is kept, and how to go on was said.
    """
    runs: list[ControlRun] = []

    def note(turn: Turn) -> None:
        runs.append(came_out(controls[len(runs)], turn))
        told = "as declared" if runs[-1].as_declared else "NOT as declared"
        report(f"  {told}, {turn.duration_s:.0f} s")
        _write(runs, out)

    carry_out(_campaign(controls, out), report, note, run)
    return tuple(runs)


def _campaign(controls: Sequence[Control], out: Path) -> Campaign:
    def go_on(turns: Sequence[Turn]) -> str:
        left = shlex.join(["harness", "controls", *(each.path.stem for each in controls[len(turns) :])])
        return (
            f"{len(turns)} of {len(controls)} controls were run, {out} has them; run the others with: {left}"
        )

    planned = tuple(control.planned(out) for control in controls)
    return Campaign(planned, called="the series", stops_at_a_broken_run=False, go_on=go_on)


def _write(runs: Sequence[ControlRun], out: Path) -> None:
    """After each one, so that what was run is not lost with what comes after."""
    write_json(runs, out / RESULTS)
    rows = [row for run in runs for row in run.rows]
    replace_file(out / "controls.md", markdown(rows).encode(), mode=PUBLIC_FILE_MODE)
