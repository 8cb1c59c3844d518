"""Planned runs, carried out one after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.campaign.one_run import harness_run
from harness.errors import ExitCode, HarnessError, UsageError
from harness.signals import terminable

_JUDGED = frozenset({ExitCode.PASS, ExitCode.FAIL, ExitCode.INCONCLUSIVE})
"""A FAIL is what some runs are made for; what an inconclusive one is good for is asked at the end."""

Run = Callable[[Sequence[str], Path, float], int | None]
"""Carries out one `harness run`; see `one_run.harness_run`."""


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """One run that is to be carried out."""

    name: str
    """What it is a run of: a control, an arm, a hop."""
    told: str
    """The same for the person at the terminal, with what tells it from others of that name."""
    arguments: tuple[str, ...]
    """Of `harness run`."""
    folder: Path
    """Where it leaves its run directory: `<out>/<scenario>`."""
    log: Path
    """Gets what it prints."""
    limit_s: float
    """A run that hangs must not take the others with it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A run that had its turn."""

    planned: PlannedRun
    status: int | None
    """Exit status; None where it took longer than its limit."""
    run: Path | None
    """The directory that it made; None where it made none."""
    duration_s: float

    @property
    def broke(self) -> bool:
        """Whether it was refused or broke, so that there is no verdict of it."""
        return self.status not in _JUDGED or self.run is None

    @property
    def why(self) -> str:
        """How a run that broke ended, and what it said last."""
        limit = f"took longer than {self.planned.limit_s:.0f} s"
        how = limit if self.status is None else f"ended with status {self.status}"
        said = _last_line(self.planned.log)
        return f"{how} ({said})" if said else how


@dataclass(frozen=True, slots=True)
class Campaign:
    """Many runs, in the order in which they take their turns."""

    runs: tuple[PlannedRun, ...]
    called: str
    """As the subject of a sentence: `the comparison`."""
    stops_at_a_broken_run: bool
    """False: a run that broke is noted like any other."""
    go_on: Callable[[Sequence[Turn]], str]
    """What whoever ended it can do with what was made until then."""


def carry_out(
    campaign: Campaign,
    report: Callable[[str], None],
    had: Callable[[Turn], None],
    run: Run = harness_run,
) -> tuple[Turn, ...]:
    """Carry out every run, each after the one before it has ended.

    Args:
        campaign: the runs.
        report: takes a line for the person at the terminal.
        had: is told of each turn when it is over, so that what was made is not lost with what comes after.
        run: carries out one.

    Raises:
        UsageError: a run was refused (exit status 2), and the campaign stops there.
        HarnessError: likewise where it broke or took too long.
        KeyboardInterrupt: somebody ended it. All three keep what was made, and say how to go on.
    """
    turns: list[Turn] = []
    try:
        # A service manager's signal as Ctrl-C: a run left behind would disturb whatever is run next.
        with terminable():
            for number, planned in enumerate(campaign.runs, start=1):
                report(f"[{number}/{len(campaign.runs)}] {planned.told}")
                turn = _turn(planned, run)
                if turn.broke and campaign.stops_at_a_broken_run:
                    raise _stopped(campaign, turn, turns)
                turns.append(turn)
                had(turn)
    except KeyboardInterrupt:
        report(f"interrupted; {campaign.go_on(turns)}")
        raise
    return tuple(turns)


def _turn(planned: PlannedRun, run: Run) -> Turn:
    before, started_s = _runs(planned.folder), time.monotonic()
    status = run(planned.arguments, planned.log, planned.limit_s)
    made = sorted(_runs(planned.folder) - before)
    return Turn(planned, status, made[-1] if made else None, time.monotonic() - started_s)


def _runs(folder: Path) -> set[Path]:
    return {path for path in folder.glob("*") if path.is_dir()}


def _stopped(campaign: Campaign, turn: Turn, before: Sequence[Turn]) -> HarnessError:
    sentence = (
        f"the run of {turn.planned.name} {turn.why}, so {campaign.called} stops; {campaign.go_on(before)}"
    )
    return UsageError(sentence) if turn.status == ExitCode.USAGE else HarnessError(sentence)


def _last_line(log: Path) -> str:
    """What the run said last, which is why it ended."""
    try:
        lines = [
            line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()
        ]
    except OSError:
        return ""
    return lines[-1].strip().removeprefix("harness: ").rstrip(".") if lines else ""
