"""Reads the samples of the database: version tables at step edges, and what its connections were at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from harness.evidence.jsonl import read_jsonl
from harness.evidence.rows import Natural, Number, Whole, needed


@dataclass(frozen=True, slots=True)
class OtherSample:
    """What every sample has; all that is read of a kind that a later program added."""

    kind: str | None = None
    mono_ns: Natural | None = None


@dataclass(frozen=True, slots=True)
class VersionsSample:
    """The version tables at the edge of a step."""

    mono_ns: Natural
    phase: str | None = None
    step: str | None = None
    edge: str | None = None
    tables: Mapping[str, tuple[str, ...]] | None = None
    """Table -> its rows; None where they could not be read."""


@dataclass(frozen=True, slots=True)
class LockHolder:
    """Who holds a lock for which another waits."""

    thread: Whole = 0
    account: str = ""
    program: str | None = None
    """As that of who waits."""
    lock: str = ""
    """The database's word for its mode."""
    statement: str = ""
    """Empty where it was idle."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A statement that waits for a lock."""

    thread: Whole = 0
    statement: str = ""
    seconds: Number = 0.0
    """That it has run for."""
    state: str = ""
    account: str = ""
    program: str | None = None
    """The node or the command whose connection it is. Empty: of neither. None: that was not noted."""
    holders: tuple[LockHolder, ...] = ()
    """Empty where none was seen."""


@dataclass(frozen=True, slots=True)
class ActivitySample:
    """What the connections of the database were at."""

    mono_ns: Natural
    transactions: Natural = 0
    oldest_transaction_s: Number = 0.0
    waiting: tuple[Waiting, ...] | None = None


DatabaseSample = VersionsSample | ActivitySample | OtherSample

_OF_KIND: Mapping[str | None, TypeAdapter[Any]] = {
    "versions": TypeAdapter(VersionsSample),
    "activity": TypeAdapter(ActivitySample),
}
_OTHER = TypeAdapter(OtherSample)


@dataclass(frozen=True, slots=True)
class DatabaseRead:
    """What `database.jsonl` held."""

    exists: bool
    samples: Mapping[int, DatabaseSample]
    """By the line in which each stands, from 1."""
    torn: int
    malformed: int

    @property
    def versions(self) -> tuple[VersionsSample, ...]:
        """Version tables at step edges, in the order in which they were written."""
        return tuple(each for each in self.samples.values() if isinstance(each, VersionsSample))

    @property
    def activity(self) -> tuple[ActivitySample, ...]:
        """What its connections were at, likewise."""
        return tuple(each for each in self.samples.values() if isinstance(each, ActivitySample))


def read_database(path: Path) -> DatabaseRead:
    """Read the samples, also those of a run whose harness was killed.

    Raises:
        UsageError: a sample lacks its time, or a value of it is of another type.
        OSError: the file exists and cannot be read.
    """
    lines = read_jsonl(path)
    placed = zip(lines.numbers, lines.placed(path), strict=True)
    samples = {number: _sample(row, place) for number, (place, row) in placed}
    return DatabaseRead(lines.exists, samples, lines.torn, lines.malformed)


def _sample(row: dict[str, Any], place: str) -> DatabaseSample:
    kind = needed(_OTHER, row, place).kind
    sample: DatabaseSample = needed(_OF_KIND.get(kind, _OTHER), row, place)
    return sample
