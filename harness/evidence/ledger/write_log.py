"""The generators' log: each write before it is sent, and when it has ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from harness.evidence.clock import now_ns
from harness.evidence.jsonl import JsonLines, JsonLinesWriter
from harness.evidence.ledger.rows import parsed
from harness.evidence.ledger.writes import KIND_OF, Change, Write
from harness.evidence.names import Outcome

_WRITE = TypeAdapter(Write)


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
                "outcome": outcome,
                "error": error,
                "entity_id": made_id,
                "node": node,
                "release": release,
            }
        )

    def close(self) -> None:
        """Close the file."""
        self._lines.close()


def noted_writes(lines: JsonLines) -> tuple[list[Write], int]:
    """Each invoked write with its end, and how many rows are not what they should be."""
    ends = {row.get("seq"): row for row in lines.rows if row.get("edge") == "completed"}
    begun = [row for row in lines.rows if row.get("edge") == "invoked"]
    writes = [write for row in begun if (write := _write(row, ends.get(row.get("seq")))) is not None]
    homeless = len(ends.keys() - {row.get("seq") for row in begun})
    strange = len(lines.rows) - len(begun) - sum(row.get("edge") == "completed" for row in lines.rows)
    return writes, len(begun) - len(writes) + homeless + strange


def _write(row: Mapping[str, Any], end: Mapping[str, Any] | None) -> Write | None:
    end = end or {"outcome": Outcome.UNKNOWN}
    keys = ("lane", "op", "name", "asked", "request_id")
    write = parsed(
        _WRITE,
        {
            **{key: row.get(key) for key in keys},
            "invoked_ns": row.get("mono_ns"),
            "completed_ns": end.get("mono_ns"),
            "entity_id": row.get("entity_id") or end.get("entity_id"),
            **{key: end.get(key) for key in ("outcome", "error", "node", "release")},
        },
    )
    return write if write is not None and write.op in KIND_OF else None
