from __future__ import annotations

from datetime import UTC, datetime

import pytest

from harness.evidence.clock import Clock
from harness.procedure.command_log import applied_migrations, error_lines

ALEMBIC = "17 INFO alembic.runtime.migration [-]"
LOG = [
    f"2026-11-22 11:30:00.000 {ALEMBIC} Context impl MySQLImpl.",
    f"2026-11-22 11:30:01.250 {ALEMBIC} Running upgrade 47147121 -> e8725d6fa226, Add index",
    f"2026-11-22 11:30:01.750 {ALEMBIC} Running upgrade e8725d6fa226 -> 742c857f1dfb, Add column",
]


def _clock() -> Clock:
    wall = datetime(2026, 11, 22, 11, 30, tzinfo=UTC)
    return Clock(wall_ns=int(wall.timestamp() * 1e9), mono_ns=1_000_000_000)


def test_migrations_are_timed_by_the_lines_that_follow_them() -> None:
    found = applied_migrations(LOG, "expand", _clock(), ended_ns=3_000_000_000)
    assert [(each.revision, each.title) for each in found] == [
        ("e8725d6fa226", "Add index"),
        ("742c857f1dfb", "Add column"),
    ]
    assert [each.started_ns for each in found] == [2_250_000_000, 2_750_000_000]
    assert [each.duration_s for each in found] == [0.5, 0.25]


def test_older_releases_log_numbers_instead_of_revisions() -> None:
    line = "2026-11-22 11:30:01.000 17 INFO migrate.versioning.api [-] 53 -> 54... "
    (found,) = applied_migrations([line], "expand", _clock(), ended_ns=2_500_000_000)
    assert (found.revision, found.title, found.duration_s) == ("54", "53 -> 54", 0.5)


@pytest.mark.parametrize("set_by_s", [-40 * 86_400, -3600, 3600, 40 * 86_400])
def test_when_a_migration_began_is_not_known_where_the_wall_clock_was_set(set_by_s: int) -> None:
    """An instant more than 30 days away made a finished run one that could not be judged."""
    clock = Clock(_clock().wall_ns + set_by_s * 1_000_000_000, _clock().mono_ns)
    found = applied_migrations(LOG, "expand", clock, ended_ns=3_000_000_000)
    assert [(each.revision, each.started_ns, each.duration_s) for each in found] == [
        ("e8725d6fa226", None, None),
        ("742c857f1dfb", None, None),
    ]


def test_a_log_without_migrations_has_none() -> None:
    assert applied_migrations(LOG[:1], "expand", _clock(), ended_ns=0) == ()


def test_error_lines_are_found_and_warnings_are_not() -> None:
    lines = [
        "2026-11-22 11:30:00.000 17 WARNING oslo [-] no ERROR here",
        "2026-11-22 11:30:00.000 17 CRITICAL keystone [-] Unhandled error",
        "Traceback (most recent call last):",
        "sqlalchemy.exc.OperationalError: (1419, 'You do not have the SUPER privilege')",
    ]
    assert error_lines(lines) == lines[1:]


def test_of_many_error_lines_the_last_is_kept_for_it_names_what_stopped_the_command() -> None:
    lines = [f"2026-11-22 11:30:00.000 17 ERROR keystone line {number}" for number in range(50)]
    found = error_lines(lines)
    assert (len(found), found[0], found[-1]) == (20, lines[0], lines[-1])


def test_an_error_line_shows_no_secret() -> None:
    line = "sqlalchemy.exc.OperationalError: no way to mysql+pymysql://keystone:hush@127.0.0.1/keystone"
    assert "hush" not in error_lines([line])[0]
