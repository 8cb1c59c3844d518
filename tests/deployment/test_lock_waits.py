"""A real metadata lock in a real MariaDB: what waits behind it is seen, named, and seen to end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pymysql
import pytest

from harness.deployment.abilities import Activity
from harness.deployment.local import mariadb
from harness.deployment.local.database import LocalDatabase
from harness.deployment.local.faults.held_locks import open_transaction, read_lock
from harness.deployment.local.folder import LabFolder
from harness.deployment.local.passwords import Passwords
from harness.deployment.local.ports import free_ports
from harness.deployment.local.processes import Processes
from harness.deployment.waiting import wait_until
from tests.short_folder import short_folder

pytestmark = pytest.mark.lab

DEADLINE_S = 60.0
LOOK_S = 0.15
"""Between two looks: InnoDB collects its transactions anew only if nobody has asked for 0.1 s."""
TABLE = "CREATE TABLE service_provider (id VARCHAR(64) PRIMARY KEY, enabled INT)"
ALTER = "ALTER TABLE service_provider ADD COLUMN note VARCHAR(64) DEFAULT 'hush'"


@pytest.fixture(scope="module")
def passwords() -> Passwords:
    return Passwords.new()


@pytest.fixture(scope="module")
def folder() -> Iterator[LabFolder]:
    with short_folder() as path:
        folder = LabFolder(path / "lab")
        folder.make()
        yield folder


@pytest.fixture(scope="module")
def database(folder: LabFolder, passwords: Passwords) -> Iterator[LocalDatabase]:
    """A MariaDB alone, as a lab starts it, with one table."""
    processes = Processes(folder)
    mariadb.make_data_folder(folder)
    log = folder.path / "mariadb.log"
    made = processes.run(
        "install", mariadb.install_command(folder), log=log, cwd=folder.path, deadline_s=DEADLINE_S
    )
    assert made.exit_code == 0
    init = folder.path / "accounts.sql"
    mariadb.write_accounts(init, passwords)
    command = mariadb.server_command(folder, port=free_ports(1, ())[0], connections=5, init=init)
    processes.start(mariadb.NAME, command, log=log, cwd=folder.path)
    database = LocalDatabase(folder, passwords, processes, folder.path)
    try:
        wait_until("MariaDB to answer", DEADLINE_S, database.ping)
        database.ask(TABLE)
        yield database
    finally:
        processes.end([mariadb.NAME], DEADLINE_S)


@pytest.fixture
def connect(folder: LabFolder, passwords: Passwords) -> Callable[[], pymysql.Connection]:
    """Connections of others, which know nothing of the harness."""
    return lambda: pymysql.connect(
        unix_socket=str(folder.database_socket),
        user="root",
        password=passwords.database_root,
        database=mariadb.SCHEMA,
    )


def until(look: Callable[[], Activity], seen: Callable[[Activity], bool]) -> Activity:
    """Look until something is seen; the last look."""
    end_s = time.monotonic() + DEADLINE_S
    while not seen(activity := look()):
        assert time.monotonic() < end_s, f"waited {DEADLINE_S:g} s; the last look saw {activity}"
        time.sleep(LOOK_S)
    return activity


def test_a_reader_that_holds_up_an_alter_is_seen_and_the_alter_is_named(
    database: LocalDatabase, connect: Callable[[], pymysql.Connection]
) -> None:
    with connect() as reader, connect() as changer, database.watch() as look:
        assert look() == Activity((), 0, 0.0)
        reader.cursor().execute("SELECT * FROM service_provider")  # begins a transaction, and leaves it open
        altering = threading.Thread(target=changer.cursor().execute, args=(ALTER,))
        altering.start()
        try:
            seen = until(look, lambda activity: bool(activity.waiting))
            later = until(look, lambda activity: activity.waiting[0].waited_s > seen.waiting[0].waited_s)
        finally:
            reader.rollback()
            altering.join(DEADLINE_S)

        assert [(each.thread, each.account, each.state, each.statement) for each in seen.waiting] == [
            (
                changer.thread_id(),  # type: ignore[no-untyped-call]  # the library has no types for it
                "root",
                "Waiting for table metadata lock",
                "ALTER TABLE service_provider ADD COLUMN note VARCHAR(?) DEFAULT ?",
            )
        ]
        assert later.transactions == 1, "the reader's, which the harness did not begin"
        assert [(held.thread, held.account, held.program, held.lock) for held in seen.waiting[0].holders] == [
            (reader.thread_id(), "root", "", "MDL_SHARED_READ")  # type: ignore[no-untyped-call]
        ]
        assert later.oldest_transaction_s > seen.waiting[0].waited_s
        assert not altering.is_alive()
        until(look, lambda activity: activity == Activity((), 0, 0.0))
    assert [row[0] for row in database.ask("SHOW COLUMNS FROM service_provider")] == ["id", "enabled", "note"]


def test_requests_that_queue_behind_a_waiting_alter_are_seen_as_well(
    database: LocalDatabase, connect: Callable[[], pymysql.Connection]
) -> None:
    """What made an upgrade an outage: one idle reader, an ALTER behind it, and everybody behind the ALTER."""
    with connect() as reader, connect() as changer, connect() as other, database.watch() as look:
        reader.cursor().execute("SELECT * FROM service_provider")
        drop = threading.Thread(
            target=changer.cursor().execute, args=("ALTER TABLE service_provider ADD COLUMN queued INT",)
        )
        ask = threading.Thread(
            target=other.cursor().execute, args=("SELECT id FROM service_provider WHERE id = 'me'",)
        )
        drop.start()
        try:
            until(look, lambda activity: len(activity.waiting) == 1)
            ask.start()
            seen = until(look, lambda activity: len(activity.waiting) == 2)
        finally:
            reader.rollback()
            drop.join(DEADLINE_S)
            if ask.ident is not None:
                ask.join(DEADLINE_S)

    assert [each.statement for each in seen.waiting] == [
        "ALTER TABLE service_provider ADD COLUMN queued INT",
        "SELECT id FROM service_provider WHERE id = ?",
    ]


def test_a_backup_that_locks_everybody_out_of_writing_is_named_as_the_holder(
    database: LocalDatabase, connect: Callable[[], pymysql.Connection]
) -> None:
    lock = read_lock(database)
    with connect() as other, database.watch() as look:
        lock.begin()
        write = threading.Thread(
            target=other.cursor().execute, args=("INSERT INTO service_provider (id) VALUES ('me')",)
        )
        write.start()
        try:
            seen = until(look, lambda activity: bool(activity.waiting))
        finally:
            lock.end()
            write.join(DEADLINE_S)
            other.rollback()

    (waiting,) = seen.waiting
    assert (waiting.state, waiting.program) == ("Waiting for backup lock", "")
    assert [(held.account, held.lock) for held in waiting.holders] == [("root", "MDL_BACKUP_FTWRL2")]
    assert not write.is_alive()


def test_a_transaction_that_is_left_open_holds_up_a_change_of_any_table_and_no_request(
    database: LocalDatabase, connect: Callable[[], pymysql.Connection]
) -> None:
    transaction = open_transaction(database)
    with connect() as changer, database.watch() as look:
        transaction.begin()
        change = threading.Thread(
            target=changer.cursor().execute, args=("ALTER TABLE service_provider ADD COLUMN left_open INT",)
        )
        assert database.ask("SELECT COUNT(*) FROM service_provider")
        change.start()
        try:
            seen = until(look, lambda activity: bool(activity.waiting))
        finally:
            transaction.end()
            change.join(DEADLINE_S)

    (waiting,) = seen.waiting
    assert waiting.state == "Waiting for table metadata lock"
    assert [(held.account, held.lock) for held in waiting.holders] == [("root", "MDL_SHARED_READ")]
    assert not change.is_alive()
