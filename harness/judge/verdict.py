"""Judges a run: every question asked, the worst answer wins."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from harness.evidence.history import History
from harness.evidence.rundir import RunDirectory
from harness.judge.case import BrokenMeasure, Case
from harness.judge.downtime import Downtime
from harness.judge.evidence import Evidence, load_evidence
from harness.judge.gate.apply import apply_gate
from harness.judge.gate_outcome import GateOutcome
from harness.judge.headline import headline, headline_of
from harness.judge.limits import limits
from harness.judge.measures.detectable import Detectable
from harness.judge.measures.series import no_series
from harness.judge.model import Counts, Judgement, Question, RequestCounts, Verdict, worst
from harness.judge.observations import DatabaseActivity, MaskedFailures, Stutters
from harness.judge.questions import COVERAGE, QUESTIONS, asked
from harness.judge.questions.asking import ask, fault
from harness.scenario.gate import GateSettings

Told = TypeVar("Told")
_NONE: tuple[str, ...] = ()


def judge_run(
    run: RunDirectory,
    overrides: Iterable[str] = (),
    *,
    gate: GateSettings | None = None,
    history: History | None = None,
    running: bool = False,
) -> Judgement:
    """Judge the files of a run directory; nothing is written, and the same files give the same judgement.

    Args:
        run: where the files are.
        overrides: settings of the judge, `judge.<key>=<value>`, over those the run was made with.
        gate: what may fail and still be let through, in place of the gate that the run was made with.
        history: earlier runs to compare with, in place of those that the run was given.
        running: the caller knows that the run's harness is alive. Without, a run that has no outcome yet
            counts as one whose harness died.

    Raises:
        UsageError: a file is not of format 1 or cannot be read, or an override is no setting of the judge.
    """
    return judge_evidence(load_evidence(run, overrides, gate=gate, history=history, running=running))


def judge_evidence(evidence: Evidence) -> Judgement:
    """Judge evidence already in memory."""
    case, told = Case(evidence), _Telling()
    answers = tuple(ask(name, QUESTIONS[name], case) for name in asked(case))
    questions, gate = told.of("gate", lambda: apply_gate(answers, case), (answers, GateOutcome()))
    sentences = told.of("limits", lambda: limits(case, questions), _NONE)
    judgement = _shown(case, told, questions, gate, sentences)
    return _concluded(judgement, case, told)


class _Telling:
    """Takes what is shown beside the questions; what breaks is left empty, and noted."""

    def __init__(self) -> None:
        self.broken: dict[str, str] = {}
        """Name of what broke -> why, as a part of a sentence."""

    def of(self, name: str, take: Callable[[], Told], nothing: Told) -> Told:
        """`nothing` where taking it breaks."""
        try:
            return take()
        except BrokenMeasure as broken:
            self.broken[broken.measure] = str(broken)
        except Exception as error:  # noqa: BLE001 - nothing that is shown may cost the verdict
            self.broken[name] = f"the {name} broke with {type(error).__name__}"
        return nothing


def _shown(
    case: Case, told: _Telling, questions: tuple[Question, ...], gate: GateOutcome, limits: tuple[str, ...]
) -> Judgement:
    """The judgement, with every measure that the report shows; its verdict and headline are still to come."""
    evidence = case.evidence
    detectable = told.of("detectable", lambda: case.detectable, Detectable(None, None))
    return Judgement(
        manifest=evidence.manifest,
        timeline=evidence.timeline,
        verdict=Verdict.INCONCLUSIVE,
        headline="",
        questions=questions,
        downtime=told.of("downtime", lambda: case.downtime, Downtime()),
        lanes=told.of("lane stats", lambda: case.lane_stats, ()),
        series=told.of("series", lambda: case.series, no_series()),
        counts=told.of("counts", lambda: case.counts, RequestCounts()),
        minimum_detectable_outage_s=detectable.lane_s,
        detectable_whole_outage_s=detectable.whole_s,
        migrations=told.of("migrations", lambda: case.migrations, ()),
        versions=told.of("tables read", lambda: case.tables_read, ()),
        overhead=told.of("overhead", lambda: case.overhead, {}),
        limits=limits,
        impacts=told.of("impacts", lambda: case.impacts, ()),
        masked=told.of("masked failures", lambda: case.masked_failures, MaskedFailures((), 0, 0)),
        shares=told.of("release shares", lambda: case.release_shares, ()),
        database=told.of("database activity", lambda: case.database_activity, DatabaseActivity((), ())),
        stutters=told.of("stutters", lambda: case.stutters, Stutters()),
        settings=evidence.settings,
        overrides=evidence.overrides,
        writes=told.of("write counts", lambda: case.write_counts, ()),
        continuity=told.of("honoured", lambda: case.honoured.cells, evidence.continuity.cells),
        gate=gate,
        regressions=told.of("figure changes", lambda: case.figure_changes, ()),
        stalls=told.of("stalls", lambda: case.stalls, ()),
        reference=told.of("reference counts", lambda: case.reference_counts, Counts()),
        phase_counts=told.of("phase counts", lambda: case.phase_counts, {}),
        latency=told.of("phase latency", lambda: case.phase_latency, ()),
        roll_s=told.of("roll time", lambda: case.roll_time, None),
    )


def _concluded(judgement: Judgement, case: Case, told: _Telling) -> Judgement:
    """The judgement with its verdict and its headline; the question of coverage tells what broke."""
    questions = _with_broken(judgement.questions, told)
    verdict = _verdict(questions)
    sentence = told.of("headline", lambda: headline(case, verdict, questions, judgement.gate), None)
    if sentence is None:
        questions = _with_broken(judgement.questions, told)
        verdict = _verdict(questions)
        sentence = headline_of(verdict, questions)
    return replace(judgement, verdict=verdict, headline=sentence, questions=questions)


def _verdict(questions: Sequence[Question]) -> Verdict:
    return worst(question.verdict for question in questions if not question.advisory)


def _with_broken(questions: tuple[Question, ...], told: _Telling) -> tuple[Question, ...]:
    """What broke and is told by no question makes coverage INCONCLUSIVE, and is told there."""
    sentences = [f.sentence for q in questions if not q.advisory for f in q.findings if f.of_the_harness]
    untold = [why for why in told.broken.values() if not any(why in sentence for sentence in sentences)]
    faults = tuple(fault(f"Not everything could be measured: {why}") for why in untold)
    return tuple(
        replace(q, verdict=worst([q.verdict, Verdict.INCONCLUSIVE]), findings=(*q.findings, *faults))
        if faults and q.name == COVERAGE
        else q
        for q in questions
    )
