from __future__ import annotations

import pytest

from harness.errors import HarnessError
from harness.evidence.names import PROBED_PHASES, Ability, Phase, Step
from harness.procedure.plan import PlannedPhase, PlannedStep, plan
from harness.releases.catalogue import Command
from harness.scenario import Scenario, parse_scenario
from tests.procedure.doubles import NEW, OLD, release

NODES = ("node1", "node2")


def _scenario(**changes: object) -> Scenario:
    return parse_scenario({"name": "story", "continuity": {"enabled": False}, **changes}, "story.toml")


def _plan(scenario: Scenario, *, needs_trust: bool = True) -> dict[Phase, PlannedPhase]:
    return {each.phase: each for each in plan(scenario, OLD, NEW, NODES, needs_trust=needs_trust)}


def test_phases_come_in_the_order_of_the_procedure() -> None:
    phases = [each.phase for each in plan(_scenario(), OLD, NEW, NODES, needs_trust=True)]
    assert phases == [
        "baseline",
        "preflight",
        "flush",
        "trust",
        "expand",
        "migrate",
        "roll",
        "contract",
        "restore",
        "cooldown",
    ]
    assert phases == list(PROBED_PHASES)


def test_a_drained_node_leaves_the_balancer_before_it_is_stopped_and_is_proven_before_it_returns() -> None:
    roll = _plan(_scenario(continuity={"enabled": False}))[Phase.ROLL]
    steps = [(each.node, each.step) for each in roll.steps]
    assert [step for node, step in steps if node == "node1"] == [
        Step.DRAIN,
        Step.WAIT_DRAINED,
        Step.MAINT,
        Step.STOP,
        Step.SWITCH,
        Step.START,
        Step.PROVE,
        Step.READY,
        Step.WAIT_UP,
        Step.SETTLE,
    ]
    assert [node for node, _ in steps] == ["node1"] * 10 + ["node2"] * 10 + [None]


def test_what_was_written_is_read_back_after_the_roll_and_at_the_end() -> None:
    phases = _plan(_scenario())
    assert phases[Phase.ROLL].steps[-1] == PlannedStep(Step.READ_BACK)
    assert phases[Phase.COOLDOWN].steps[-1] == PlannedStep(Step.READ_BACK)


def test_a_scenario_that_does_not_ask_for_integrity_reads_nothing_back() -> None:
    steps = _plan(_scenario(integrity={"enabled": False}))[Phase.COOLDOWN].steps
    assert steps[-1].skip == "the scenario asks for none (integrity.enabled = false)"


def test_an_undrained_node_is_stopped_in_the_balancer() -> None:
    steps = [each.step for each in _plan(_scenario(roll={"drained": False}))[Phase.ROLL].steps]
    assert steps[:6] == [Step.STOP, Step.SWITCH, Step.START, Step.PROVE, Step.WAIT_UP, Step.SETTLE]


def test_nodes_are_proven_before_contract_runs() -> None:
    steps = [each.step for each in _plan(_scenario())[Phase.CONTRACT].steps]
    assert steps[:2] == [Step.PROVE_NODES, Step.DB_SYNC]


def test_without_a_binary_log_the_trust_flag_is_left_alone() -> None:
    phases = _plan(_scenario(), needs_trust=False)
    reason = "the database writes no binary log, so the flag does not matter"
    assert (phases[Phase.TRUST].skip, phases[Phase.RESTORE].skip) == (reason, reason)


def test_a_release_that_stores_tokens_has_them_flushed() -> None:
    old = release("14.0.0", Command.TOKEN_FLUSH)
    phases = {each.phase: each for each in plan(_scenario(), old, NEW, NODES, needs_trust=True)}
    assert phases[Phase.FLUSH].steps[0].step is Step.TOKEN_FLUSH
    assert (
        _plan(_scenario())[Phase.FLUSH].skip
        == "27.1.0 (27.1.0) has no token_flush: its tokens are not stored"
    )


def test_migrate_runs_only_where_it_does_something() -> None:
    new = release("17.0.0", Command.DB_SYNC_MIGRATE)
    phases = {each.phase: each for each in plan(_scenario(), OLD, new, NODES, needs_trust=True)}
    assert phases[Phase.MIGRATE].steps[0].step is Step.DB_SYNC
    assert _plan(_scenario())[Phase.MIGRATE].skip == "db_sync --migrate does nothing in 29.1.0 (29.1.0)"


def test_a_null_run_observes_and_upgrades_nothing() -> None:
    phases = _plan(_scenario(procedure={"upgrade": False}))
    assert list(phases) == list(PROBED_PHASES)
    taken = [phase for phase, each in phases.items() if each.skip is None]
    assert taken == [Phase.BASELINE, Phase.PREFLIGHT, Phase.COOLDOWN]


# --- continuity


def _checked(**changes: object) -> Scenario:
    return _scenario(continuity={"enabled": True}, **changes)


def _steps(phase: PlannedPhase) -> list[tuple[str, str | None]]:
    return [(str(each.step), each.node) for each in phase.steps]


def test_the_cohort_is_made_before_the_first_change_and_looked_at_once_in_every_phase_that_is_taken() -> None:
    phases = _plan(_checked())
    assert [str(each.step) for each in phases[Phase.BASELINE].steps] == [
        "observe",
        "make_cohort",
        "judge_baseline",
    ]
    for phase, each in phases.items():
        looks = _steps(each).count(("check_cohort", None))
        assert looks == (phase is not Phase.BASELINE and each.skip is None), phase


