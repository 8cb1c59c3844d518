"""Samples of the balancer's counters, a line each: written while the run goes on, read by the judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from harness.errors import UsageError
from harness.evidence.jsonl import read_jsonl
from harness.evidence.told import instant_ns, natural

COUNTERS: Final = ("wretr", "wredis", "econ", "eresp", "hrsp_5xx")
"""HAProxy's names: retries, redispatches, failed connections, failed responses, 5xx (HAProxy management
guide, 9.1, "CSV format"). A server's `hrsp_5xx` counts what that server answered, the frontend's all."""

_NEEDED = frozenset({"mono_ns", "servers"})
_SHOWN_CHARS_MAX = 60
"""Of a wrong value, in an error of one sentence."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The balancer's counters at an instant."""

    mono_ns: int
    phase: str | None
    """What the procedure was at, as the next one."""
    step: str | None
    servers: Mapping[str, Mapping[str, int | str]]
    """Server, `FRONTEND` or `BACKEND` -> HAProxy's name of a counter -> its value."""
    edge: str | None = None
    """Of the step, where it is the step's edge that the sample was taken for."""

    def row(self) -> dict[str, Any]:
        """The line of `balancer.jsonl`."""
        servers = {name: dict(counters) for name, counters in self.servers.items()}
        row = {"mono_ns": self.mono_ns, "phase": self.phase, "step": self.step, "servers": servers}
        return row if self.edge is None else {**row, "edge": self.edge}

    def counts(self) -> dict[str, dict[str, int]]:
        """Server -> each of `COUNTERS` that it has; others, and words, are left out."""
        return {
            name: {key: value for key in COUNTERS if isinstance(value := counters.get(key), int)}
            for name, counters in self.servers.items()
        }


@dataclass(frozen=True, slots=True)
class BalancerRead:
    """What `balancer.jsonl` held."""

    samples: tuple[Sample, ...]
    """In the order of time."""
    exists: bool
    damaged: int
    """Lines that are torn or no JSON object, or lack their time or their servers."""


def read_balancer(path: Path) -> BalancerRead:
    """Read the samples, also those of a run whose harness was killed.

    Raises:
        UsageError: a sample holds a value of another type.
        OSError: the file exists and cannot be read.
    """
    lines = read_jsonl(path)
    samples = [
        _sample(row, f"{path}, line {number}")
        for number, row in enumerate(lines.rows, start=1)
        if row.keys() >= _NEEDED
    ]
    ordered = tuple(sorted(samples, key=lambda sample: sample.mono_ns))
    cut = len(lines.rows) - len(samples)
    return BalancerRead(ordered, path.exists(), lines.torn + lines.malformed + cut)


def _sample(row: dict[str, Any], place: str) -> Sample:
    mono_ns, servers = instant_ns(row.get("mono_ns")), row.get("servers")
    if mono_ns is None:
        raise _wrong(place, "mono_ns", row.get("mono_ns"), "nanoseconds of the run's clock")
    if not isinstance(servers, dict):
        raise _wrong(place, "servers", servers, "counters by server")
    for name, counters in servers.items():
        _check_server(f"servers.{name}", counters, place)
    words = {key: _word(row, key, place) for key in ("phase", "step", "edge")}
    return Sample(mono_ns=mono_ns, servers=servers, **words)


def _check_server(key: str, counters: object, place: str) -> None:
    if not isinstance(counters, dict):
        raise _wrong(place, key, counters, "counters by name")
    for counter in COUNTERS:
        if counter in counters and natural(counters[counter]) is None:
            raise _wrong(place, f"{key}.{counter}", counters[counter], "a count")


def _word(row: dict[str, Any], key: str, place: str) -> str | None:
    value = row.get(key)
    if not isinstance(value, str | None):
        raise _wrong(place, key, value, "a word or null")
    return value


def _wrong(place: str, key: str, value: object, expected: str) -> UsageError:
    return UsageError(
        f"{place}: {key!r} is {str(value)[:_SHOWN_CHARS_MAX]!r}, expected {expected}; "
        "restore the file from where the run was made."
    )
