"""Locks of the database that a connection holds which is no step's and no node's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack

from harness.deployment.local import mariadb
from harness.deployment.local.database import LocalDatabase
from harness.evidence.clock import now_ns


class HeldLock:
    """Statements that take a lock, and one that gives it back, on a connection kept open meanwhile."""

    def __init__(self, database: LocalDatabase, take: Callable[[], Iterator[str]], give_back: str) -> None:
        self._database = database
        self._take = take
        self._give_back = give_back
        self._held = ExitStack()
        self._ask: Callable[[str], object] | None = None
        self.detail: Mapping[str, object] = {"account": "root"}

    def begin(self) -> int:
        """Take it, which waits for what is being written; when it was held."""
        self._ask = self._held.enter_context(self._database.talk())
        for statement in self._take():
            self._ask(statement)
        return now_ns()

    def end(self) -> int:
        """Give it back; when that was done."""
        if self._ask is not None:
            ask, self._ask = self._ask, None
            with self._held:
                ask(self._give_back)
        return now_ns()


def read_lock(database: LocalDatabase) -> HeldLock:
    """As a backup takes it: nobody writes until it is given back."""
    return HeldLock(database, lambda: iter(["FLUSH TABLES WITH READ LOCK"]), "UNLOCK TABLES")


def open_transaction(database: LocalDatabase) -> HeldLock:
    """A transaction that has read every table and is left open, as a pooled connection's may be.

    Nobody's requests wait for it; a change of a table does, and everybody who needs that table behind it.
    """

    def reads() -> Iterator[str]:
        yield "BEGIN"
        for (table,) in database.ask(_TABLES, (mariadb.SCHEMA,)):
            yield f"SELECT 1 FROM `{table}` LIMIT 1"  # noqa: S608 - the names of its own tables

    return HeldLock(database, reads, "ROLLBACK")


_TABLES = (
    "SELECT table_name FROM information_schema.tables"
    " WHERE table_schema = %s AND table_type = 'BASE TABLE' ORDER BY table_name"
)
