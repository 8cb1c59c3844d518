"""A stored run, judged and measured, and whether it is fit to be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.compare.figures import Figures, figures
from harness.compare.settings import judged_settings
from harness.errors import UsageError
from harness.evidence.manifest import is_running, read_manifest
from harness.evidence.names import RunOutcome
from harness.evidence.rundir import open_run_directory
from harness.evidence.verdict_file import read_verdict_file
from harness.judge.model import Judgement, Question, Verdict
from harness.judge.verdict import judge_run


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """One run."""

    path: Path
    judgement: Judgement
    figures: Figures
    settings: Mapping[str, str]
    """Dotted key of the scenario -> value; see `judged_settings`."""
    failed_excused: int
    """Failed requests that may not be charged to the upgrade."""
    stored: Verdict | None
    """The verdict that its folder holds; None where it was not judged before."""

    @property
    def name(self) -> str:
        """As a reader finds it: the scenario's folder and the run's."""
        return f"{self.path.parent.name}/{self.path.name}"


def measure(path: Path, overrides: Sequence[str] = ()) -> Measured:
    """Judge a stored run in memory and take its figures; nothing is written.

    A verdict that is stored in the folder is not used: it may be from another version of the judge or under
    other bounds, and runs are to be compared by one measure.

    Args:
        path: the run directory.
        overrides: bounds of the judge, `judge.<key>=<value>`, over those the run was made with.

    Raises:
        UsageError: no run of format 1, one that still goes on, or one that was cut short.
    """
    run = open_run_directory(path)
    manifest = read_manifest(run.manifest)
    if is_running(manifest):
        raise UsageError(f"{path}: this run still goes on; compare it once it has ended.")
    if manifest.outcome is not RunOutcome.COMPLETED:
        how = f"was {manifest.outcome}" if manifest.outcome else "has no end, so its harness was killed"
        raise UsageError(
            f"{path}: this run {how}, so what it did not do can not be compared; "
            "leave it out, or run it again."
        )
    judgement = judge_run(run, overrides)
    return Measured(
        # Resolved, so that its name is right where the path given is `.`.
        path=path.resolve(),
        judgement=judgement,
        figures=figures(judgement),
        settings=judged_settings(manifest, judgement.settings),
        failed_excused=judgement.downtime.failed_excused,
        stored=_stored(run.verdict),
    )


def need_fit(run: Measured) -> None:
    """Refuse a run whose figures would not mean what they say.

    Raises:
        UsageError: its coverage is inconclusive, or failures in it may be the machine's.
    """
    coverage = _question(run, "coverage")
    if coverage is None or coverage.verdict is not Verdict.PASS:
        reason = (
            next((f.sentence for f in coverage.findings if f.verdict is coverage.verdict), "")
            if coverage
            else ""
        )
        raise UsageError(
            f"{run.path}: its evidence does not cover what it would be compared by: "
            f"{reason or 'the question was not answered.'} "
            "Leave it out, or run it again on a machine with room."
        )
    if run.failed_excused:
        raise UsageError(
            f"{run.path}: {run.failed_excused:,} of its failed requests fell into moments in which the "
            "machine had no room, so nobody knows whom to charge with them; leave it out, or run it again."
        )


def _question(run: Measured, name: str) -> Question | None:
    return next((question for question in run.judgement.questions if question.name == name), None)


def _stored(path: Path) -> Verdict | None:
    """None also where the file is no verdict: it is only told, and nothing rests on it."""
    try:
        return read_verdict_file(path).verdict
    except UsageError:
        return None
