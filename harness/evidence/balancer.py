"""Samples of the balancer's counters, a line each: written while the run goes on, read by the judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AfterValidator, TypeAdapter

from harness.evidence.jsonl import read_jsonl
from harness.evidence.rows import Natural, needed
from harness.evidence.told import natural
from harness.refusal import shown

COUNTERS: Final = ("wretr", "wredis", "econ", "eresp", "hrsp_5xx")
"""HAProxy's names: retries, redispatches, failed connections, failed responses, 5xx (HAProxy management
guide, 9.1, "CSV format"). A server's `hrsp_5xx` counts what that server answered, the frontend's all."""

_NEEDED = frozenset({"mono_ns", "servers"})


def _counted(counters: Mapping[str, Any]) -> Mapping[str, Any]:
    for name in COUNTERS:
        if name in counters and natural(counters[name]) is None:
            raise ValueError(f"{name} is {shown(counters[name])}, expected a count")
    return counters


@dataclass(frozen=True, slots=True)
class Sample:
    """The balancer's counters at an instant."""

    mono_ns: Natural
    phase: str | None
    """What the procedure was at, as the next one."""
    step: str | None
    servers: Mapping[str, Annotated[Mapping[str, Any], AfterValidator(_counted)]]
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


_SAMPLE = TypeAdapter(Sample)


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
        needed(_SAMPLE, {"phase": None, "step": None, **row}, place)
        for place, row in lines.placed(path)
        if row.keys() >= _NEEDED
    ]
    ordered = tuple(sorted(samples, key=lambda sample: sample.mono_ns))
    cut = len(lines.rows) - len(samples)
    return BalancerRead(ordered, lines.exists, lines.torn + lines.malformed + cut)
