"""What comes with the harness is found by its name, from any folder and however it was installed."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path

import pytest

from harness.command import locate as locating
from harness.command.controls import choose
from harness.command.locate import ARMS, CONTROL, SCENARIO, known, locate, of_first_folder
from harness.errors import UsageError
from tests.command import ROOT, harness_here


def _toml(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("", encoding="utf-8")
    return path


def test_a_name_is_found_from_any_folder_where_the_harness_runs_from_a_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert locate("drained", SCENARIO) == ROOT / "scenarios" / "drained.toml"
    assert locate("cache", ARMS) == ROOT / "scenarios" / "arms" / "cache.toml"
    assert [each.scenario.name for each in choose(["freezes_10"])] == ["freezes_10"]


@pytest.mark.process
def test_a_name_is_found_from_any_folder_by_the_command_line(tmp_path: Path) -> None:
    done = harness_here("run", "drained", "--set", "roll.drainned=true", cwd=tmp_path)

    assert done.returncode == 2
    assert done.stderr.startswith("harness: --set roll.drainned=true: roll.drainned: unknown key; ")
    assert not list(tmp_path.iterdir())


def test_the_wheel_has_the_scenarios_where_names_are_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    ((source, within),) = wheel["force-include"].items()
    assert (ROOT / source / "drained.toml").is_file()
    installed = tmp_path / "site-packages"
    shipped = _toml(installed / within / "drained.toml")
    monkeypatch.setattr(resources, "files", lambda package: installed / package)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    assert locate("drained", SCENARIO) == shipped


def test_the_current_folders_own_goes_before_what_came_with_the_harness(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _toml(tmp_path / "scenarios" / "drained.toml")
    _toml(tmp_path / "scenarios" / "mine.toml")

    assert locate("drained", SCENARIO) == Path("scenarios") / "drained.toml"
    assert list(known(SCENARIO)) == ["drained", "mine", "undrained"]
    assert known(SCENARIO)["drained"] == Path("scenarios") / "drained.toml"


def test_where_the_current_folder_has_controls_they_are_all_the_controls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "freezes_10" in of_first_folder(CONTROL)

    _toml(tmp_path / "scenarios" / "controls" / "mine.toml")
    assert list(of_first_folder(CONTROL)) == ["mine"]


def test_a_file_is_taken_as_given_and_a_folder_of_that_name_does_not_hide_a_scenario(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "drained").mkdir()
    _toml(tmp_path / "plain")

    assert locate("drained", SCENARIO) == ROOT / "scenarios" / "drained.toml"
    assert locate("plain", SCENARIO) == Path("plain")
    assert locate("absent.toml", SCENARIO) == Path("absent.toml")


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (
            SCENARIO,
            "drainned: there is no such scenario; give a TOML file or one of: drained, undrained.",
        ),
        (
            ARMS,
            "--arms drainned: there is no such file; give a TOML file or one of: cache, drained_undrained, "
            "health_check, nodes, pairs, retries, stop_signal.",
        ),
    ],
)
def test_an_unknown_name_is_refused_with_those_that_there_are(kind: locating.Shipped, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        locate("drainned", kind)
    assert str(caught.value) == sentence


def test_an_unknown_control_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UsageError, match=r"^freezes: there is no such control; there are: cache_frozen, "):
        choose(["freezes_10", "freezes"])


def test_a_name_longer_than_a_file_may_have_is_an_unknown_one() -> None:
    with pytest.raises(UsageError, match="there is no such scenario"):
        locate("x" * 10_000, SCENARIO)
