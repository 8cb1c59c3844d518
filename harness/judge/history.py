"""Makes a history of stored runs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from harness import __version__
from harness.errors import UsageError
from harness.evidence.history import FORMAT, RUNS_MIN, EarlierRun, History
from harness.evidence.manifest import is_running, read_manifest
from harness.evidence.names import RunOutcome, Verdict
from harness.evidence.rundir import RunDirectory, open_run_directory
from harness.judge.case import Case
from harness.judge.comparable import Settings, differences, settings_of_run
from harness.judge.evidence import load_evidence
from harness.judge.questions import AVAILABILITY, COVERAGE, QUESTIONS
from harness.judge.questions.asking import ask
from harness.scenario.gate import GateSettings


def make_history(folders: Iterable[Path]) -> History:
    """Judge stored runs and keep their figures.

    Raises:
        UsageError: too few runs, one given twice, one that did not complete or has too little evidence, or
            two that are not comparable.
    """
    runs = [open_run_directory(folder) for folder in folders]
    if len(runs) < RUNS_MIN:
        raise UsageError(
            f"a baseline needs at least {RUNS_MIN} runs to know their spread; {len(runs)} given."
        )
    places = [run.path.resolve() for run in runs]
    for place, run in zip(places, runs, strict=True):
        if places.count(place) > 1:
            raise UsageError(f"{run.path}: given twice; each run counts once.")
    earlier = [_earlier(run) for run in runs]
    settings = earlier[0][1]
    for run, (_, other) in zip(runs, earlier, strict=True):
        if different := differences(settings, other):
            raise UsageError(f"{run.path}: not comparable with {runs[0].path}: {different}.")
    by_time = sorted((each for each, _ in earlier), key=lambda each: (each.started, each.name))
    return History(format=FORMAT, harness=__version__, settings=settings, runs=tuple(by_time))


def _earlier(run: RunDirectory) -> tuple[EarlierRun, Settings]:
    manifest = read_manifest(run.manifest)
    if is_running(manifest) or manifest.outcome is not RunOutcome.COMPLETED:
        raise UsageError(f"{run.path}: did not complete; a baseline is made of whole runs.")
    case = Case(load_evidence(run, gate=GateSettings()))
    enough = ask(COVERAGE, QUESTIONS[COVERAGE], case)
    if enough.verdict is not Verdict.PASS:
        raise UsageError(
            f"{run.path}: has too little evidence for a baseline: {enough.findings[0].sentence} Leave it out."
        )
    path = run.path.resolve()
    told = EarlierRun(
        name=f"{path.parent.name}/{path.name}",
        started=manifest.started,
        availability=ask(AVAILABILITY, QUESTIONS[AVAILABILITY], case).verdict,
        figures=case.figures,
    )
    return told, settings_of_run(manifest)
