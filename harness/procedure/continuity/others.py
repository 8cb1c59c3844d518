"""What the load of the run writes at the same time, read from its ledgers as they grow."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.evidence.cache_drops import Drop, drops
from harness.evidence.clock import now_ns
from harness.evidence.jsonl import JsonLines, follow_jsonl
from harness.evidence.ledger import noted_writes

KEPT_S = 60.0
"""No check of one cell takes that long: what is older has nothing to do with it."""


class OthersDrops:
    """The writes of the last minute that dropped a region of Keystone's cache; safe for several threads.

    A generator notes a write before it sends it, so that none is missed that was sent before the question.
    """

    def __init__(self, folder: Path, clock: Callable[[], int] = now_ns) -> None:
        """`folder` holds the generators' ledgers; `clock` is the tests' to replace."""
        self._folder = folder
        self._clock = clock
        self._lock = threading.Lock()
        self._offsets: dict[Path, int] = {}
        self._rows: dict[Path, list[dict[str, Any]]] = {}

    def __call__(self) -> tuple[Drop, ...]:
        """In the order in which they were sent.

        Raises:
            OSError: a ledger cannot be read.
        """
        with self._lock:
            for path in sorted(self._folder.glob("*.jsonl")):
                self._follow(path)
            found = [drop for rows in self._rows.values() for drop in _drops(rows)]
        return tuple(sorted(found, key=lambda drop: drop.from_ns))

    def _follow(self, path: Path) -> None:
        rows, self._offsets[path] = follow_jsonl(path, self._offsets.get(path, 0))
        since_ns = self._clock() - round(KEPT_S * 1e9)
        kept = (*self._rows.get(path, ()), *rows)
        self._rows[path] = [row for row in kept if _is_after(row, since_ns)]


def _is_after(row: dict[str, Any], since_ns: int) -> bool:
    instant_ns = row.get("mono_ns")
    return isinstance(instant_ns, int) and instant_ns >= since_ns


def _drops(rows: list[dict[str, Any]]) -> tuple[Drop, ...]:
    writes, _ = noted_writes(JsonLines(tuple(rows), (), 0, 0))
    return drops(writes)
