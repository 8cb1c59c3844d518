"""What two runs must have in common for their figures to be compared."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from harness.errors import UsageError
from harness.evidence.history import History
from harness.evidence.manifest import Manifest

_SECTIONS = (
    "deployment",
    "balancer",
    "load",
    "probes",
    "roll",
    "procedure",
    "integrity",
    "continuity",
    "faults",
)
"""Parts of a scenario that decide what is done to Keystone; what is asked of the outcome is not there."""
_LEFT_OUT = frozenset({"deployment.port", "load.users_file"})
"""Where a port lies and what a file is called changes nothing."""
_TOLD_MAX = 3
_CHARS_MAX = 120
"""Of a key or a value, which may stand in a file of somebody else."""

Settings = dict[str, str]
"""Dotted key -> value, as JSON."""


def settings_of(scenario: Mapping[str, Any], from_version: str, to_version: str, cores: object) -> Settings:
    """What was run, and on how many cores: latencies of another machine say nothing about an upgrade."""
    told = {"from": from_version, "to": to_version, "host.cores": cores}
    for section in _SECTIONS:
        told |= dict(_flat(section, scenario.get(section)))
    return {key: _word(value) for key, value in sorted(told.items()) if key not in _LEFT_OUT}


def settings_of_run(manifest: Manifest) -> Settings:
    """The same, of a stored run."""
    cores = manifest.host.get("cores")
    return settings_of(manifest.settings, manifest.from_.version, manifest.to.version, cores)


def differences(earlier: Settings, now: Settings) -> str | None:
    """Which settings differ, as the end of a sentence; None where none does."""
    keys = [key for key in sorted({*earlier, *now}) if earlier.get(key) != now.get(key)]
    if not keys:
        return None
    told = [
        f"{_short(key)} is {_short(now.get(key, 'not set'))} and was {_short(earlier.get(key, 'not set'))}"
        for key in keys[:_TOLD_MAX]
    ]
    more = len(keys) - _TOLD_MAX
    return ", ".join(told) + (f", and {more} more" if more > 0 else "")


def _short(text: str) -> str:
    return text if len(text) <= _CHARS_MAX else f"{text[:_CHARS_MAX]} ..."


def _flat(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, below in value.items():
            yield from _flat(f"{key}.{name}", below)
    else:
        yield key, value


def _word(value: Any) -> str:
    # 10 and 10.0 are one setting.
    return f"{value:g}" if isinstance(value, float) else json.dumps(value, sort_keys=True, default=str)


def need_comparable(history: History, settings: Settings, source: object) -> None:
    """Refuse to compare what was not run alike.

    Raises:
        UsageError: a setting differs.
    """
    if different := differences(history.settings, settings):
        raise UsageError(
            f"{source}: not comparable with the runs of the baseline: {different}; make a baseline of runs "
            "like this one."
        )
