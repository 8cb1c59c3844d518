"""The global read lock that a backup takes: nobody writes until it is given back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack

from harness.deployment.local.database import LocalDatabase
from harness.evidence.clock import now_ns


class ReadLock:
    """FLUSH TABLES WITH READ LOCK from a connection of its own, which is no step's and no node's."""

    def __init__(self, database: LocalDatabase) -> None:
        self._database = database
        self._held = ExitStack()
        self._ask: Callable[[str], object] | None = None
        self.detail: Mapping[str, object] = {"account": "root"}

    def begin(self) -> int:
        """Take the lock, which waits for what is being written; when it was held."""
        self._ask = self._held.enter_context(self._database.talk())
        self._ask("FLUSH TABLES WITH READ LOCK")
        return now_ns()

    def end(self) -> int:
        """Give it back; when that was done."""
        if self._ask is not None:
            ask, self._ask = self._ask, None
            with self._held:
                ask("UNLOCK TABLES")
        return now_ns()
