"""Steps that let the load go on, and look at what it did."""

from __future__ import annotations

import time

from harness.errors import NoRoomError
from harness.evidence.ledger import Stage as LedgerStage
from harness.evidence.names import Phase
from harness.evidence.outcomes import BaselineJudged, ReadBackDone
from harness.procedure.context import Context
from harness.procedure.plan import PlannedStep
from harness.procedure.stage import StepReport


def observe(context: Context, phase: Phase, _: PlannedStep, report: StepReport) -> None:
    """Let the load go on for as long as the scenario says."""
    procedure = context.scenario.procedure
    report.wait(procedure.baseline_s if phase is Phase.BASELINE else procedure.cooldown_s)


def judge_baseline(context: Context, _: Phase, __: PlannedStep, report: StepReport) -> None:
    """Refuse to upgrade from a baseline that is no ground to compare with."""
    objection = context.baseline_objection()
    report.tell(BaselineJudged(objection))
    if objection is not None:
        raise NoRoomError(
            f"nothing was upgraded, because the baseline is no ground to compare with: {objection}; "
            "lower the rates of [[probes]] and [load], give the machine more room, or set "
            "procedure.stop_on_bad_baseline = false"
        )


def settle(context: Context, _: Phase, step: PlannedStep, report: StepReport) -> None:
    """After a node: a fixed time. At the end of a phase: until the phase is long enough to be judged."""
    if step.node is not None:
        report.wait(context.scenario.roll.settle_s)
        return
    lasted_s = time.monotonic() - context.stage.phase_began_s
    report.wait(context.scenario.procedure.phase_s_min - lasted_s)


def read_back(context: Context, phase: Phase, _: PlannedStep, report: StepReport) -> None:
    """What could not be read is evidence too little, not a failed step."""
    with report.busy():
        counts = context.read_back(LedgerStage.ROLL if phase is Phase.ROLL else LedgerStage.CONTRACT)
    report.tell(ReadBackDone.of(counts))
