"""Carries out the steps that check continuity; what they find broken is evidence and stops nothing."""

from __future__ import annotations

from harness.errors import HarnessError
from harness.evidence.names import Phase
from harness.evidence.outcomes import CellsChecked, CohortMade
from harness.procedure.context import Context
from harness.procedure.continuity import Continuity
from harness.procedure.plan import PlannedStep
from harness.procedure.stage import StepReport


def make_cohort(context: Context, _: Phase, __: PlannedStep, report: StepReport) -> None:
    """Make the users and tokens that every later phase looks at."""
    with report.busy():
        report.tell(CohortMade.of(_of(context).make_cohort()))


def check_cohort(context: Context, phase: Phase, _: PlannedStep, report: StepReport) -> None:
    """Look at them at every node."""
    with report.busy():
        report.tell(CellsChecked(_of(context).check_cohort(phase)))


def check_old_data(context: Context, phase: Phase, _: PlannedStep, report: StepReport) -> None:
    """Look at what was there before the run, at every node."""
    with report.busy():
        report.tell(CellsChecked(_of(context).check_old_data(phase)))


def check_continuity(context: Context, phase: Phase, step: PlannedStep, report: StepReport) -> None:
    """In the roll the node just rolled against the old ones; without a node all against each other."""
    checks = _of(context)
    with report.busy():
        if step.node is None:
            report.tell(CellsChecked(checks.check_settled(phase)))
        else:
            report.tell(CellsChecked(checks.check_mixed(phase, step.node)))


def _of(context: Context) -> Continuity:
    if context.continuity is None:
        raise HarnessError("the plan asks for checks of continuity, and nobody was given to make them")
    return context.continuity
