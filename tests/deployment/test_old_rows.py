"""Rows as an earlier release left them, in whatever shape the table has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from harness.deployment.local.old_rows import LocalOldRows
from harness.errors import HarnessError


class Asked:
    """A database that knows one user's password and the columns of `project`."""

    def __init__(self, *passwords: int) -> None:
        self.asked: list[tuple[str, tuple[Any, ...]]] = []
        self._passwords = passwords

    def ask(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        self.asked.append((statement, tuple(values)))
        if statement.startswith("SELECT password.id"):
            return [(number,) for number in self._passwords]
        return [("extra",), ("domain_id",)] if "information_schema" in statement else []


def rows(database: Asked) -> LocalOldRows:
    return LocalOldRows(database)  # type: ignore[arg-type]


def test_the_hash_of_just_this_users_password_is_written() -> None:
    database = Asked(7)

    rows(database).set_password_hash("u1", "$6$x")

    assert database.asked[0][1] == ("u1",)
    assert database.asked[1] == ("UPDATE password SET password_hash = %s WHERE id = %s", ("$6$x", 7))


def test_an_expired_password_has_both_of_its_dates_in_the_past() -> None:
    database = Asked(7)

    rows(database).expire_password("u1")

    statement, values = database.asked[1]
    assert statement.count("expires_at") == 2
    assert values == ("2020-01-01 00:00:00", "2020-01-01 00:00:00", 7)


@pytest.mark.parametrize("passwords", [(), (7, 8)])
def test_a_user_with_no_password_or_several_is_not_written_to(passwords: tuple[int, ...]) -> None:
    database = Asked(*passwords)

    with pytest.raises(HarnessError) as caught:
        rows(database).set_password_hash("u1", "$6$x")

    assert str(caught.value) == f"user u1 has {len(passwords)} passwords in the database, expected one"
    assert len(database.asked) == 1


def test_projects_are_copies_in_all_columns_but_id_and_name_a_few_hundred_at_once() -> None:
    database = Asked()

    rows(database).multiply_project("p0", {f"p{number}": f"n{number}" for number in range(1, 1002)})

    inserted = [(statement, values) for statement, values in database.asked if statement.startswith("INSERT")]
    assert all(
        statement.startswith(
            "INSERT INTO project (id, name, `extra`, `domain_id`) SELECT given.id, given.name, "
        )
        and "kept.`extra`, kept.`domain_id`" in statement
        for statement, _ in inserted
    )
    assert [len(values) for _, values in inserted] == [1001, 1001, 3]
    assert inserted[2][1] == ("p1001", "n1001", "p0")
