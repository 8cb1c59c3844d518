"""A file that names the arms of a comparison, and the plan that comes of it."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from harness.compare.settings import flattened, varying
from harness.errors import UsageError
from harness.scenario import Scenario, load_scenario

RUNS = 3
"""Of each arm unless said otherwise: the fewest of which a permutation test of two arms can reach p = 0.1."""
RUNS_MAX = 50


class _ArmTable(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    # What a run's folder is called, and the run itself.
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
    set: tuple[str, ...] = ()


class _ArmsTable(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    description: str = ""
    scenario: Annotated[str, Field(min_length=1)]
    runs: Annotated[int, Field(ge=1, le=RUNS_MAX)] = RUNS
    arms: Annotated[tuple[_ArmTable, ...], Field(min_length=2, max_length=8)]


@dataclass(frozen=True, slots=True)
class PlannedArm:
    """One arm that is to be carried out."""

    name: str
    overrides: tuple[str, ...]
    """`key=value`, the arm's own name last."""
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


def load_arms(name: str, runs: int | None = None, overrides: Sequence[str] = ()) -> ArmsPlan:
    """Read an arms file, and check each arm against the schema of scenarios.

    Args:
        name: a TOML file, or the name of one that comes with the harness.
        runs: of each arm; None: as the file says.
        overrides: `key=value`, over what base scenario and arms say.

    Raises:
        UsageError: the file can not be read or has an unknown key, an arm is no scenario, or two are alike.
    """
    path = _path(name)
    table = _read(path)
    scenario_file = path.parent / table.scenario
    arms = tuple(_arm(arm, scenario_file, overrides, path) for arm in table.arms)
    _need_different(arms, path)
    by = varying(flattened(arm.scenario.resolved()) for arm in arms)
    return ArmsPlan(table.description, scenario_file, runs or table.runs, by, arms)


def _arm(arm: _ArmTable, scenario_file: Path, overrides: Sequence[str], path: Path) -> PlannedArm:
    every = (*arm.set, *overrides, f"name={arm.name}")
    try:
        return PlannedArm(arm.name, every, load_scenario(scenario_file, every))
    except UsageError as error:
        raise UsageError(f"{path}: arm {arm.name}: {error}") from error


def _need_different(arms: Sequence[PlannedArm], path: Path) -> None:
    seen: dict[str, str] = {}
    for arm in arms:
        if arm.name in seen.values():
            raise UsageError(f"{path}: arms: two are called {arm.name}; give each a name of its own.")
        settings = arm.scenario.model_copy(update={"name": "arm"}).model_dump_json(by_alias=True)
        if settings in seen:
            raise UsageError(
                f"{path}: arms: {seen[settings]} and {arm.name} have the same settings, so there is nothing "
                "to compare; let one differ, and do not set with --set what the arms differ in."
            )
        seen[settings] = arm.name


def _read(path: Path) -> _ArmsTable:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: the arms file cannot be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not valid TOML: {error}.") from error
    try:
        return _ArmsTable.model_validate(document)
    except ValidationError as error:
        raise UsageError(f"{path}: {_sentence(error)}") from error


def _sentence(error: ValidationError) -> str:
    errors: Any = error.errors()
    # A key that is misspelt is missing as well, and its own name is what helps.
    first = next((each for each in errors if each["type"] == "extra_forbidden"), errors[0])
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        known = _ArmTable if len(first["loc"]) > 1 else _ArmsTable
        return f"{key}: unknown key; known here: {', '.join(sorted(known.model_fields))}."
    if first["type"] == "missing":
        return f"{key}: is missing; add it."
    if first["type"] == "too_short":
        return (
            f"{key}: there are fewer than two; a comparison needs two [[arms]], each with a name and a set."
        )
    return f"{key}: {first['input']!r} is not possible; {first['msg'][0].lower()}{first['msg'][1:]}."


def folders() -> list[Path]:
    """Where arms files are looked for by name: the current folder's own, then those in the package."""
    return [Path("scenarios") / "arms", Path(str(resources.files("harness"))) / "_scenarios" / "arms"]


def _path(name: str) -> Path:
    given = Path(name)
    if given.suffix == ".toml" or given.exists():
        return given
    for folder in folders():
        if (folder / f"{name}.toml").is_file():
            return folder / f"{name}.toml"
    known = sorted({path.stem for folder in folders() for path in folder.glob("*.toml")})
    raise UsageError(
        f"--arms {name}: there is no such file; give a TOML file or one of: {', '.join(known) or 'none'}."
    )
