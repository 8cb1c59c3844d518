"""What a person writes: scenario, faults, gate, expectation; refused with one sentence where it is wrong."""

from __future__ import annotations

from harness.scenario.scenario import (
    BalancerSettings,
    DeploymentSettings,
    ImpactSettings,
    Importance,
    JudgeSettings,
    Scenario,
    StopSignal,
    load_gate,
    load_scenario,
    parse_scenario,
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
]
