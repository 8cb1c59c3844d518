"""A file that names the arms of a comparison, and the plan that comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError, field_validator

from harness.errors import UsageError
from harness.judge.comparable import Settings, differing, settings_of
from harness.refusal import problem
from harness.scenario import Scenario, load_scenario
from harness.scenario.reading import read_toml
from harness.scenario.section import Section
from harness.scenario.users_digest import users_sha256

RUNS = 4
"""Of each arm unless said otherwise: the fewest of which a test of two arms can go below p = 0.05."""
RUNS_MAX = 50


class _ArmTable(Section):
    # What a run's folder is called, and the run itself.
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
    # An argument of the run's command line, which holds no control character.
    description: Annotated[str, Field(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    """Of this arm alone; the base scenario's is about that file, and the table's about the question."""
    set: tuple[str, ...] = ()


class _ArmsTable(Section):
    description: str = ""
    scenario: Annotated[str, Field(min_length=1)]
    runs: Annotated[int, Field(ge=1, le=RUNS_MAX)] = RUNS
    arms: Annotated[tuple[_ArmTable, ...], Field(max_length=8)]

    @field_validator("arms")
    @classmethod
    def _two_or_more(cls, arms: tuple[_ArmTable, ...]) -> tuple[_ArmTable, ...]:
        if len(arms) < 2:
            raise ValueError(
                "there are fewer than two; a comparison needs two [[arms]], each with a name and a set"
            )
        return arms


@dataclass(frozen=True, slots=True)
class PlannedArm:
    """One arm that is to be carried out."""

    name: str
    overrides: tuple[str, ...]
    """`key=value`; last the arm's own description, where it has one, and its name."""
    scenario: Scenario
    """With those overrides."""


@dataclass(frozen=True, slots=True)
class ArmsPlan:
    """What is to be carried out, and by what the arms differ."""

    description: str
    scenario_file: Path
    runs: int
    """Of each arm."""
    by: tuple[str, ...]
    arms: tuple[PlannedArm, ...]


def load_arms(path: Path, runs: int | None = None, overrides: Sequence[str] = ()) -> ArmsPlan:
    """Read an arms file, and check each arm against the schema of scenarios.

    Args:
        path: a TOML file.
        runs: of each arm; None: as the file says.
        overrides: `key=value`, over what base scenario and arms say.

    Raises:
        UsageError: the file can not be read or has an unknown key, an arm is no scenario, or two are alike.
    """
    table = _read(path)
    scenario_file = path.parent / table.scenario
    arms = tuple(_arm(arm, scenario_file, overrides, path) for arm in table.arms)
    _need_different(arms, scenario_file, path)
    _need_judged_alike(arms, path)
    by = differing([_settings(arm, scenario_file) for arm in arms])
    return ArmsPlan(table.description, scenario_file, runs or table.runs, by, arms)


def _arm(arm: _ArmTable, scenario_file: Path, overrides: Sequence[str], path: Path) -> PlannedArm:
    described = (f"description={arm.description}",) if arm.description else ()
    every = (*arm.set, *overrides, *described, f"name={arm.name}")
    try:
        return PlannedArm(arm.name, every, load_scenario(scenario_file, every))
    except UsageError as error:
        raise UsageError(f"{path}: arm {arm.name}: {error}") from error


def _settings(arm: PlannedArm, scenario_file: Path) -> Settings:
    """What would be run; of the machine nothing differs."""
    scenario, users = arm.scenario, users_sha256(arm.scenario, scenario_file)
    return settings_of(scenario.resolved(), scenario.from_, scenario.to, None, users)


def _need_different(arms: Sequence[PlannedArm], scenario_file: Path, path: Path) -> None:
    for arm, other in combinations(arms, 2):
        if arm.name == other.name:
            raise UsageError(f"{path}: arms: two are called {arm.name}; give each a name of its own.")
        if not differing([_settings(each, scenario_file) for each in (arm, other)]):
            raise UsageError(
                f"{path}: arms: {arm.name} and {other.name} have the same settings, so there is nothing "
                "to compare; let one differ, and do not set with --set what the arms differ in."
            )


def _need_judged_alike(arms: Sequence[PlannedArm], path: Path) -> None:
    """Told before the first run: runs that are judged under different bounds are not compared."""
    bounds = [arm.scenario.judge for arm in arms]
    other = next((arm for arm in arms if arm.scenario.judge != bounds[0]), None)
    if other is not None:
        raise UsageError(
            f"{path}: arms: {arms[0].name} and {other.name} are judged under different bounds, and runs are "
            "compared by one measure; set judge.<bound> for all of them alike."
        )


def _read(path: Path) -> _ArmsTable:
    try:
        return _ArmsTable.model_validate(read_toml(path, "the arms file"))
    except ValidationError as error:
        raise UsageError(f"{path}: {problem(error, _ArmsTable)}.") from error
