"""From a file, or from a mapping, to a scenario or a gate that holds together."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from harness.errors import UsageError
from harness.refusal import escaped, problem
from harness.scenario.gate import GateSettings
from harness.scenario.reading import apply_override, named, read_toml
from harness.scenario.scenario import Scenario
from harness.scenario.sections import ProbeSettings


def load_scenario(path: Path, overrides: Iterable[str] = ()) -> Scenario:
    """Read a scenario and apply `key=value` overrides, e.g. `roll.settle_s=5`, `to="2026.2"` or
    `probes.token_issue.rate_hz=5`.

    Raises:
        UsageError: the file cannot be read, is not TOML, or holds an unknown key or an impossible value; the
            override is named where that is what holds it.
    """
    document = read_toml(path, "the scenario")
    document.setdefault("name", path.stem)
    told = {str(path): copy.deepcopy(document)}
    # Written out, so that an override can name one of them.
    document.setdefault("probes", [probe.model_dump(mode="json") for probe in _default_probes()])
    for override in overrides:
        apply_override(document, override)
        told[named(override)] = copy.deepcopy(document)
    # Only all of it together has to hold: an override may put right what is wrong in the file.
    return parse_scenario(document, _at_fault(told) or str(path))


def _default_probes() -> tuple[ProbeSettings, ...]:
    probes: tuple[ProbeSettings, ...] = Scenario.model_fields["probes"].default
    return probes


def _at_fault(told: Mapping[str, Mapping[str, Any]]) -> str:
    """From whom on the document was wrong to its end, each having added to it in turn; empty for nobody."""
    wrong = ""
    for source, document in told.items():
        wrong = "" if _holds(document) else wrong or source
    return wrong


def _holds(document: Mapping[str, Any]) -> bool:
    try:
        Scenario.model_validate(document)
    except ValidationError:
        return False
    return True


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
