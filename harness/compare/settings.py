"""The settings of a run as a flat table, so that two runs can be held against each other key by key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any

import orjson

from harness.evidence.manifest import Manifest
from harness.scenario import JudgeSettings

DRAINED = "roll.drained"
PAIR = ("from", "to")
_NOT_COMPARED = frozenset({"name", "description", "expect", "deployment.port"})
"""What a run is called, what it is expected to come out as, and the port that was free."""
NOT_SET = "(not set)"
"""Of a key that the run's harness did not know."""

RunSettings = Mapping[str, Any]


def settings_of(manifest: Manifest, judge: JudgeSettings) -> dict[str, Any]:
    """Dotted key -> value of everything that could make one run come out unlike another.

    The scenario as resolved, lists as one value; the releases by their versions; the bounds that the run is
    judged under now; and the cores of the machine, as `host.cores`.
    """
    flat = {key: value for key, value in flattened(manifest.settings).items() if not key.startswith("judge.")}
    flat |= {f"judge.{key}": value for key, value in judge.model_dump(mode="json").items()}
    flat |= {"from": manifest.from_.version, "to": manifest.to.version}
    flat["host.cores"] = manifest.host.get("cores")
    if isinstance(flat.get("load.users_file"), str):
        # Relative to the scenario file, which may lie in another folder.
        flat["load.users_file"] = PurePath(flat["load.users_file"]).name
    return flat


def flattened(scenario: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted key -> value of a scenario as resolved, without what it is called."""
    return {key: value for key, value in _flat("", scenario) if key not in _NOT_COMPARED}


def _flat(prefix: str, table: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(f"{prefix}{key}.", value)
        else:
            yield f"{prefix}{key}", value


def varying(tables: Iterable[RunSettings]) -> tuple[str, ...]:
    """Keys that do not have the same value in all tables, sorted."""
    each = list(tables)
    keys = sorted({key for table in each for key in table})
    return tuple(key for key in keys if len({_canonical(table.get(key, NOT_SET)) for table in each}) > 1)


def key_of(table: RunSettings, keys: Iterable[str]) -> tuple[bytes, ...]:
    """The values of some keys, as one hashable value."""
    return tuple(_canonical(table.get(key, NOT_SET)) for key in keys)


def _canonical(value: Any) -> bytes:
    # 1 and 1.0 are one value: TOML keeps them apart, what is done with them does not.
    if isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def word(value: Any) -> str:
    """A value as a scenario would have it, short."""
    match value:
        case None:
            return "none"
        case bool():
            return str(value).lower()
        case int() | float():
            return f"{value:g}"
        case str():
            return value
        case []:
            return "none"
    text = orjson.dumps(value).decode()
    return text if len(text) <= 60 else f"{text[:59]}\N{HORIZONTAL ELLIPSIS}"
