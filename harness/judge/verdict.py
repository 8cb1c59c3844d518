"""Judges a run: every question asked, the worst answer wins."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from harness.evidence.rundir import RunDirectory
from harness.judge.earlier.baseline_file import Baseline
from harness.judge.evidence import Evidence, load_evidence
from harness.judge.gate.apply import apply_gate
from harness.judge.headline import headline
from harness.judge.limits import limits
from harness.judge.masked import release_shares
from harness.judge.model import Downtime, Finding, Judgement, Question, Verdict, worst
from harness.judge.observations import DatabaseActivity, MaskedFailures
from harness.judge.questions import QUESTIONS, asked
from harness.judge.questions.integrity import write_counts
from harness.judge.series import series
from harness.judge.stats import lane_stats, phase_counts, reference_counts, stalls, tally
from harness.judge.stutter import stutters
from harness.judge.tables_read import tables_read
from harness.judge.timeline import applied_migrations, overhead
from harness.scenario.gate import GateSettings

Told = TypeVar("Told")


def judge_run(
    run: RunDirectory,
    overrides: Iterable[str] = (),
    *,
    gate: GateSettings | None = None,
    baseline: Baseline | None = None,
    running: bool = False,
) -> Judgement:
    """Judge the files of a run directory; nothing is written, and the same files give the same judgement.

    Args:
        run: where the files are.
        overrides: settings of the judge, `judge.<key>=<value>`, over those the run was made with.
        gate: what may fail and still be let through, in place of the gate that the run was made with.
        baseline: earlier runs to compare with, in place of those that the run was given.
        running: the caller knows that the run's harness is alive. Without, a run that has no outcome yet
            counts as one whose harness died.

    Raises:
        UsageError: a file is not of format 1 or cannot be read, or an override is no setting of the judge.
    """
    return judge_evidence(load_evidence(run, overrides, gate=gate, baseline=baseline, running=running))


def judge_evidence(evidence: Evidence) -> Judgement:
    """Judge evidence already in memory."""
    answers = [ask(name, QUESTIONS[name], evidence) for name in asked(evidence)]
    questions, gate = apply_gate(answers, evidence)
    verdict = worst(question.verdict for question in questions if not question.advisory)
    return Judgement(
        manifest=evidence.manifest,
        timeline=evidence.timeline,
        verdict=verdict,
        headline=headline(evidence, verdict, questions, gate),
        questions=questions,
        downtime=_told(lambda: evidence.downtime, Downtime()),
        lanes=(lanes := lane_stats(evidence)),
        series=series(evidence),
        counts=tally(evidence),
        minimum_detectable_outage_s=evidence.detectable.lane_s,
        detectable_whole_outage_s=evidence.detectable.whole_s,
        migrations=applied_migrations(evidence.timeline),
        versions=tables_read(evidence.versions),
        overhead=overhead(evidence.timeline, evidence.journal.events),
        limits=limits(evidence, questions),
        impacts=_told(lambda: evidence.impacts, ()),
        masked=_told(lambda: evidence.masked, MaskedFailures((), 0, 0)),
        shares=release_shares(evidence),
        database=_told(lambda: evidence.database_activity, DatabaseActivity((), ())),
        stutters=stutters(evidence),
        settings=evidence.settings,
        overrides=evidence.overrides,
        writes=_told(lambda: write_counts(evidence), ()),
        continuity=evidence.continuity.cells,
        gate=gate,
        regressions=_told(lambda: evidence.regressions, ()),
        stalls=stalls(evidence),
        reference=reference_counts(evidence),
        phase_counts=phase_counts(lanes),
    )


def _told(observation: Callable[[], Told], nothing: Told) -> Told:
    """`nothing` where observing breaks: the question that rests on it has told so then."""
    try:
        return observation()
    except Exception:  # noqa: BLE001 - told by `ask`
        return nothing


def ask(name: str, question: Callable[[Evidence], Question], evidence: Evidence) -> Question:
    """Ask one question; one that breaks is INCONCLUSIVE, never PASS, and hides no other answer."""
    try:
        return question(evidence)
    except Exception as error:  # noqa: BLE001 - whatever breaks, the other questions have answers
        finding = Finding(
            f"The question could not be answered: its check broke with {type(error).__name__}; "
            "this is a fault of the harness, so please report it with the run directory.",
            Verdict.INCONCLUSIVE,
            of_the_harness=True,
        )
        return Question(name, Verdict.INCONCLUSIVE, (finding,))
