"""From a file, or from a mapping, to a scenario or a gate that holds together."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from harness.errors import UsageError
from harness.refusal import escaped, foremost, problem
from harness.scenario.blame import Given, at_fault
from harness.scenario.gate import GateSettings
from harness.scenario.reading import apply_override, named, option, parse_override, read_toml
from harness.scenario.scenario import Scenario
from harness.scenario.sections import ProbeSettings

OVERRIDES_MAX = 100
"""Each is read with all that stands before it, to name the one that is wrong."""


def load_scenario(
    path: Path, overrides: Sequence[str] = (), releases: Mapping[str, str] = MappingProxyType({})
) -> Scenario:
    """Read a scenario and apply `key=value` overrides, e.g. `roll.settle_s=5`, `to="2026.2"` or
    `probes.token_issue.rate_hz=5`.

    Args:
        path: a TOML file.
        overrides: what was given with `--set`, in order.
        releases: what was given with `--from` and `--to`, by the key of the scenario.

    Raises:
        UsageError: the file cannot be read, is not TOML, or holds an unknown key or an impossible value; the
            option is named where that is what holds it.
    """
    if len(overrides) > OVERRIDES_MAX:
        raise UsageError(f"--set: is given {len(overrides):,} times; write a scenario file of your own.")
    document = read_toml(path, "the scenario")
    document.setdefault("name", path.stem)
    # Written out, so that an override can name one of them.
    document.setdefault("probes", [probe.model_dump(mode="json") for probe in _default_probes()])
    written, given = copy.deepcopy(document), [*map(_setting, overrides), *map(_release, releases.items())]
    for each in given:
        each.apply(document)
    # Only all of it together has to hold: an override may put right what is wrong in the file.
    try:
        return Scenario.model_validate(document)
    except ValidationError as error:
        raise _refused(error, at_fault(str(path), written, given, foremost(error))) from error


def _setting(override: str) -> Given:
    (key, *_), _ = parse_override(override)
    return Given(named(override), key, lambda document: apply_override(document, override))


def _release(asked: tuple[str, str]) -> Given:
    return Given(option(*asked), asked[0], lambda document: document.update([asked]))


def _default_probes() -> tuple[ProbeSettings, ...]:
    probes: tuple[ProbeSettings, ...] = Scenario.model_fields["probes"].default
    return probes


def who_says(key: str, path: Path, overrides: Sequence[str], releases: Mapping[str, str]) -> str:
    """Who gives the value that a dotted key has at last: an option, or the file."""
    if key in releases:
        return option(key, releases[key])
    parts = tuple(key.split("."))
    last = next((each for each in reversed(overrides) if _begins(parts, parse_override(each)[0])), None)
    return escaped(str(path)) if last is None else named(last)


def _begins(parts: tuple[str, ...], asked: tuple[str, ...]) -> bool:
    """Whether what was asked for is the key itself, or a table above it."""
    return parts[: len(asked)] == asked


def parse_scenario(document: Mapping[str, Any], source: str) -> Scenario:
    """Check a scenario that is already a mapping; `source` is what errors name.

    Raises:
        UsageError: an unknown key or an impossible value.
    """
    try:
        return Scenario.model_validate(document)
    except ValidationError as error:
        raise _refused(error, source) from error


def _refused(error: ValidationError, source: str) -> UsageError:
    return UsageError(f"{escaped(source)}: {problem(error, Scenario)}.")


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
