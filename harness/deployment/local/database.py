"""The database as the procedure sees it: version tables, trust flag, backup and what waits for a lock."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pymysql

from harness.deployment.abilities import Activity
from harness.deployment.command import CommandResult
from harness.deployment.local import mariadb
from harness.deployment.local.folder import PRIVATE_FILE_MODE, LabFolder, write_private
from harness.deployment.local.locks import Owners, rows, waiting
from harness.deployment.local.passwords import Passwords
from harness.deployment.local.processes import Processes
from harness.deployment.local.requirements import need_program
from harness.errors import StepError
from harness.releases.schema import ALEMBIC, MIGRATE

_CONNECT_S_MAX = 10
_READ_S_MAX = 30
"""Looking at version tables can itself wait for a metadata lock; then it is an error, and does not hang."""


class LocalDatabase:
    """MariaDB, asked over its socket with the privileged account."""

    def __init__(self, folder: LabFolder, passwords: Passwords, processes: Processes, logs: Path) -> None:
        self._folder = folder
        self._passwords = passwords
        self._processes = processes
        self._logs = logs

    def version_tables(self) -> dict[str, list[str]]:
        """Rows of the version tables that exist.

        Raises:
            StepError: the database does not answer.
        """
        with self._connect() as connection:
            names = _column(connection, _VERSION_TABLES, (mariadb.SCHEMA, (ALEMBIC, MIGRATE)))
            return {name: sorted(_column(connection, _VERSION_ROWS[name])) for name in sorted(names)}

    def needs_trust(self) -> bool:
        """Whether it writes a binary log.

        Raises:
            StepError: the database does not answer.
        """
        return bool(self._one("SELECT @@GLOBAL.log_bin"))

    def trust_function_creators(self) -> bool:
        """Current global value of the trust flag.

        Raises:
            StepError: the database does not answer.
        """
        return bool(self._one("SELECT @@GLOBAL.log_bin_trust_function_creators"))

    def set_trust_function_creators(self, value: bool) -> None:
        """Set the global trust flag.

        Raises:
            StepError: the database does not answer.
        """
        with self._connect() as connection, connection.cursor() as cursor:
            cursor.execute("SET GLOBAL log_bin_trust_function_creators = %s", (int(value),))

    @contextmanager
    def watch(self) -> Iterator[Callable[[], Activity]]:
        """A connection kept open to look often: it is in no transaction and reads no table of Keystone's.

        Raises:
            StepError: the database does not answer; so does each look.
        """
        with self._connect() as connection:
            owners = Owners(self._processes)
            yield lambda: _activity(connection, owners)

    def ping(self) -> str | None:
        """Return None if it answers, otherwise why not."""
        try:
            self._one("SELECT 1")
        except StepError as error:
            return str(error)
        return None

    def backup(self, target: Path, deadline_s: float) -> CommandResult:
        """Dump the Keystone schema to `target`, without holding up anybody who writes.

        Raises:
            WaitTimeoutError: it ran over `deadline_s` and was ended.
        """
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE_MODE))
        target.chmod(PRIVATE_FILE_MODE)
        options = self._folder.temporary / f"backup-{time.monotonic_ns()}.cnf"
        write_private(options, f"[client]\nuser=root\npassword={self._passwords.database_root}\n")
        shown = ["--single-transaction", "--quick", "--triggers", "--routines", mariadb.SCHEMA]
        argv = [
            str(need_program("mariadb-dump")),
            f"--defaults-file={options}",
            f"--socket={self._folder.database_socket}",
            f"--result-file={target}",
            *shown,
        ]
        log = self._logs / "backup.log"
        try:
            ended = self._processes.run(
                "backup", argv, log=log, cwd=self._folder.temporary, deadline_s=deadline_s
            )
        finally:
            options.unlink(missing_ok=True)
        return CommandResult(("mariadb-dump", *shown), ended.exit_code, ended.duration_s, log)

    def ask(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Carry out one statement with the privileged account and return its rows.

        Raises:
            StepError: the database does not answer, or refuses.
        """
        with self._connect() as connection:
            return rows(connection, statement, values)

    @contextmanager
    def talk(self) -> Iterator[Callable[[str], object]]:
        """A connection kept open for several statements, which hold what they take until it is closed.

        Raises:
            StepError: the database does not answer, or refuses; so does each statement.
        """
        with self._connect() as connection:
            yield lambda statement: rows(connection, statement)

    def _one(self, query: str) -> Any:
        with self._connect() as connection:
            return rows(connection, query)[0][0]

    @contextmanager
    def _connect(self) -> Iterator[pymysql.Connection]:
        """A connection for one question; a pooled one would outlive what is being upgraded."""
        try:
            connection = pymysql.connect(
                unix_socket=str(self._folder.database_socket),
                user="root",
                password=self._passwords.database_root,
                database=mariadb.SCHEMA,
                autocommit=True,
                connect_timeout=_CONNECT_S_MAX,
                read_timeout=_READ_S_MAX,
                write_timeout=_READ_S_MAX,
            )
            try:
                yield connection
            finally:
                with suppress(pymysql.Error):
                    connection.close()
        except pymysql.Error as error:
            raise StepError(
                f"MariaDB of lab {self._folder.id} does not answer as it should ({error}); "
                f"see {self._logs / 'mariadb.log'}"
            ) from error


_VERSION_TABLES = (
    "SELECT table_name FROM information_schema.tables WHERE table_schema = %s AND table_name IN %s"
)
_VERSION_ROWS = {
    ALEMBIC: "SELECT version_num FROM alembic_version",
    MIGRATE: "SELECT CONCAT(repository_id, '=', version) FROM migrate_version",
}
_TRANSACTIONS = (
    "SELECT COUNT(*), MAX(TIMESTAMPDIFF(MICROSECOND, trx_started, SYSDATE(6))) / 1000000"
    " FROM information_schema.innodb_trx"
)


def _activity(connection: pymysql.Connection, owners: Owners) -> Activity:
    count, oldest = rows(connection, _TRANSACTIONS)[0]
    return Activity(
        waiting=waiting(connection, owners),
        transactions=int(count),
        oldest_transaction_s=float(oldest or 0),
    )


def _column(connection: pymysql.Connection, query: str, values: Sequence[object] = ()) -> list[str]:
    return [str(row[0]) for row in rows(connection, query, values)]
