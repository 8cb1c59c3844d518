"""A plan put into disorder on purpose."""

from __future__ import annotations

from typing import Any

import pytest

from harness.errors import UsageError
from harness.evidence.names import Phase, Step
from harness.procedure.disorder import disordered
from harness.procedure.plan import plan
from harness.scenario import parse_scenario
from tests.procedure.doubles import NEW, OLD


def _planned(*faults: dict[str, Any]) -> Any:
    scenario = parse_scenario({"name": "story", "faults": list(faults)}, "story.toml")
    phases = plan(scenario, OLD, NEW, ["node-1", "node-2"], needs_trust=True)
    return phases, disordered(phases, scenario.faults)


def test_a_skipped_step_is_not_in_the_plan_and_all_others_are() -> None:
    phases, bent = _planned({"kind": "skip_step", "phase": "expand", "step": "db_sync"})
    before = [(phase.phase, step.step, step.node) for phase in phases for step in phase.steps]
    after = [(phase.phase, step.step, step.node) for phase in bent for step in phase.steps]
    assert set(before) - set(after) == {(Phase.EXPAND, Step.DB_SYNC, None)}
    assert len(before) == len(after) + 1


def test_an_early_contract_comes_before_the_roll_and_asks_no_node() -> None:
    _, bent = _planned({"kind": "contract_early"})
    order = [phase.phase for phase in bent]
    assert order.index(Phase.CONTRACT) == order.index(Phase.ROLL) - 1
    contract = bent[order.index(Phase.CONTRACT)]
    assert [step.step for step in contract.steps] == [
        Step.DB_SYNC, Step.PROVE_SCHEMA, Step.DB_CHECK, Step.CHECK_COHORT, Step.SETTLE,
    ]  # fmt: skip


def test_a_plan_without_faults_is_left_as_it_is() -> None:
    phases, bent = _planned()
    assert bent == phases


def test_a_step_that_is_not_there_can_not_be_skipped() -> None:
    with pytest.raises(UsageError) as caught:
        _planned({"kind": "skip_step", "phase": "expand", "step": "drain"})
    assert str(caught.value) == "faults: skip_step: the phase expand has no step drain here."
