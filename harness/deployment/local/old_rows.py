"""Rows of a lab's database as an earlier release of Keystone left them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harness.deployment.local.database import LocalDatabase
from harness.errors import HarnessError

_EXPIRED = "2020-01-01 00:00:00"
_ROWS_AT_ONCE = 500
"""An id and a name are some hundred bytes; a statement of a server with small defaults may have a million."""

_PASSWORDS = (
    "SELECT password.id FROM password JOIN local_user ON local_user.id = password.local_user_id"
    " WHERE local_user.user_id = %s"
)
_COLUMNS = (
    "SELECT column_name FROM information_schema.columns"
    " WHERE table_schema = DATABASE() AND table_name = 'project' AND column_name NOT IN ('id', 'name')"
    " ORDER BY ordinal_position"
)


class LocalOldRows:
    """Satisfies `abilities.OldRows`."""

    def __init__(self, database: LocalDatabase) -> None:
        self._database = database

    def set_password_hash(self, user_id: str, hashed: str) -> None:
        """In every release from 15 on the hash is in one column, and says itself how it was made."""
        self._change_password(user_id, "password_hash = %s", (hashed,))

    def expire_password(self, user_id: str) -> None:
        """Both columns: releases read the number of microseconds, and where that is empty the date."""
        as_number = "expires_at_int = TIMESTAMPDIFF(MICROSECOND, '1970-01-01', %s)"
        self._change_password(user_id, f"expires_at = %s, {as_number}", (_EXPIRED, _EXPIRED))

    def multiply_project(self, project_id: str, others: Mapping[str, str]) -> None:
        """Whatever columns the release's table has, all but two are copied from the project that there is."""
        columns = ", ".join(f"`{row[0]}`" for row in self._database.ask(_COLUMNS))
        rows = list(others.items())
        for first in range(0, len(rows), _ROWS_AT_ONCE):
            some = rows[first : first + _ROWS_AT_ONCE]
            self._database.ask(_insert(columns, len(some)), (*_flat(some), project_id))

    def _change_password(self, user_id: str, change: str, values: tuple[str, ...]) -> None:
        found = self._database.ask(_PASSWORDS, (user_id,))
        if len(found) != 1:
            raise HarnessError(f"user {user_id} has {len(found)} passwords in the database, expected one")
        statement = f"UPDATE password SET {change} WHERE id = %s"  # noqa: S608 - `change` is one of ours
        self._database.ask(statement, (*values, found[0][0]))


def _insert(columns: str, rows: int) -> str:
    given = " UNION ALL ".join(["SELECT %s AS id, %s AS name"] * rows)
    kept = ", ".join(f"kept.{column}" for column in columns.split(", "))
    return (
        f"INSERT INTO project (id, name, {columns}) SELECT given.id, given.name, {kept}"  # noqa: S608
        f" FROM ({given}) AS given JOIN project AS kept ON kept.id = %s"
    )


def _flat(pairs: Iterable[tuple[str, str]]) -> list[str]:
    return [value for pair in pairs for value in pair]
