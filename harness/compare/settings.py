"""The settings by which arms differ, as a reader is to see them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from harness.evidence.manifest import Manifest
from harness.judge.comparable import NOT_SET, settings_of_run
from harness.scenario import JudgeSettings

DRAINED = "roll.drained"
PAIR = ("from", "to")
BOUNDS = "judge."
"""How the keys of the bounds begin: runs are judged by them, and not made by them."""

RunSettings = Mapping[str, str]
"""Dotted key -> value as JSON, as `harness.judge.comparable` has it; the bounds besides."""


def judged_settings(manifest: Manifest, judge: JudgeSettings) -> dict[str, str]:
    """What was run, and the bounds that it is judged under now."""
    bounds = {f"{BOUNDS}{key}": json.dumps(value) for key, value in judge.model_dump(mode="json").items()}
    return settings_of_run(manifest) | bounds


def key_of(table: RunSettings, keys: Iterable[str]) -> tuple[str, ...]:
    """The values of some keys, as one hashable value."""
    return tuple(table.get(key, NOT_SET) for key in keys)


def word(table: RunSettings, key: str) -> str:
    """A value as a scenario would have it, short."""
    return _word(json.loads(table[key])) if key in table else f"({NOT_SET})"


def _word(value: Any) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case float():
            return f"{value:g}"
        case str():
            return value
        case []:
            return "none"
    text = orjson.dumps(value).decode()
    return text if len(text) <= 60 else f"{text[:59]}\N{HORIZONTAL ELLIPSIS}"
