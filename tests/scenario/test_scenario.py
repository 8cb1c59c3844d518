from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.scenario import load_scenario

SHIPPED = sorted((Path(__file__).parents[2] / "scenarios").glob("*.toml"))


def _refusal(tmp_path: Path, text: str, *overrides: str) -> str:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load_scenario(path, overrides)
    return str(caught.value).removeprefix(f"{tmp_path}/")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_scenario_reads(path: Path) -> None:
    assert load_scenario(path).name == path.stem


def test_an_empty_scenario_has_defaults_that_upgrade_over_three_nodes(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("", encoding="utf-8")
    scenario = load_scenario(path)
    assert (scenario.name, scenario.from_, scenario.to) == ("mine", "2025.1", "2026.1")
    assert (scenario.deployment.nodes, scenario.roll.drained) == (3, True)


def test_an_override_reaches_a_nested_key_and_a_series_stays_text(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[roll]\nsettle_s = 1", encoding="utf-8")
    scenario = load_scenario(path, ["roll.settle_s=5", "to=2026.2", "roll.stop_signal=kill"])
    assert (scenario.roll.settle_s, scenario.to, scenario.roll.stop_signal) == (5, "2026.2", "kill")


PROBES = '[[probes]]\nop = "token_issue"\nrate_hz = 1\n[[probes]]\nop = "user_create"\nrate_hz = 2\n'


def _rates(path: Path, *overrides: str) -> dict[str, float]:
    return {probe.op: probe.rate_hz for probe in load_scenario(path, overrides).probes}


def test_an_override_reaches_one_probe_by_its_operation_and_leaves_the_others(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(PROBES, encoding="utf-8")

    assert _rates(path, "probes.token_issue.rate_hz=5") == {"token_issue": 5, "user_create": 2}


def test_an_override_reaches_a_probe_that_is_there_by_default(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("", encoding="utf-8")

    assert _rates(path, "probes.user_create.rate_hz=2") == {**_rates(path), "user_create": 2}


@pytest.mark.parametrize(
    ("override", "told"),
    [
        (
            "probes.token_isue.rate_hz=5",
            "there is no probe of 'token_isue'; the scenario has: 'token_issue', 'user_create'.",
        ),
        (
            "probes.token_issue.rate=5",
            "probes.0.rate: unknown key; known here: connections, deadline_s, op, rate_hz.",
        ),
        ("probes.token_issue.rate_hz=0", "probes.0.rate_hz: 0 is not possible; expected more than 0."),
        ("probes.token_issue.rate_hz.x=0", "rate_hz is not a table; edit the scenario file instead."),
        ("probes.token_issue=5", "probes is not a table; edit the scenario file instead."),
    ],
)
def test_an_override_of_a_probe_that_is_none_says_what_there_is(
    tmp_path: Path, override: str, told: str
) -> None:
    assert _refusal(tmp_path, PROBES, override) == f"--set {override}: {told}"


def test_an_override_of_a_probe_in_a_file_without_a_list_of_them_is_refused(tmp_path: Path) -> None:
    for text in ("probes = 5", 'probes = ["token_issue"]'):
        assert _refusal(tmp_path, text, "probes.token_issue.rate_hz=5") == (
            "--set probes.token_issue.rate_hz=5: there is no probe of 'token_issue'; the scenario has: none."
        )


def test_an_unknown_key_is_named_with_its_neighbours(tmp_path: Path) -> None:
    assert _refusal(tmp_path, "[roll]\ndrainned = true") == (
        "mine.toml: roll.drainned: unknown key; known here: drain_deadline_s, drained, settle_s, "
        "start_deadline_s, stop_deadline_s, stop_signal, wait_up_deadline_s."
    )


def test_an_unknown_key_of_a_probe_is_named_with_its_neighbours(tmp_path: Path) -> None:
    assert _refusal(tmp_path, '[[probes]]\nop = "token_issue"\nrate_hz = 1\nrate = 2') == (
        "mine.toml: probes.0.rate: unknown key; known here: connections, deadline_s, op, rate_hz."
    )


def test_an_impossible_value_is_named_with_its_bound(tmp_path: Path) -> None:
    assert _refusal(tmp_path, "[deployment]\nnodes = 0") == (
        "mine.toml: deployment.nodes: 0 is not possible; expected at least 1."
    )


def test_a_number_that_is_none_is_refused(tmp_path: Path) -> None:
    assert "load.pace_s" in _refusal(tmp_path, "[load]\npace_s = nan")


def test_a_probe_that_needs_what_an_earlier_write_made_is_refused(tmp_path: Path) -> None:
    assert _refusal(tmp_path, '[[probes]]\nop = "user_update"\nrate_hz = 1') == (
        "mine.toml: probes: op user_update needs what an earlier write made, so no schedule can demand it; "
        "the users of the load do it. Possible here: application_credential_create, project_list, "
        "token_issue, token_validate, user_create, user_delete, user_get."
    )


def test_a_run_without_probes_is_refused(tmp_path: Path) -> None:
    assert _refusal(tmp_path, "probes = []") == (
        "mine.toml: probes: there is none; a run without probes proves nothing, so name at least one."
    )


def test_a_name_cannot_leave_the_reports_folder(tmp_path: Path) -> None:
    assert _refusal(tmp_path, 'name = "../../etc"').startswith("mine.toml: name: '../../etc' is not possible")


def test_broken_toml_is_named_with_its_place(tmp_path: Path) -> None:
    assert _refusal(tmp_path, "[roll").startswith("mine.toml: not valid TOML: ")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"absent\.toml: the scenario cannot be read \(No such file"):
        load_scenario(tmp_path / "absent.toml")


def test_an_override_without_a_value_is_refused(tmp_path: Path) -> None:
    assert _refusal(tmp_path, "", "roll.settle_s") == (
        "--set roll.settle_s: expected key=value, e.g. --set roll.settle_s=5."
    )


def test_an_override_of_a_key_below_a_value_is_refused(tmp_path: Path) -> None:
    assert _refusal(tmp_path, "seed = 3", "seed.x=1") == (
        "--set seed.x=1: seed is not a table; edit the scenario file instead."
    )


@pytest.mark.parametrize("override", ["deployment.nodes=0", "roll.drainned=true", "probes=[]", "name=../x"])
def test_an_override_that_is_not_possible_is_named_and_not_the_file(tmp_path: Path, override: str) -> None:
    key, _, _ = override.partition("=")
    told = _refusal(tmp_path, 'to = "2026.1"', "seed=3", override, "roll.settle_s=2")
    assert told.startswith(f"--set {override}: {key}: ")


def test_a_file_that_is_wrong_by_itself_is_named_whatever_is_set_over_it(tmp_path: Path) -> None:
    told = _refusal(tmp_path, "seed = -1", "roll.settle_s=2")
    assert told.startswith("mine.toml: seed: -1 is not possible")


def test_what_is_set_may_put_right_what_is_wrong_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("seed = -1", encoding="utf-8")
    assert load_scenario(path, ["seed=4"]).seed == 4
