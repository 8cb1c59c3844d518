"""The journal: what the harness did, when, each line on the disk before the action it announces."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from harness.errors import UsageError
from harness.evidence.clock import now_ns
from harness.evidence.jsonl import JsonLinesWriter, read_jsonl
from harness.evidence.names import Edge

_SHOWN_CHARS_MAX = 60
"""Of a wrong value, in an error of one sentence."""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the journal."""

    seq: int
    """Counts from 0 without gaps."""
    mono_ns: int
    phase: str
    step: str | None
    """None for the phase itself."""
    node: str | None
    edge: str
    detail: dict[str, Any] = field(default_factory=dict)
    """Command without secrets, exit code, migrations applied, reason of a skip, fault injected, ..."""


class Journal:
    """Writes events, fsynced; safe to call from several threads."""

    def __init__(self, path: Path) -> None:
        self._writer = JsonLinesWriter(path, sync=True)
        self._lock = Lock()
        self._seq = 0

    def write(
        self,
        edge: Edge,
        phase: str,
        step: str | None = None,
        node: str | None = None,
        detail: dict[str, Any] | None = None,
    ) -> Event:
        """Append one event and return it once it is on the disk.

        Raises:
            OSError: the line could not be written.
        """
        with self._lock:
            event = Event(self._seq, now_ns(), str(phase), step and str(step), node, str(edge), detail or {})
            self._writer.append(
                {
                    "seq": event.seq,
                    "mono_ns": event.mono_ns,
                    "phase": event.phase,
                    "step": event.step,
                    "node": event.node,
                    "edge": event.edge,
                    "detail": event.detail,
                }
            )
            self._seq += 1
            return event

    def close(self) -> None:
        """Close the file."""
        self._writer.close()


@dataclass(frozen=True, slots=True)
class JournalRead:
    """What a journal held."""

    events: tuple[Event, ...]
    """In the order of `seq`."""
    torn: int
    malformed: int


def read_journal(path: Path) -> JournalRead:
    """Read a journal, also one whose writer was killed.

    Raises:
        UsageError: a line lacks a required field or holds one of another type.
    """
    lines = read_jsonl(path)
    events = tuple(_event(row, path, number) for number, row in enumerate(lines.rows, start=1))
    ordered = tuple(sorted(events, key=lambda event: event.seq))
    return JournalRead(ordered, lines.torn, lines.malformed)


_TYPES: dict[str, tuple[type, ...]] = {
    "seq": (int,),
    "mono_ns": (int,),
    "phase": (str,),
    "step": (str, type(None)),
    "node": (str, type(None)),
    "edge": (str,),
    "detail": (dict,),
}


def _event(row: dict[str, Any], path: Path, number: int) -> Event:
    for key, types in _TYPES.items():
        if key not in row:
            raise UsageError(
                f"{path}, line {number}: the key {key!r} is missing; this is not a journal of format 1."
            )
        if not isinstance(row[key], types):
            expected = " or ".join(kind.__name__ for kind in types)
            raise UsageError(
                f"{path}, line {number}: {key!r} is {row[key]!r}, expected {expected}; "
                "restore the file from where the run was made."
            )
    _check_detail(row["detail"], path, number)
    return Event(**{key: row[key] for key in _TYPES})


def _check_detail(detail: dict[str, Any], path: Path, number: int) -> None:
    """Refuse details that readers walk through and that are no lists; what is only shown may be anything."""
    for key in ("migrations", "log_errors"):
        if not isinstance(detail.get(key), list | None):
            raise _wrong(path, number, f"detail.{key}", detail[key], "a list")
    for migration in detail.get("migrations") or ():
        for key in ("started_ns", "duration_s"):
            value = migration.get(key) if isinstance(migration, dict) else None
            if isinstance(value, bool) or not isinstance(value, int | float | None):
                raise _wrong(path, number, f"detail.migrations.{key}", value, "a number or null")


def _wrong(path: Path, number: int, key: str, value: object, expected: str) -> UsageError:
    return UsageError(
        f"{path}, line {number}: {key!r} is {str(value)[:_SHOWN_CHARS_MAX]!r}, expected {expected}; "
        "restore the file from where the run was made."
    )
