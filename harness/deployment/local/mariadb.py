"""The MariaDB server of a lab: its data directory, its accounts and its start."""

from __future__ import annotations

import os
from pathlib import Path

from harness.deployment.local.folder import LabFolder, make_private_folder, write_private
from harness.deployment.local.passwords import Passwords
from harness.deployment.local.ports import LOOPBACK
from harness.deployment.local.requirements import need_program

NAME = "mariadb"
SCHEMA = "keystone"
ACCOUNT = "keystone"

_SPARE_CONNECTIONS = 50
"""For keystone-manage, the harness and whoever looks by hand."""

_SETTINGS: tuple[str, ...] = (
    # What a deployment has, and what an upgrade can stumble over: a binary log without SUPER for Keystone.
    "--server-id=1",
    "--binlog-format=ROW",
    "--character-set-server=utf8mb3",
    "--collation-server=utf8mb3_general_ci",
    "--skip-name-resolve",
    # A lab's data outlives no power cut: the log is still written at each commit, but the disk is not made to
    # confirm it. Locks, isolation and DDL, which an upgrade is about, are as in production.
    "--innodb-flush-log-at-trx-commit=2",
    "--sync-binlog=0",
    # Who holds a lock that others wait for; a server without the plug-in starts all the same.
    "--plugin-load-add=metadata_lock_info",
    # Small, so that a lab starts fast and leaves the memory to others.
    "--innodb-buffer-pool-size=96M",
    "--innodb-log-file-size=32M",
    "--innodb-buffer-pool-dump-at-shutdown=0",
    "--innodb-buffer-pool-load-at-startup=0",
    "--key-buffer-size=1M",
)


def install_command(folder: LabFolder) -> list[str]:
    """How the system tables are made in an empty data directory."""
    return [
        str(need_program("mariadb-install-db")),
        "--no-defaults",
        f"--datadir={folder.data}",
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
        "--skip-name-resolve",
        *_as_root(),
    ]


def server_command(
    folder: LabFolder, *, port: int, connections: int, init: Path, binlog: bool = True
) -> list[str]:
    """How the server is started; `init` is what `write_accounts` wrote."""
    return [
        str(need_program("mariadbd")),
        "--no-defaults",
        f"--datadir={folder.data}",
        f"--socket={folder.database_socket}",
        f"--pid-file={folder.sockets / 'db.pid'}",
        f"--tmpdir={folder.temporary}",
        f"--init-file={init}",
        f"--max-connections={connections + _SPARE_CONNECTIONS}",
        f"--bind-address={LOOPBACK}",
        f"--port={port}",
        *(["--log-bin=binlog"] if binlog else []),
        *_SETTINGS,
        *_as_root(),
    ]


def write_accounts(path: Path, passwords: Passwords) -> None:
    """Write the statements that give the accounts their passwords; the server runs them before it listens.

    Keystone's account gets what upstream's installation guide gives it: everything on its own schema,
    nothing beyond, so that the server's trust flag matters to it as it does in production.
    """
    account = f"'{ACCOUNT}'@'{LOOPBACK}'"
    statements = (
        "SET SESSION sql_log_bin = 0",
        f"ALTER USER 'root'@'localhost' IDENTIFIED BY '{passwords.database_root}'",
        # mariadb-install-db makes further roots, without a password and open to TCP.
        "DELETE FROM mysql.global_priv WHERE User IN ('root', '') AND Host <> 'localhost'",
        "DELETE FROM mysql.proxies_priv WHERE Host <> 'localhost'",
        "FLUSH PRIVILEGES",
        f"CREATE DATABASE IF NOT EXISTS {SCHEMA}",
        f"CREATE USER IF NOT EXISTS {account}",
        f"ALTER USER {account} IDENTIFIED BY '{passwords.database_keystone}'",
        f"GRANT ALL PRIVILEGES ON {SCHEMA}.* TO {account}",
    )
    write_private(path, "".join(f"{statement};\n" for statement in statements))


def make_data_folder(folder: LabFolder) -> None:
    """Make the empty data directory."""
    make_private_folder(folder.data)


def _as_root() -> list[str]:
    return ["--user=root"] if os.geteuid() == 0 else []
