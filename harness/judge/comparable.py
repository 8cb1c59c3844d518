"""What two runs must have in common for their figures to be compared."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.errors import UsageError
from harness.evidence.history import History
from harness.evidence.manifest import Manifest

_SECTIONS = (
    "seed",
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
"""Parts of a scenario that decide what is done to Keystone. What a run is called, what its outcome must be
(`gate`, `expect`) and what it is judged by (`judge`, `impact`) are not there."""
_LEFT_OUT = frozenset({"deployment.port"})
"""Where a port lies changes nothing."""
USERS_FILE = "load.users_file"
USERS_DIGEST = "load.users_sha256"
_UNKNOWN_IF_ABSENT = frozenset({"seed", USERS_FILE, USERS_DIGEST})
"""What runs, or baselines, of earlier programs do not tell; nobody knows that it differs."""
NOT_SET = "not set"
"""Of a key that the run's program did not know."""
_TOLD_MAX = 3
_CHARS_MAX = 120
"""Of a key or a value, which may stand in a file of somebody else."""

Settings = dict[str, str]
"""Dotted key -> value, as JSON."""


def settings_of(
    scenario: Mapping[str, Any],
    from_version: str,
    to_version: str,
    cores: object,
    users_sha256: str | None = None,
) -> Settings:
    """What was run, and on how many cores: latencies of another machine say nothing about an upgrade.

    This is what *the same settings* means, for whoever compares runs. Of the load's users the digest of their
    file counts, where it is known, and otherwise what that file is called; see `differing`.
    """
    told = {"from": from_version, "to": to_version, "host.cores": cores}
    for section in _SECTIONS:
        if scenario.get(section) is not None:
            told |= dict(_flat(section, scenario[section]))
    if users_sha256 is not None:
        told[USERS_DIGEST] = users_sha256
    return {key: _word(value) for key, value in sorted(told.items()) if key not in _LEFT_OUT}


def settings_of_run(manifest: Manifest) -> Settings:
    """The same, of a stored run."""
    return settings_of(
        manifest.settings,
        manifest.from_.version,
        manifest.to.version,
        manifest.host.get("cores"),
        manifest.users_sha256,
    )


def differing(tables: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    """Keys that do not have the same value in all tables, sorted."""
    keys = {key for table in tables for key in table}
    if all(USERS_DIGEST in table for table in tables if USERS_FILE in table):
        keys.discard(USERS_FILE)  # what a file is called changes nothing where what it holds is known
    return tuple(key for key in sorted(keys) if len(_values(tables, key)) > 1)


def _values(tables: Sequence[Mapping[str, str]], key: str) -> set[str]:
    known = {table[key] for table in tables if key in table}
    lacking = any(key not in table for table in tables)
    return known | {NOT_SET} if lacking and key not in _UNKNOWN_IF_ABSENT else known


def differences(earlier: Settings, now: Settings) -> str | None:
    """Which settings differ, as the end of a sentence; None where none does."""
    keys = differing([earlier, now])
    if not keys:
        return None
    told = [
        f"{_short(key)} is {_short(now.get(key, NOT_SET))} and was {_short(earlier.get(key, NOT_SET))}"
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
    # Earlier programs kept a table that a run does not tell of as null.
    earlier = {k: v for k, v in history.settings.items() if (k in _SECTIONS, v) != (True, "null")}
    if different := differences(earlier, settings):
        raise UsageError(
            f"{source}: not comparable with the runs of the baseline: {different}; make a baseline of runs "
            "like this one."
        )
