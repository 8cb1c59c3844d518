"""Runs one control as anybody would, by the command line, and reads what it left."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import orjson

from harness.campaign.one_run import harness_run
from harness.controls.injected import Injected, injections
from harness.controls.matching import Judged, Result, Row, match
from harness.errors import UsageError
from harness.evidence.journal import read_journal
from harness.evidence.rundir import RunDirectory
from harness.scenario import Scenario
from harness.scenario.expectation import Expectation

RUN_S_MAX = 900.0
"""A control takes one or two minutes; one that hangs must not take the others with it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A control that was run."""

    control: str
    rows: tuple[Row, ...]
    run: Path | None
    duration_s: float
    exit_code: int | None

    @property
    def as_declared(self) -> bool:
        """Whether every row came out as its scenario declares."""
        return all(row.result is Result.AS_DECLARED for row in self.rows)


def run_control(scenario: Scenario, path: Path, out: Path) -> Outcome:
    """Run it, and hold its verdict against its section `[expect]`.

    Raises:
        UsageError: the scenario expects nothing, so it is no control.
    """
    if scenario.expect is None:
        raise UsageError(
            f"{path}: has no section [expect], so it is no control; say what it must come out as."
        )
    before = _runs(out, scenario.name)
    started_s = time.monotonic()
    exit_code = harness_run([str(path), "--out", str(out)], out / f"{path.stem}.log", RUN_S_MAX)
    made = sorted(_runs(out, scenario.name) - before)
    run = RunDirectory(made[-1]) if made else None
    rows = rows_of(scenario, scenario.expect, run)
    return Outcome(scenario.name, rows, run.path if run else None, time.monotonic() - started_s, exit_code)


def rows_of(scenario: Scenario, expected: Expectation, run: RunDirectory | None) -> tuple[Row, ...]:
    """Rows of a run that is over; None: there is no run directory."""
    judged: Judged | None = None
    injected: tuple[Injected, ...] = ()
    if run is not None and run.verdict.is_file():
        judged = Judged.of(orjson.loads(run.verdict.read_bytes()))
        injected = injections(read_journal(run.journal).events)
    interval_s = max(1 / probe.rate_hz for probe in scenario.probes)
    return match(scenario.name, expected, injected, judged, interval_s)


def _runs(out: Path, name: str) -> set[Path]:
    return {path for path in (out / name).glob("*") if path.is_dir()}
