"""What the gate let through, as the page, the summary and JUnit tell it."""

from __future__ import annotations

from dataclasses import dataclass

from harness.judge.gate.budget import amount
from harness.judge.gate_outcome import AcceptanceUse, BudgetUse, Standing
from harness.judge.model import Judgement, Question, Verdict
from harness.report.text import counted, one_line
from harness.report.views.rows import Row, data_attributes

BUDGET_COLUMNS = ("Budget", "Used", "Let through", "")


@dataclass(frozen=True, slots=True)
class AcceptanceView:
    """One acceptance of the gate."""

    question: str
    what: str
    reason: str
    link: str
    until: str
    standing: str


@dataclass(frozen=True, slots=True)
class GateView:
    """The gate, where a run has one."""

    acceptances: tuple[AcceptanceView, ...]
    budgets: tuple[Row, ...]
    notes: tuple[str, ...]


def gate_view(judgement: Judgement) -> GateView | None:
    """The gate; None where nothing is accepted or budgeted, so that there is nothing to tell."""
    gate = judgement.gate
    if not (gate.acceptances or gate.budgets or gate.notes):
        return None
    return GateView(
        acceptances=tuple(_acceptance(use) for use in gate.acceptances),
        budgets=tuple(_budget(use) for use in gate.budgets),
        notes=tuple(one_line(note) for note in gate.notes),
    )


def gate_lines(judgement: Judgement) -> list[str]:
    """What the gate let through, a line each, for a summary; each begins with a word and a colon."""
    gate = judgement.gate
    lines = [_accepted_line(use) for use in gate.acceptances if use.standing is Standing.USED]
    if gate.budgets:
        lines.append(f"Budgets: {'; '.join(_budget_words(use) for use in gate.budgets)}")
    return [*lines, *(f"Gate: {one_line(note)}" for note in gate.notes)]


def _accepted_line(use: AcceptanceUse) -> str:
    return one_line(
        f"Accepted: {counted(use.findings, 'finding')} of {use.question} ({use.what}) until {use.until}: "
        f"{use.reason} {use.link}"
    )


def accepted_in(question: Question) -> int:
    """How many of a question's findings are let through."""
    return sum(finding.accepted is not None for finding in question.findings)


def _acceptance(use: AcceptanceUse) -> AcceptanceView:
    found = counted(use.findings, "finding")
    standing = {
        Standing.USED: f"{found}, not counted",
        Standing.UNUSED: "covers nothing in this run",
        Standing.LAPSED: f"lapsed; {found}, counted",
        Standing.SET_ASIDE: f"set aside, as the run did not complete; {found}, counted",
    }[use.standing]
    return AcceptanceView(
        one_line(use.question),
        one_line(use.what),
        one_line(use.reason),
        one_line(use.link),
        use.until,
        standing,
    )


def _budget(use: BudgetUse) -> Row:
    cells = (
        one_line(use.scope),
        f"{use.used:.4g}",
        amount(use, use.limit),
        "kept" if use.kept else "exceeded",
    )
    return Row(cells, data_attributes(measure=use.measure), Verdict.PASS if use.kept else Verdict.FAIL)


def _budget_words(use: BudgetUse) -> str:
    over = "" if use.kept else ", EXCEEDED"
    return one_line(f"{use.scope} {use.used:.4g} of {amount(use, use.limit)}{over}")
