"""Who waits for a lock in MariaDB, who holds it, and whose connections those are."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psutil
import pymysql

from harness.deployment.abilities import LockHolder, Waiting
from harness.deployment.local.identity import session_of
from harness.deployment.local.processes import Processes
from harness.deployment.statement import without_literals

PLUGIN = "metadata_lock_info"
"""Shows who holds a metadata lock; a part of the server's package."""
_UNKNOWN_TABLE = 1109
"""What the server says where the plug-in is not loaded."""
_WAITING = (
    "SELECT id, user, host, state, time_ms / 1000, LEFT(COALESCE(info, ''), 2000)"
    " FROM information_schema.processlist"
    " WHERE state LIKE 'Waiting for%%lock%%' AND user <> 'system user' ORDER BY time_ms DESC"
)
_GRANTED = (
    "SELECT p.id, p.user, p.host, m.lock_mode, m.lock_type, m.table_name, LEFT(COALESCE(p.info, ''), 2000)"
    " FROM information_schema.metadata_lock_info m"
    " JOIN information_schema.processlist p ON p.id = m.thread_id"
)
_OF_A_BACKUP = re.compile(r"FTWRL|BLOCK|WAIT|START|FLUSH")
"""Modes of the backup lock that stop others; every statement that changes something holds a weak one."""


@dataclass(frozen=True, slots=True)
class Granted:
    """A lock that a thread holds."""

    holder: LockHolder
    kind: str
    """Such as `Table metadata lock`."""
    table: str


class Owners:
    """Whose the connections of the database are, each looked for once: that takes milliseconds.

    The lab's nodes and commands come over TCP, and each leads a session of its own.
    """

    def __init__(self, processes: Processes) -> None:
        self._processes = processes
        self._known: dict[int, str | None] = {}

    def look(self, clients: Mapping[int, str]) -> None:
        """Find the owners of those threads (thread -> host and port) that were not seen before."""
        if not clients.keys() <= self._known.keys():
            whose = _whose(self._processes)
            self._known = {thread: whose(host) for thread, host in clients.items()} | self._known

    def of(self, thread: int) -> str | None:
        """Whose it is, as `Waiting.program` has it."""
        return self._known.get(thread)


def waiting(connection: pymysql.Connection, owners: Owners) -> tuple[Waiting, ...]:
    """Everybody who waits for a lock, the longest wait first.

    Raises:
        pymysql.Error: the database does not answer.
    """
    seen = rows(connection, _WAITING)
    if not seen:
        return ()
    held = _held(connection)
    owners.look({int(row[0]): str(row[2]) for row in (*seen, *held)})
    granted = tuple(_granted(row, owners) for row in held)
    threads = frozenset(int(row[0]) for row in seen)
    return tuple(_waiting(row, granted, threads, owners) for row in seen)


def _waiting(
    row: Sequence[Any], granted: Sequence[Granted], threads: frozenset[int], owners: Owners
) -> Waiting:
    thread, account, _, state, waited_s, statement = row
    return Waiting(
        int(thread),
        str(account),
        str(state),
        float(waited_s),
        without_literals(str(statement)),
        owners.of(int(thread)),
        holders_of(str(state), str(statement), granted, threads),
    )


def holders_of(
    state: str, statement: str, granted: Sequence[Granted], waiting_threads: frozenset[int]
) -> tuple[LockHolder, ...]:
    """Who holds what a statement waits for, each thread once; who only waits as well does not hold it up.

    The database does not tell for which table: of locks on tables those count whose table is named in it.
    """
    of_kind = [
        each
        for each in granted
        if each.kind.lower() in state.lower()
        and each.holder.thread not in waiting_threads
        and (not each.table or re.search(rf"\b{re.escape(each.table)}\b", statement))
    ]
    strong = [each for each in of_kind if not each.table and _OF_A_BACKUP.search(each.holder.lock)]
    return tuple({each.holder.thread: each.holder for each in strong or of_kind}.values())


def _held(connection: pymysql.Connection) -> list[tuple[Any, ...]]:
    """Every lock that is held; none where the server has no way to tell."""
    try:
        return rows(connection, _GRANTED)
    except pymysql.Error as error:
        if error.args and error.args[0] == _UNKNOWN_TABLE:
            return []
        raise


def _granted(row: Sequence[Any], owners: Owners) -> Granted:
    thread, account, _, mode, kind, table, statement = row
    program = owners.of(int(thread))
    holder = LockHolder(int(thread), str(account), program, str(mode), without_literals(str(statement)))
    return Granted(holder, str(kind), str(table))


def _whose(processes: Processes) -> Callable[[str], str | None]:
    """Look once at the sockets of this machine; host and port of a client are then told from that."""
    owners = {
        connection.laddr.port: connection.pid
        for connection in psutil.net_connections("tcp")
        if connection.laddr and connection.status == psutil.CONN_ESTABLISHED
    }
    names = {server.identity.pid: server.name for server in processes.found()}

    def whose(host: str) -> str | None:
        port = host.rpartition(":")[2]
        if not port.isdigit():
            return ""  # over the server's own socket: whoever looks by hand, a backup, the harness
        if int(port) not in owners:
            return None  # it has gone meanwhile
        pid = owners[int(port)]
        return names.get(session_of(pid) or 0, "") if pid is not None else ""

    return whose


def rows(connection: pymysql.Connection, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    """Carry out one statement and return its rows.

    Raises:
        pymysql.Error: the database does not answer, or refuses.
    """
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())
