"""Makes a history of stored runs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from harness import __version__
from harness.errors import UsageError
from harness.evidence.history import FORMAT, RUNS_MIN, EarlierRun, History
from harness.evidence.manifest import Manifest, is_running, read_manifest
from harness.evidence.names import RunOutcome, Verdict
from harness.evidence.rundir import RunDirectory, open_run_directory
from harness.judge.comparable import differences, settings_of_run
from harness.judge.copies import need_distinct
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
    manifests = [_completed(run) for run in runs]
    need_distinct((run.path, manifest) for run, manifest in zip(runs, manifests, strict=True))
    settings = settings_of_run(manifests[0])
    for run, manifest in zip(runs, manifests, strict=True):
        if different := differences(settings, settings_of_run(manifest)):
            raise UsageError(f"{run.path}: not comparable with {runs[0].path}: {different}.")
    earlier = [_earlier(run, manifest) for run, manifest in zip(runs, manifests, strict=True)]
    by_time = sorted(earlier, key=lambda each: (each.started, each.name))
    return History(format=FORMAT, harness=__version__, settings=settings, runs=tuple(by_time))


def _completed(run: RunDirectory) -> Manifest:
    manifest = read_manifest(run.manifest)
    if is_running(manifest) or manifest.outcome is not RunOutcome.COMPLETED:
        raise UsageError(f"{run.path}: did not complete; a baseline is made of whole runs.")
    return manifest


def _earlier(run: RunDirectory, manifest: Manifest) -> EarlierRun:
    # What is refused by the manifests alone has no use for pandas and scipy.
    from harness.judge.case import Case
    from harness.judge.evidence import load_evidence
    from harness.judge.questions import AVAILABILITY, COVERAGE, QUESTIONS
    from harness.judge.questions.asking import ask

    case = Case(load_evidence(run, gate=GateSettings()))
    enough = ask(COVERAGE, QUESTIONS[COVERAGE], case)
    if enough.verdict is not Verdict.PASS:
        raise UsageError(
            f"{run.path}: has too little evidence for a baseline: {enough.findings[0].sentence} Leave it out."
        )
    path = run.path.resolve()
    return EarlierRun(
        name=f"{path.parent.name}/{path.name}",
        started=manifest.started,
        availability=ask(AVAILABILITY, QUESTIONS[AVAILABILITY], case).verdict,
        figures=case.figures,
    )
