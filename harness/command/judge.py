"""The verb that judges a stored run, and what every judgement leaves and prints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.command import options

if TYPE_CHECKING:
    from rich.console import Console

    from harness.evidence.history import History
    from harness.evidence.rundir import RunDirectory
    from harness.scenario.gate import GateSettings


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@options.SET
@options.GATE
@options.BASELINE
def judge(run: Path, overrides: tuple[str, ...], gate: Path | None, earlier: Path | None) -> int:
    """Judge a stored RUN again, also one whose harness was killed; rewrites verdict and reports."""
    from harness.evidence.rundir import open_run_directory
    from harness.scenario import load_gate

    other = load_gate(gate) if gate is not None else None
    runs_before = _earlier_runs(earlier) if earlier is not None else None
    stored = open_run_directory(run)
    _need_judgeable(stored, run, overrides, other, runs_before)
    from rich.console import Console

    return judge_and_report(stored, Console(), overrides, other, runs_before)


def _earlier_runs(path: Path) -> History:
    from harness.evidence.history import read_history

    return read_history(path)


def _need_judgeable(
    stored: RunDirectory,
    given: Path,
    overrides: Sequence[str],
    gate: GateSettings | None,
    earlier: History | None,
) -> None:
    """What the judge would refuse as soon as it has the manifest, before the judge is imported."""
    from harness.errors import UsageError
    from harness.evidence.manifest import is_running, read_manifest
    from harness.judge.comparable import need_comparable, settings_of_run
    from harness.judge.settings import judge_settings
    from harness.scenario.gate import stored_gate

    manifest = read_manifest(stored.manifest)
    if is_running(manifest):
        raise UsageError(f"{given}: this run still goes on; judge it once it has ended.")
    judge_settings(manifest.settings, overrides, stored.manifest)
    if gate is None:
        stored_gate(manifest.settings, stored.manifest)
    if earlier is not None:
        need_comparable(earlier, settings_of_run(manifest), stored.path)


def judge_and_report(
    run: RunDirectory,
    console: Console,
    overrides: Sequence[str] = (),
    gate: GateSettings | None = None,
    earlier: History | None = None,
) -> int:
    """Judge a run that is over, write verdict and reports, and print the summary.

    Returns:
        The exit status that the verdict asks for.
    """
    from harness.judge import judge_run, write_verdict
    from harness.report import print_summary, write_report

    judgement = judge_run(run, overrides, gate=gate, history=earlier)
    write_verdict(judgement, run.verdict)
    write_report(judgement, run)
    print_summary(judgement, console)
    console.print(f"Report: {run.report}", soft_wrap=True, highlight=False)
    return judgement.verdict.exit_code
