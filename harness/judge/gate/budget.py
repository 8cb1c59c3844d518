"""Whether what failed is within its budgets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from harness.judge.case import Case
from harness.judge.downtime import Charge
from harness.judge.gate.acceptance import WITHIN_BUDGET
from harness.judge.gate.told import Told
from harness.judge.gate_outcome import BudgetUse
from harness.judge.measures.stalls import shared_by_reference
from harness.judge.model import Finding, Question, Verdict
from harness.judge.words import counted, listed
from harness.scenario.gate import AVAILABILITY, FAILURES, Budget

_STALL = "stall_s_max"
_PLURALS = {"availability": "failed requests", "integrity": "entities", "continuity": "checks"}


@dataclass(frozen=True, slots=True)
class _Spending:
    """What the use of one limit is measured of."""

    budget: Budget
    limit: float
    charges: Sequence[Charge]
    """The disruptions that are not accepted, and that are laid to what the budget is about."""
    case: Case


@dataclass(frozen=True, slots=True)
class Spent:
    """A budget and what this run took of it."""

    budget: Budget
    uses: tuple[BudgetUse, ...]

    def limits(self, *measures: str) -> bool:
        """Whether the budget sets one of these limits."""
        return any(use.measure in measures for use in self.uses)

    def keeps(self, *measures: str) -> bool:
        """Whether each of these limits holds, as far as the budget sets it."""
        return all(use.kept for use in self.uses if use.measure in measures)


def spend(question: Question, budgets: Sequence[Budget], case: Case) -> tuple[Question, tuple[Spent, ...]]:
    """The question with what is within its budgets marked and what is over one told, and what was used.

    What is accepted already takes nothing of a budget.
    """
    budgets = [budget for budget in budgets if budget.question == question.name]
    if not budgets:
        return question, ()
    if question.name == AVAILABILITY:
        return _spend_measures(question, budgets, case)
    return _spend_counts(question, budgets)


def scope(budget: Budget) -> str:
    """What a budget is about: `availability in phase roll, lane token_issue/*`."""
    parts = [f"phase {budget.phase}"] if budget.phase else []
    parts += [f"lane {budget.lane}"] if budget.lane else []
    return f"{budget.question} in {', '.join(parts)}" if parts else budget.question


def has_lane(budget: Budget, lane: str | None) -> bool:
    """Whether the budget is about the lane."""
    return budget.lane is None or (lane is not None and fnmatchcase(lane, budget.lane))


def _is_about(budget: Budget, phase: str | None, lane: str | None) -> bool:
    return (budget.phase is None or budget.phase == phase) and has_lane(budget, lane)


def _spend_measures(
    question: Question, budgets: Sequence[Budget], case: Case
) -> tuple[Question, tuple[Spent, ...]]:
    charges = case.downtime.charges
    told = Told(question.findings, charges)
    accepted = {number for f in question.findings if f.accepted for number in told.by(f)}
    left = {number: charge for number, charge in enumerate(charges) if number not in accepted}
    spent = tuple(Spent(budget, tuple(_measured(budget, [*left.values()], case))) for budget in budgets)
    findings = tuple(_gated(f, spent, [left[n] for n in told.by(f) if n in left]) for f in question.findings)
    return replace(question, findings=(*findings, *_exceeded(spent))), spent


def _measured(budget: Budget, left: Sequence[Charge], case: Case) -> Iterator[BudgetUse]:
    about = [charge for charge in left if budget.phase is None or budget.phase == charge.phase]
    for measure, limit in budget.limits.items():
        yield BudgetUse(scope(budget), measure, limit, USES[measure](_Spending(budget, limit, about, case)))


def _failed(spending: _Spending) -> float:
    return float(
        sum(
            number
            for charge in spending.charges
            for lane, number in charge.requests.items()
            if has_lane(spending.budget, lane)
        )
    )


def _disrupted_s(spending: _Spending) -> float:
    """At most so long: outer bounds, as in the headline."""
    return sum(
        charge.length_of_s([lane for lane in charge.requests if has_lane(spending.budget, lane)])
        for charge in spending.charges
    )


def _longest_stall_s(budget: Budget, limit_s: float, case: Case) -> float:
    """Longest time without a success that began in the phase; over the limit, only what is charged."""
    longest_s = 0.0
    for number in case.evidence.lanes():
        if not has_lane(budget, case.evidence.requests.lanes[number].lane):
            continue
        gaps = case.silences[number].gaps
        lengths_s = np.where(_begins_in(budget, gaps.start_ns, case), gaps.end_ns - gaps.start_ns, 0) / 1e9
        longest_s = max(longest_s, float(lengths_s[lengths_s <= limit_s].max(initial=0.0)))
        for row in np.flatnonzero(lengths_s > limit_s).tolist():
            if not _excused(case, number, int(gaps.start_ns[row]), int(gaps.end_ns[row])):
                longest_s = max(longest_s, float(lengths_s[row]))
    return longest_s


USES: Mapping[str, Callable[[_Spending], float]] = {
    "failed_max": _failed,
    "outage_s_max": _disrupted_s,
    _STALL: lambda of: _longest_stall_s(of.budget, of.limit, of.case),
}
"""How much a run took of each limit of a budget of availability."""


def _begins_in(budget: Budget, start_ns: NDArray[np.int64], case: Case) -> NDArray[np.bool_]:
    begins = np.zeros(len(start_ns), bool)
    for window in case.evidence.windows:
        if budget.phase is None or window.phase == budget.phase:
            begins |= (start_ns >= window.start_ns) & (start_ns < window.end_ns)
    return begins


def _excused(case: Case, number: int, start_ns: int, end_ns: int) -> bool:
    shared = shared_by_reference(case.evidence, case.silences, start_ns, end_ns) is not None
    return shared or case.saturation.excuses(number, start_ns, end_ns)


def _gated(finding: Finding, spent: Sequence[Spent], charges: Sequence[Charge]) -> Finding:
    """A finding of availability, marked where budgets let it through; else with what none of them covers."""
    if finding.requests is None and finding.end_ns is not None:  # a stall: nobody was refused
        about = [each for each in spent if _is_about(each.budget, finding.phase, finding.lane)]
        covering = [each for each in about if each.limits(_STALL)]
        return _marked(finding, covering if all(e.keeps(_STALL) for e in covering) else [], (_STALL,))
    failed = [(charge.phase, lane, number) for charge in charges for lane, number in charge.requests.items()]
    covers = {(phase, lane): _covering(phase, lane, spent) for phase, lane, _ in failed}
    bare = [(lane, number) for phase, lane, number in failed if not covers[phase, lane]]
    if bare and any(covers.values()) and finding.accepted is None:
        requests = counted(sum(number for _, number in bare), "request")
        told = f"{finding.sentence} No budget covers {requests} of it, in {listed(lane for lane, _ in bare)}."
        return replace(finding, sentence=told)
    covering = [each for each in spent if any(each in cover for cover in covers.values())]
    kept = not bare and all(each.keeps(*FAILURES) for each in covering)
    return _marked(finding, covering if kept else [], FAILURES)


def _covering(phase: str | None, lane: str, spent: Sequence[Spent]) -> list[Spent]:
    return [s for s in spent if s.limits(*FAILURES) and _is_about(s.budget, phase, lane)]


def _marked(finding: Finding, keeping: Sequence[Spent], measures: Sequence[str]) -> Finding:
    if finding.accepted is not None or finding.verdict is not Verdict.FAIL or not keeping:
        return finding
    budgets = listed(_words(each, measures) for each in keeping)
    return replace(finding, accepted=f"{WITHIN_BUDGET}{budgets}")


def _words(spent: Spent, measures: Sequence[str]) -> str:
    limits = [_limit(use) for use in spent.uses if use.measure in measures]
    return f"{scope(spent.budget)} ({', '.join(limits)})"


def _limit(use: BudgetUse) -> str:
    return f"{use.used:.4g} of {amount(use, use.limit)}"


def amount(use: BudgetUse, value: float) -> str:
    """A measure with its unit: `17 failed requests`, `2.45 s of disruption`, `3 s without a success`."""
    if use.measure == "failed_max":
        plural = _PLURALS[use.scope.partition(" ")[0]]
        return counted(int(value), plural.replace("entities", "entity").removesuffix("s"), plural)
    return f"{value:.4g} s {'without a success' if use.measure == _STALL else 'of disruption'}"


def _exceeded(spent: Sequence[Spent]) -> Iterator[Finding]:
    for each in spent:
        for use in each.uses:
            if not use.kept:
                yield Finding(
                    f"The budget of {use.scope} is exceeded: {amount(use, use.used)}, where "
                    f"{amount(use, use.limit)} {'is' if use.limit == 1 else 'are'} let through.",
                    Verdict.FAIL,
                    phase=each.budget.phase,
                    lane=each.budget.lane,
                )


def _spend_counts(question: Question, budgets: Sequence[Budget]) -> tuple[Question, tuple[Spent, ...]]:
    """Questions whose findings say how many they are about."""
    counts = [f for f in question.findings if f.verdict is Verdict.FAIL and not f.accepted and f.requests]
    spent = tuple(_counted(budget, counts) for budget in budgets)
    findings = tuple(_marked(f, _keeping_counts(f, spent), FAILURES) for f in question.findings)
    return replace(question, findings=(*findings, *_exceeded(spent))), spent


def _counted(budget: Budget, findings: Sequence[Finding]) -> Spent:
    used = sum(f.requests or 0 for f in findings if _is_about(budget, f.phase, f.lane))
    use = BudgetUse(scope(budget), "failed_max", float(budget.failed_max or 0), float(used))
    return Spent(budget, (use,))


def _keeping_counts(finding: Finding, spent: Sequence[Spent]) -> list[Spent]:
    covering = [each for each in spent if _is_about(each.budget, finding.phase, finding.lane)]
    kept = finding.requests is not None and all(each.keeps(*FAILURES) for each in covering)
    return covering if kept else []
