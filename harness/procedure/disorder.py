"""A plan put into disorder on purpose, as faults of the plan ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.errors import UsageError
from harness.evidence.names import Phase, Step
from harness.procedure.plan import PlannedPhase, PlannedStep
from harness.scenario.fault import FaultKind, FaultSettings


def disordered(phases: Sequence[PlannedPhase], faults: Sequence[FaultSettings]) -> tuple[PlannedPhase, ...]:
    """The plan with its faults: a step left out, or contract taken early. Without such faults, the plan.

    Raises:
        UsageError: a step to leave out is not in the plan.
    """
    planned = tuple(phases)
    for fault in faults:
        if fault.kind is FaultKind.SKIP_STEP:
            planned = _without_step(planned, fault)
        elif fault.kind is FaultKind.CONTRACT_EARLY:
            planned = _contract_first(planned)
    return planned


def _without_step(phases: Sequence[PlannedPhase], fault: FaultSettings) -> tuple[PlannedPhase, ...]:
    def is_meant(phase: PlannedPhase, step: PlannedStep) -> bool:
        return phase.phase == fault.phase and step.step == fault.step and fault.node in (None, step.node)

    if not any(is_meant(phase, step) for phase in phases for step in phase.steps):
        raise UsageError(f"faults: {fault.called}: the phase {fault.phase} has no step {fault.step} here.")
    return tuple(
        replace(phase, steps=tuple(step for step in phase.steps if not is_meant(phase, step)))
        for phase in phases
    )


def _contract_first(phases: Sequence[PlannedPhase]) -> tuple[PlannedPhase, ...]:
    """Contract before the roll, and without the question that would refuse it."""
    order = list(phases)
    contract = next(phase for phase in order if phase.phase is Phase.CONTRACT)
    order.remove(contract)
    unasked = tuple(step for step in contract.steps if step.step is not Step.PROVE_NODES)
    roll = next(place for place, phase in enumerate(order) if phase.phase is Phase.ROLL)
    order.insert(roll, replace(contract, steps=unasked))
    return tuple(order)
