"""The journal: what the harness did, when, each line on the disk before the action it announces."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Annotated, Any

from pydantic import BeforeValidator, TypeAdapter

from harness.evidence.clock import now_ns
from harness.evidence.jsonl import JsonLinesWriter, read_jsonl
from harness.evidence.names import Edge
from harness.evidence.rows import Natural, Number, needed


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the journal."""

    seq: Natural
    """Counts from 0 without gaps."""
    mono_ns: Natural
    phase: str
    step: str | None
    """None for the phase itself."""
    node: str | None
    edge: Edge
    detail: dict[str, Any]
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
            event = Event(self._seq, now_ns(), str(phase), step and str(step), node, edge, detail or {})
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
    """In the order of `seq`, of which there is one each: of two lines with one number the first counts."""
    torn: int
    malformed: int
    """Damaged lines, those with a number that another has among them."""


def read_journal(path: Path) -> JournalRead:
    """Read a journal, also one whose writer was killed.

    Raises:
        UsageError: a line lacks a required field or holds one of another type.
    """
    lines = read_jsonl(path)
    events: dict[int, Event] = {}
    for place, row in lines.placed(path):
        event = _event(row, place)
        events.setdefault(event.seq, event)
    ordered = tuple(events[seq] for seq in sorted(events))
    return JournalRead(ordered, lines.torn, lines.malformed + len(lines.rows) - len(events))


@dataclass(frozen=True, slots=True)
class _Migration:
    """What is walked through of a migration."""

    started_ns: Number | None = None
    duration_s: Number | None = None


def _tables_alone(value: object) -> object:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class _Detail:
    """What readers walk through; what is only shown may be anything."""

    migrations: Annotated[tuple[_Migration, ...], BeforeValidator(_tables_alone)] | None = None
    log_errors: tuple[Any, ...] | None = None


_EVENT = TypeAdapter(Event)
_DETAIL = TypeAdapter(_Detail)


def _event(row: dict[str, Any], place: str) -> Event:
    event = needed(_EVENT, row, place)
    needed(_DETAIL, event.detail, f"{place}: detail")
    return event