def test_a_phase_is_held_open_after_the_look_at_the_cohort() -> None:
    phases = _plan(_checked())
    for phase in (Phase.PREFLIGHT, Phase.TRUST, Phase.CONTRACT, Phase.RESTORE):
        assert _steps(phases[phase])[-2:] == [("check_cohort", None), ("settle", None)]
    assert _steps(phases[Phase.EXPAND])[-3:] == [
        ("check_cohort", None),
        ("check_old_data", None),
        ("settle", None),
    ]


def test_old_data_is_looked_at_wherever_something_has_changed_for_it() -> None:
    phases = _plan(_checked())
    looks = [phase for phase, each in phases.items() if ("check_old_data", None) in _steps(each)]
    assert looks == [Phase.EXPAND, Phase.ROLL, Phase.COOLDOWN]


def test_a_scenario_without_old_data_looks_at_none() -> None:
    phases = _plan(_scenario(continuity={"enabled": True, "old_data": False}))
    assert all(("check_old_data", None) not in _steps(each) for each in phases.values())


def test_both_releases_are_compared_after_each_node_but_the_last_and_all_nodes_at_the_end() -> None:
    phases = _plan(_checked())
    checks = [
        step for step in _steps(phases[Phase.ROLL]) if step[0].startswith("check") or step[0] == "settle"
    ]
    assert checks == [
        ("settle", "node1"),
        ("check_continuity", "node1"),
        ("check_cohort", None),
        ("check_old_data", None),
        ("settle", "node2"),
    ]
    assert _steps(phases[Phase.COOLDOWN])[-3:] == [
        ("check_cohort", None),
        ("check_old_data", None),
        ("check_continuity", None),
    ]


def test_an_undrained_roll_is_checked_alike() -> None:
    steps = _steps(_plan(_checked(roll={"drained": False}))[Phase.ROLL])
    assert steps.count(("check_continuity", "node1")) == 1


def test_without_an_upgrade_the_cohort_is_looked_at_and_all_nodes_are_compared_once() -> None:
    phases = _plan(_checked(procedure={"upgrade": False}))
    checks = [
        (phase, step) for phase, each in phases.items() for step, _ in _steps(each) if "check_c" in step
    ]
    assert checks == [
        ("preflight", "check_cohort"),
        ("cooldown", "check_cohort"),
        ("cooldown", "check_continuity"),
    ]


def test_a_scenario_without_continuity_has_none_of_its_steps() -> None:
    phases = _plan(_scenario())
    steps = {step for each in phases.values() for step, _ in _steps(each)}
    assert not steps & {"make_cohort", "check_cohort", "check_continuity"}


# --- what a deployment can not do


def test_steps_that_a_deployment_can_not_take_are_left_out_with_the_reason() -> None:
    abilities = frozenset(Ability) - {Ability.DRAIN, Ability.BACKUP}
    phases = {
        each.phase: each for each in plan(_scenario(), OLD, NEW, NODES, needs_trust=True, abilities=abilities)
    }
    skipped = {str(step.step): step.skip for step in phases[Phase.ROLL].steps if step.skip}
    assert skipped == dict.fromkeys(
        ("drain", "wait_drained", "maint", "ready"),
        "this deployment gives no way to take a node out of its balancer",
    )
    assert phases[Phase.PREFLIGHT].steps[0].skip == "this deployment gives no way to back its database up"


def test_a_phase_that_is_for_one_step_is_left_out_with_it() -> None:
    abilities = frozenset(Ability) - {Ability.TRUST}
    phases = {
        each.phase: each for each in plan(_checked(), OLD, NEW, NODES, needs_trust=True, abilities=abilities)
    }
    reason = "this deployment gives no way to set log_bin_trust_function_creators"
    assert (phases[Phase.TRUST].skip, phases[Phase.RESTORE].skip) == (reason, reason)


def test_what_the_scenario_does_not_ask_for_is_left_out_for_that_reason() -> None:
    scenario = _scenario(procedure={"backup": False})
    phases = plan(scenario, OLD, NEW, NODES, needs_trust=True, abilities=())
    assert phases[1].steps[0].skip == "the scenario asks for none (procedure.backup = false)"


# --- releases


def test_each_step_carries_the_release_that_it_is_about() -> None:
    phases = _plan(_scenario())
    carried = {
        (str(phase), str(step.step)): (step.release, step.contracted)
        for phase, each in phases.items()
        for step in each.steps
        if step.release is not None
    }
    assert carried == {
        ("preflight", "versions"): (OLD, OLD),
        ("preflight", "doctor"): (NEW, None),
        ("preflight", "upgrade_check"): (NEW, None),
        ("expand", "db_sync"): (NEW, None),
        ("expand", "prove_schema"): (NEW, OLD),
        ("expand", "db_check"): (NEW, None),
        ("roll", "switch"): (NEW, None),
        ("roll", "prove"): (NEW, None),
        ("contract", "prove_nodes"): (NEW, None),
        ("contract", "db_sync"): (NEW, None),
        ("contract", "prove_schema"): (NEW, NEW),
        ("contract", "db_check"): (NEW, None),
    }


def test_a_step_without_a_release_that_is_asked_for_one_is_a_fault_of_the_harness() -> None:
    with pytest.raises(HarnessError, match="the plan names no release for the step db_sync"):
        PlannedStep(Step.DB_SYNC).need_release()
