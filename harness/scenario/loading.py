"""From a file, or from a mapping, to a scenario or a gate that holds together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from harness.errors import UsageError
from harness.refusal import escaped, problem
from harness.scenario.gate import GateSettings
from harness.scenario.reading import apply_override, read_toml
from harness.scenario.scenario import Scenario


def load_scenario(path: Path, overrides: Iterable[str] = ()) -> Scenario:
    """Read a scenario and apply `key=value` overrides, e.g. `roll.settle_s=5` or `to="2026.2"`.

    Raises:
        UsageError: the file cannot be read, is not TOML, or holds an unknown key or an impossible value.
    """
    document = read_toml(path, "the scenario")
    document.setdefault("name", path.stem)
    for override in overrides:
        apply_override(document, override)
    return parse_scenario(document, str(path))


def parse_scenario(document: Mapping[str, Any], source: str) -> Scenario:
    """Check a scenario that is already a mapping; `source` is what errors name.

    Raises:
        UsageError: an unknown key or an impossible value.
    """
    try:
        return Scenario.model_validate(document)
    except ValidationError as error:
        raise UsageError(f"{escaped(source)}: {problem(error, Scenario)}.") from error


def load_gate(path: Path) -> GateSettings:
    """Read the table `[gate]` of a file; other tables that a scenario may have are checked and left alone.

    Raises:
        UsageError: the file cannot be read, has no such table, or holds an unknown key or impossible value.
    """
    document = read_toml(path, "the gate")
    if "gate" not in document:
        raise UsageError(
            f"{escaped(str(path))}: has no table [gate]; write [[gate.budgets]] or [[gate.accepted]] into it."
        )
    return parse_scenario({**document, "name": "gate"}, str(path)).gate
