"""Faults and expectations of a scenario: what is refused, with which sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.errors import UsageError
from harness.scenario import load_scenario, parse_scenario

CONTROLS = sorted((Path(__file__).parents[2] / "scenarios" / "controls").glob("*.toml"))


def refusal(**scenario: Any) -> str:
    with pytest.raises(UsageError) as caught:
        parse_scenario({"name": "mine", **scenario}, "mine.toml")
    return str(caught.value)


def fault_refusal(**fault: Any) -> str:
    return refusal(faults=[fault])


@pytest.mark.parametrize("path", CONTROLS, ids=lambda path: path.stem)
def test_every_shipped_control_reads_and_says_what_it_must_come_out_as(path: Path) -> None:
    scenario = load_scenario(path)
    assert scenario.expect is not None
    hurt = "INCONCLUSIVE" if path.stem == "stranger_hurt" else "FAIL"
    assert scenario.expect.verdict == ("PASS" if path.stem.startswith("null_") else hurt)
    assert (path.parent / scenario.load.users_file).is_file()


def test_a_freeze_needs_a_length() -> None:
    assert fault_refusal(kind="freeze_all", phase="cooldown", after_s=1) == (
        "mine.toml: faults.0: freeze_all needs duration_s."
    )


def test_an_instant_has_no_length() -> None:
    assert fault_refusal(kind="flush_cache", phase="cooldown", after_s=1, duration_s=2) == (
        "mine.toml: faults.0: flush_cache happens in an instant; leave duration_s out."
    )


def test_a_fault_of_a_node_names_it() -> None:
    assert fault_refusal(kind="kill_node", phase="roll", after_s=1, duration_s=2) == (
        "mine.toml: faults.0: kill_node needs node, such as node-1."
    )


def test_a_node_that_the_deployment_does_not_have_is_refused() -> None:
    fault = {"kind": "freeze_node", "node": "node-4", "phase": "roll", "after_s": 1, "duration_s": 2}
    assert refusal(faults=[fault]) == (
        "mine.toml: faults: freeze_node is for node-4; nodes here: node-1, node-2, node-3."
    )


def test_a_fault_has_one_time() -> None:
    words = "mine.toml: faults.0: flush_cache needs one of after_s (since the phase began) and step."
    assert fault_refusal(kind="flush_cache", phase="roll") == words
    assert fault_refusal(kind="flush_cache", phase="roll", after_s=1, step="stop") == words
    assert fault_refusal(kind="flush_cache", after_s=1) == (
        "mine.toml: faults.0: flush_cache needs phase: in which it happens."
    )


def test_a_fault_in_a_phase_without_probes_would_not_be_seen() -> None:
    assert fault_refusal(kind="flush_cache", phase="setup", after_s=1) == (
        "mine.toml: faults.0: flush_cache can not be in phase setup: no probes run in it."
    )


def test_repeats_do_not_overlap() -> None:
    fault = {"kind": "freeze_all", "phase": "roll", "after_s": 1, "duration_s": 2, "count": 3, "every_s": 2}
    assert fault_refusal(**fault) == (
        "mine.toml: faults.0: freeze_all repeats before it is over; make every_s longer than duration_s."
    )


def test_a_fault_of_the_plan_has_no_time_of_its_own() -> None:
    assert fault_refusal(kind="contract_early", phase="roll", after_s=1) == (
        "mine.toml: faults.0: contract_early has no time of its own; leave after_s, align and count out."
    )


def test_a_skipped_step_is_named_with_its_phase() -> None:
    assert fault_refusal(kind="skip_step", phase="expand") == (
        "mine.toml: faults.0: skip_step needs phase and step: which step is left out."
    )


def test_a_fault_of_the_upgrade_needs_an_upgrade() -> None:
    fault = {"kind": "different_keys", "node": "node-1"}
    assert refusal(faults=[fault], procedure={"upgrade": False}) == (
        "mine.toml: faults: different_keys needs an upgrade, and procedure.upgrade is false."
    )


def test_two_faults_of_a_kind_need_names() -> None:
    fault = {"kind": "flush_cache", "phase": "roll", "after_s": 1}
    assert refusal(faults=[fault, fault]) == (
        "mine.toml: faults: two are called flush_cache; give each a name of its own."
    )


def test_an_unknown_key_of_a_fault_is_named_with_its_neighbours() -> None:
    assert fault_refusal(kind="flush_cache", phase="roll", after_s=1, node_name="x") == (
        "mine.toml: faults.0.node_name: unknown key; known here: after_s, align, count, duration_s, edge, "
        "every_s, kind, name, node, phase, step."
    )


def test_an_expectation_is_of_a_fault_that_there_is() -> None:
    expect = {"verdict": "FAIL", "findings": [{"question": "availability", "fault": "frozen"}]}
    assert refusal(expect=expect) == "mine.toml: expect.findings: there is no fault called frozen."


def test_a_reason_that_was_written_as_a_regular_expression_is_refused() -> None:
    expect = {"verdict": "FAIL", "findings": [{"question": "integrity", "reason": "lost|gone"}]}
    assert refusal(expect=expect) == (
        "mine.toml: expect.findings.0.reason: 'lost|gone' is not possible; it holds |, and is no regular "
        "expression but text that the sentence must contain; write * where anything may stand."
    )
