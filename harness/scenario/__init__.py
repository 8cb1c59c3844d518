"""What a person writes: scenario, faults, gate, expectation; refused with one sentence where it is wrong."""

from __future__ import annotations

from harness.scenario.loading import load_gate, load_scenario, parse_scenario, who_says
from harness.scenario.scenario import Scenario
from harness.scenario.sections import (
    BalancerSettings,
    DeploymentSettings,
    ImpactSettings,
    Importance,
    JudgeSettings,
    StopSignal,
)

__all__ = [
    "BalancerSettings",
    "DeploymentSettings",
    "ImpactSettings",
    "Importance",
    "JudgeSettings",
    "Scenario",
    "StopSignal",
    "load_gate",
    "load_scenario",
    "parse_scenario",
    "who_says",
]
