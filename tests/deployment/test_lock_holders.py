"""Who holds what a statement waits for, from the list of locks that are held."""

from __future__ import annotations

from harness.deployment.abilities import LockHolder
from harness.deployment.local.locks import Granted, holders_of

TABLE, BACKUP = "Waiting for table metadata lock", "Waiting for backup lock"
ALTER, INSERT = "ALTER TABLE user ADD COLUMN x INT", "INSERT INTO `user` VALUES (1)"


def granted(thread: int, lock: str, kind: str = "Table metadata lock", table: str = "user") -> Granted:
    return Granted(LockHolder(thread, "keystone", "node-1", lock, ""), kind, table)


READER = granted(14, "MDL_SHARED_READ")
ALTERS = (
    granted(10, "MDL_BACKUP_ALTER_COPY", "Backup lock", ""),
    granted(10, "MDL_INTENTION_EXCLUSIVE", "Schema metadata lock", ""),
    granted(10, "MDL_SHARED_UPGRADABLE"),
)


def threads(found: tuple[LockHolder, ...]) -> list[int]:
    return [holder.thread for holder in found]


def test_an_alter_waits_for_who_reads_its_table() -> None:
    assert threads(holders_of(TABLE, ALTER, (*ALTERS, READER), frozenset({10}))) == [14]


def test_who_queues_behind_a_waiting_alter_waits_for_the_reader_too() -> None:
    assert threads(holders_of(TABLE, INSERT, (*ALTERS, READER), frozenset({10, 9}))) == [14]


def test_an_alter_that_goes_on_holds_up_who_asks_for_its_table() -> None:
    assert threads(holders_of(TABLE, INSERT, ALTERS, frozenset({9}))) == [10]


def test_a_lock_on_another_table_holds_nobody_up() -> None:
    other = granted(14, "MDL_SHARED_READ", table="users_of_old")
    assert holders_of(TABLE, ALTER, (*ALTERS, other), frozenset({10})) == ()


def test_a_backup_is_named_and_not_the_statements_that_hold_a_weak_lock_beside_it() -> None:
    backup = granted(50, "MDL_BACKUP_FTWRL2", "Backup lock", "")
    dml = granted(8, "MDL_BACKUP_DML", "Backup lock", "")
    assert threads(holders_of(BACKUP, INSERT, (dml, backup, *ALTERS), frozenset({9}))) == [50]


def test_a_backup_that_waits_itself_waits_for_those_statements() -> None:
    dml = granted(8, "MDL_BACKUP_DML", "Backup lock", "")
    assert threads(holders_of(BACKUP, "FLUSH TABLES WITH READ LOCK", (dml,), frozenset({50}))) == [8]


def test_a_thread_that_holds_several_locks_is_one_holder() -> None:
    again = granted(14, "MDL_SHARED_WRITE")
    assert threads(holders_of(TABLE, ALTER, (READER, again), frozenset({10}))) == [14]
