"""Arms that ship with the harness, and refusals of those that can not be carried out."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.compare.answer import runs_needed
from harness.compare.arms_file import load_arms
from harness.deployment.local.settings import LocalSettings
from harness.errors import UsageError
from harness.releases.catalogue import load_catalogue

ROOT = Path(__file__).parent.parent.parent
ARMS = ROOT / "scenarios" / "arms"
SHIPPED = sorted(ARMS.glob("*.toml"))


def _refusal(tmp_path: Path, text: str, *overrides: str) -> str:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    (tmp_path / "base.toml").write_text("", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load_arms(path, None, overrides)
    return str(caught.value).replace(f"{tmp_path}/", "")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_file_has_arms_that_can_be_run_and_runs_enough_to_tell_them_apart(path: Path) -> None:
    plan = load_arms(path)
    catalogue = load_catalogue()

    assert plan.by
    assert plan.description.endswith((".", "?"))
    assert plan.runs >= runs_needed(len(plan.arms))
    for arm in plan.arms:
        assert arm.scenario.name == arm.name
        assert LocalSettings.of(arm.scenario.deployment, arm.scenario.balancer)
        catalogue.check_pair(catalogue.find(arm.scenario.from_), catalogue.find(arm.scenario.to))


def test_what_ships_is_draining_stop_signals_retries_health_checks_nodes_caches_and_pairs() -> None:
    by = {path.stem: load_arms(path).by for path in SHIPPED}

    assert by == {
        "cache": ("faults",),
        "drained_undrained": ("roll.drained",),
        "health_check": ("balancer.check_interval_s", "balancer.fall", "balancer.rise"),
        "nodes": ("deployment.nodes",),
        "pairs": ("from", "to"),
        "retries": ("balancer.redispatch", "balancer.retries"),
        "stop_signal": ("roll.stop_signal",),
    }


def test_the_health_check_of_kolla_is_the_one_that_kolla_ansible_has() -> None:
    kolla = load_arms(ARMS / "health_check.toml").arms[0].scenario.balancer

    assert (kolla.check_interval_s, kolla.rise, kolla.fall) == (2.0, 2, 5)


def test_runs_and_settings_given_on_the_command_line_reach_every_arm() -> None:
    plan = load_arms(ARMS / "drained_undrained.toml", 5, ["procedure.baseline_s=8", "seed=7"])

    assert plan.runs == 5
    assert {(arm.scenario.procedure.baseline_s, arm.scenario.seed) for arm in plan.arms} == {(8.0, 7)}
    assert [arm.scenario.roll.drained for arm in plan.arms] == [False, True]


def test_an_unknown_key_is_refused_with_its_neighbours(tmp_path: Path) -> None:
    assert _refusal(tmp_path, 'scenario = "base.toml"\nrun = 3') == (
        "mine.toml: run: unknown key; known here: arms, description, runs, scenario."
    )


def test_an_unknown_key_of_an_arm_is_refused_with_its_neighbours(tmp_path: Path) -> None:
    text = 'scenario = "base.toml"\n[[arms]]\nname = "a"\nsett = ["roll.drained=true"]\n[[arms]]\nname = "b"'

    assert (
        _refusal(tmp_path, text) == "mine.toml: arms.0.sett: unknown key; known here: description, name, set."
    )


def test_one_arm_alone_is_refused(tmp_path: Path) -> None:
    assert _refusal(tmp_path, 'scenario = "base.toml"\n[[arms]]\nname = "a"') == (
        "mine.toml: arms: there are fewer than two; a comparison needs two [[arms]], each with a "
        "name and a set."
    )


def test_a_file_without_a_scenario_is_refused(tmp_path: Path) -> None:
    assert _refusal(tmp_path, '[[arms]]\nname = "a"\n[[arms]]\nname = "b"') == (
        "mine.toml: scenario: is missing; add it."
    )


def test_an_arm_that_is_no_scenario_is_refused_with_the_arm_and_the_key(tmp_path: Path) -> None:
    text = 'scenario = "base.toml"\n[[arms]]\nname = "a"\nset = ["deployment.nodes=0"]\n[[arms]]\nname = "b"'

    assert _refusal(tmp_path, text) == (
        "mine.toml: arm a: --set deployment.nodes=0: deployment.nodes: 0 is not possible; expected at least "
        "1."
    )


def test_two_arms_of_one_name_are_refused(tmp_path: Path) -> None:
    text = 'scenario = "base.toml"\n[[arms]]\nname = "a"\n[[arms]]\nname = "a"\nset = ["seed=2"]'

    assert _refusal(tmp_path, text) == ("mine.toml: arms: two are called a; give each a name of its own.")


def test_arms_made_alike_by_the_command_line_are_refused(tmp_path: Path) -> None:
    text = 'scenario = "base.toml"\n[[arms]]\nname = "a"\n[[arms]]\nname = "b"\nset = ["roll.drained=false"]'

    assert _refusal(tmp_path, text, "roll.drained=true") == (
        "mine.toml: arms: a and b have the same settings, so there is nothing to compare; "
        "let one differ, and do not set with --set what the arms differ in."
    )


def test_a_base_scenario_that_is_not_there_is_refused(tmp_path: Path) -> None:
    text = 'scenario = "absent.toml"\n[[arms]]\nname = "a"\n[[arms]]\nname = "b"'

    assert _refusal(tmp_path, text) == (
        "mine.toml: arm a: absent.toml: the scenario cannot be read (No such file or directory)."
    )


def test_broken_toml_is_refused_with_its_place(tmp_path: Path) -> None:
    assert _refusal(tmp_path, "[[arms").startswith("mine.toml: not valid TOML: ")


TWO = 'scenario = "base.toml"\n[[arms]]\nname = "a"\n[[arms]]\nname = "b"\n'


def test_every_shipped_arm_has_a_description_of_its_own() -> None:
    for path in SHIPPED:
        plan = load_arms(path)
        told = [arm.scenario.description for arm in plan.arms]
        assert len({*told, plan.description}) == len(plan.arms) + 1, path.name
        assert all(each.endswith(".") for each in told), path.name


def test_an_arm_without_a_description_keeps_that_of_its_scenario(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text('description = "Of the file."')
    (tmp_path / "mine.toml").write_text(f'{TWO}description = "Of b = 1."\nset = ["seed=2"]')
    arms = load_arms(tmp_path / "mine.toml").arms

    assert [arm.scenario.description for arm in arms] == ["Of the file.", "Of b = 1."]
    assert arms[1].overrides == ("seed=2", "description=Of b = 1.", "name=b")


@pytest.mark.parametrize("asked", ["gate.worse_fails=true", "impact.floor_ms=9", "description=other"])
def test_arms_that_differ_in_what_is_asked_of_them_alone_have_the_same_settings(
    tmp_path: Path, asked: str
) -> None:
    assert _refusal(tmp_path, f'{TWO}set = ["{asked}"]').startswith(
        "mine.toml: arms: a and b have the same settings, so there is nothing to compare; "
    )


def test_arms_that_are_judged_by_different_bounds_are_refused_before_the_first_run(tmp_path: Path) -> None:
    assert _refusal(tmp_path, f'{TWO}set = ["seed=2", "judge.stall_budget_s=4"]') == (
        "mine.toml: arms: a and b are judged under different bounds, and runs are compared by one measure; "
        "set judge.<bound> for all of them alike."
    )


def test_a_gate_is_not_what_arms_differ_in(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text("")
    (tmp_path / "mine.toml").write_text(f'{TWO}set = ["roll.drained=false", "gate.worse_fails=true"]')

    assert load_arms(tmp_path / "mine.toml").by == ("roll.drained",)


def test_users_of_another_file_are_an_arm_by_what_the_file_holds(tmp_path: Path) -> None:
    for name, text in (("one.py", "1"), ("copy.py", "1"), ("two.py", "2")):
        (tmp_path / name).write_text(text)
    (tmp_path / "base.toml").write_text('[load]\nusers_file = "one.py"')
    (tmp_path / "mine.toml").write_text(f'{TWO}set = ["load.users_file=two.py"]')

    assert load_arms(tmp_path / "mine.toml").by == ("load.users_sha256",)
    (tmp_path / "mine.toml").write_text(f'{TWO}set = ["load.users_file=copy.py"]')
    with pytest.raises(UsageError, match="a and b have the same settings"):
        load_arms(tmp_path / "mine.toml")


def test_a_description_that_no_command_line_could_hold_is_refused(tmp_path: Path) -> None:
    said = _refusal(tmp_path, f'{TWO}set = ["seed=2"]\ndescription = "a\\u0000b"')

    assert said.startswith("mine.toml: arms.1.description: ")
    assert said.isprintable()
