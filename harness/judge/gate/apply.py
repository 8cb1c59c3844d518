"""Applies the gate to the answers of a run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date

from harness.judge.case import Case
from harness.judge.gate.acceptance import accept, covered, is_budgeted, note, use
from harness.judge.gate.budget import Spent, has_lane, scope, spend
from harness.judge.gate_outcome import AcceptanceUse, GateOutcome, Standing
from harness.judge.model import Finding, Question, Verdict, worst
from harness.judge.words import counted
from harness.scenario.gate import Budget, GateSettings

_CUT_SHORT = (
    "The run did not complete, so the gate lets nothing through: what was not run can not be accepted."
)

_OTHER = "Judged under another gate than the run was made with."


def apply_gate(questions: Sequence[Question], case: Case) -> tuple[tuple[Question, ...], GateOutcome]:
    """The questions with what the gate lets through marked, and what became of the gate.

    The date that acceptances are held against is the one on which the run started, UTC: the same run is
    judged alike on every day. A run that did not complete is let nothing through.
    """
    gate = case.evidence.gate
    other = _OTHER if case.evidence.other_gate else ""
    today = case.evidence.manifest.started.astimezone(UTC).date()
    if not case.evidence.completed:
        return tuple(questions), _set_aside(questions, gate, today, other)
    gated: list[Question] = []
    spent: list[Spent] = []
    for question in questions:
        accepted = accept(question, gate.accepted, today)
        marked, of_question = spend(accepted, () if _is_broken(question) else gate.budgets, case)
        gated.append(question if marked == question else replace(marked, verdict=_verdict(marked)))
        spent += of_question
    acceptances = tuple(use(each, questions, today) for each in gate.accepted)
    told = [
        note(used, covered(each, questions, gated))
        for used, each in zip(acceptances, gate.accepted, strict=True)
    ] + [_no_lane(each, case) for each in gate.budgets]
    budgeted = sum(is_budgeted(f.accepted) for f in _let_through(gated))
    outcome = GateOutcome(
        accepted=len(_let_through(gated)) - budgeted,
        budgeted=budgeted,
        acceptances=acceptances,
        budgets=tuple(each for of_budget in spent for each in of_budget.uses),
        notes=tuple(sentence for sentence in told if sentence),
        other=other,
    )
    return tuple(gated), outcome


def _is_broken(question: Question) -> bool:
    """What a question could not measure can not be held against a budget either."""
    return any(finding.of_the_harness for finding in question.findings)


def _verdict(question: Question) -> Verdict:
    """The worst of what counts; PASS where all that was found is let through."""
    return worst([Verdict.PASS, *(f.verdict for f in question.findings if f.accepted is None)])


def _let_through(questions: Iterable[Question]) -> list[Finding]:
    return [f for q in questions if not q.advisory for f in q.findings if f.accepted is not None]


def _no_lane(budget: Budget, case: Case) -> str | None:
    """A budget whose lane has no request would let nothing through, and look as if it did."""
    lanes = [case.evidence.requests.lanes[number].lane for number in case.evidence.lanes()]
    if budget.lane is None or any(has_lane(budget, lane) for lane in lanes):
        return None
    return (
        f"The budget of {scope(budget)} is about no lane of this run; lanes here: {', '.join(sorted(lanes))}."
    )


def _set_aside(questions: Sequence[Question], gate: GateSettings, today: date, other: str) -> GateOutcome:
    if not gate.accepted and not gate.budgets:
        return GateOutcome(other=other)
    found: tuple[AcceptanceUse, ...] = tuple(
        replace(use(each, questions, today), standing=Standing.SET_ASIDE) for each in gate.accepted
    )
    return GateOutcome(acceptances=found, notes=(_CUT_SHORT,), other=other)


def let_through_words(outcome: GateOutcome) -> str:
    """`2 accepted findings and 1 finding within budget`; empty where nothing was let through."""
    parts = [counted(outcome.accepted, "accepted finding")] if outcome.accepted else []
    parts += [f"{counted(outcome.budgeted, 'finding')} within budget"] if outcome.budgeted else []
    return " and ".join(parts)
