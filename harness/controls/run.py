"""A control as a planned run, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from harness.campaign.turns import PlannedRun, Turn
from harness.controls.injected import Injected, injections
from harness.controls.matching import Judged, Result, Row, match
from harness.errors import UsageError
from harness.evidence.journal import read_journal
from harness.evidence.rundir import RunDirectory
from harness.evidence.verdict_file import read_verdict_file
from harness.scenario import Scenario
from harness.scenario.expectation import Expectation

RUN_S_MAX = 900.0
"""A control takes one or two minutes; one that hangs must not take the others with it."""


@dataclass(frozen=True, slots=True)
class Control:
    """A scenario that says what it must come out as."""

    path: Path
    scenario: Scenario
    expected: Expectation

    @classmethod
    def of(cls, path: Path, scenario: Scenario) -> Control:
        """Take a scenario for a control.

        Raises:
            UsageError: the scenario expects nothing, so it is no control.
        """
        if scenario.expect is None:
            raise UsageError(
                f"{path}: has no section [expect], so it is no control; say what it must come out as."
            )
        return cls(path, scenario, scenario.expect)

    def planned(self, out: Path) -> PlannedRun:
        """Its run, by the command line as anybody would."""
        return PlannedRun(
            name=self.scenario.name,
            told=f"{self.scenario.name}: {self.scenario.description}",
            arguments=(str(self.path), "--out", str(out)),
            folder=out / self.scenario.name,
            log=out / f"{self.path.stem}.log",
            limit_s=RUN_S_MAX,
        )


@dataclass(frozen=True, slots=True)
class ControlRun:
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


def came_out(control: Control, turn: Turn) -> ControlRun:
    """Hold the verdict of its run against its section `[expect]`."""
    run = None if turn.run is None else RunDirectory(turn.run)
    rows = rows_of(control.scenario, control.expected, run)
    return ControlRun(control.scenario.name, rows, turn.run, turn.duration_s, turn.status)


def rows_of(scenario: Scenario, expected: Expectation, run: RunDirectory | None) -> tuple[Row, ...]:
    """Rows of a run that is over; None: there is no run directory.

    A run whose files can not be read decides nothing, and must not take the others with it.
    """
    interval_s = max(1 / probe.rate_hz for probe in scenario.probes)
    try:
        injected, judged = _left(run)
    except (UsageError, OSError) as error:
        rows = match(scenario.name, expected, (), None, interval_s)
        return tuple(replace(row, words=f"{row.words}: {error}") for row in rows)
    return match(scenario.name, expected, injected, judged, interval_s)


def _left(run: RunDirectory | None) -> tuple[tuple[Injected, ...], Judged | None]:
    """What was injected and what was found, as its files have it.

    Raises:
        UsageError: a file is damaged.
        OSError: one can not be read.
    """
    if run is None or not run.verdict.is_file():
        return (), None
    return injections(read_journal(run.journal).events), Judged.of(read_verdict_file(run.verdict))
