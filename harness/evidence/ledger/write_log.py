"""The generators' log: each write before it is sent, and when it has ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from harness.evidence.clock import now_ns
from harness.evidence.jsonl import JsonLines, JsonLinesWriter
from harness.evidence.ledger.writes import Change, Value, Write, WritingOp, known_outcome
from harness.evidence.names import Outcome
from harness.evidence.rows import Natural, parsed


class WriteLog:
    """Notes the writes of one generator; each line is in the file before the call returns."""

    def __init__(self, path: Path, clock: Callable[[], int] = now_ns) -> None:
        """Start the file; `clock` is the tests' to replace.

        Raises:
            OSError: it cannot be made.
        """
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lines = JsonLinesWriter(path)
        self._clock = clock
        self._seq = 0

    def invoked(self, lane: str, change: Change, request_id: str) -> int:
        """Note a write that is about to be sent; returns the number to complete it by.

        Raises:
            OSError: the line could not be written; then nothing may be sent.
        """
        seq, self._seq = self._seq, self._seq + 1
        self._lines.append(
            {
                "seq": seq,
                "edge": "invoked",
                "mono_ns": self._clock(),
                "lane": lane,
                "op": change.op,
                "name": change.name,
                "entity_id": change.entity_id,
                "asked": dict(change.asked),
                "request_id": request_id,
            }
        )
        return seq

    def completed(
        self,
        seq: int,
        outcome: Outcome,
        *,
        error: str | None,
        made_id: str | None,
        node: str | None,
        release: str | None,
    ) -> None:
        """Note how it ended; `made_id` where the answer told the id of what was made.

        Raises:
            OSError: the line could not be written.
        """
        self._lines.append(
            {
                "seq": seq,
                "edge": "completed",
                "mono_ns": self._clock(),
                "outcome": known_outcome(outcome, error),
                "error": error,
                "entity_id": made_id,
                "node": node,
                "release": release,
            }
        )

    def close(self) -> None:
        """Close the file."""
        self._lines.close()


@dataclass(frozen=True, slots=True)
class _Invoked:
    """A write that was about to be sent."""

    seq: Natural
    mono_ns: Natural
    lane: str
    op: WritingOp
    name: str
    entity_id: str | None
    asked: Mapping[str, Value]
    request_id: str


@dataclass(frozen=True, slots=True)
class _Completed:
    """How a write ended."""

    seq: Natural
    mono_ns: Natural
    outcome: Outcome
    error: str | None = None
    entity_id: str | None = None
    node: str | None = None
    release: str | None = None


_INVOKED, _COMPLETED = TypeAdapter(_Invoked), TypeAdapter(_Completed)


def noted_writes(lines: JsonLines) -> tuple[list[Write], int]:
    """Each invoked write with its end, and how many rows are not what they should be.

    Of two rows with one number the first counts: the number of a write is given once.
    """
    begun: dict[int, _Invoked] = {}
    ends: dict[int, _Completed] = {}
    for row in lines.rows:
        edge = row.get("edge")
        if edge == "invoked" and (invoked := parsed(_INVOKED, row)) is not None:
            begun.setdefault(invoked.seq, invoked)
        elif edge == "completed" and (completed := parsed(_COMPLETED, row)) is not None:
            ends.setdefault(completed.seq, completed)
    kept = len(begun) + len(ends.keys() & begun.keys())
    return [_write(row, ends.get(seq)) for seq, row in begun.items()], len(lines.rows) - kept


def _write(row: _Invoked, end: _Completed | None) -> Write:
    return Write(
        lane=row.lane,
        op=row.op,
        name=row.name,
        entity_id=row.entity_id or (end.entity_id if end else None),
        asked=row.asked,
        request_id=row.request_id,
        invoked_ns=row.mono_ns,
        completed_ns=end.mono_ns if end else None,
        outcome=end.outcome if end else Outcome.UNKNOWN,
        error=end.error if end else None,
        node=end.node if end else None,
        release=end.release if end else None,
    )
