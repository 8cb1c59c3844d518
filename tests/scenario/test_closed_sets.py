"""Names that a person may write are those that the program carries out, and none is left untold."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from harness.deployment.local.faults import MAKERS
from harness.judge.gate.budget import USES, amount
from harness.judge.gate_outcome import BudgetUse
from harness.judge.questions import QUESTIONS, regression
from harness.scenario.expectation import ExpectedFinding
from harness.scenario.fault import OF_THE_PLAN, FaultKind
from harness.scenario.gate import LIMITS, Acceptance

SCENARIOS = Path(__file__).parents[2] / "scenarios"


def test_each_question_of_the_verdict_may_be_accepted_and_no_other() -> None:
    assert get_args(Acceptance.model_fields["question"].annotation) == tuple(QUESTIONS)


def test_a_control_may_expect_each_question_but_the_one_that_needs_earlier_runs() -> None:
    expected = get_args(ExpectedFinding.model_fields["question"].annotation)
    assert set(expected) == set(QUESTIONS) - {regression.NAME}


def test_each_limit_of_a_budget_is_measured_and_told_with_its_unit() -> None:
    assert set(USES) == set(LIMITS)
    told = {limit: amount(BudgetUse("availability", limit, 3, 2), 2) for limit in LIMITS}
    assert len(set(told.values())) == len(LIMITS)


def test_each_fault_of_a_deployment_is_done_by_something() -> None:
    assert set(MAKERS) == set(FaultKind) - OF_THE_PLAN


@pytest.mark.parametrize("kind", FaultKind)
def test_each_fault_is_proven_to_be_found_by_a_control_and_named_where_scenarios_are_explained(
    kind: FaultKind,
) -> None:
    controls = [path.read_text(encoding="utf-8") for path in (SCENARIOS / "controls").glob("*.toml")]
    assert any(f'kind = "{kind}"' in text for text in controls)
    assert kind in (SCENARIOS / "README.md").read_text(encoding="utf-8")
