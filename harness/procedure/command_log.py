"""Reads what keystone-manage logged: the migrations it applied, when, and its errors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from harness.evidence.clock import Clock
from harness.evidence.outcomes import Migration
from harness.redact import redacted

ERROR_LINES_MAX = 20
_SLACK_NS = 1_000_000_000
"""A stamp may lie so far outside of its command: clocks are read apart, and stamps cut to the millisecond."""
_STAMP = r"(?P<stamp>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3})"
_ANY_LINE = re.compile(rf"^{_STAMP} ")
_ALEMBIC = re.compile(
    rf"^{_STAMP} .*alembic\.runtime\.migration "
    r".*Running upgrade (?P<down>\S*) -> (?P<revision>\w+), (?P<title>.*)$"
)
_MIGRATE = re.compile(rf"^{_STAMP} .*migrate\.versioning\.api .*?(?P<down>\d+) -> (?P<revision>\d+)\.\.\.")
_TROUBLE = re.compile(
    r"^\d{4}-\d\d-\d\d \S+ \d+ (ERROR|CRITICAL) |^Traceback|^\w+(\.\w+)*(Error|Exception): "
)


def applied_migrations(
    lines: Iterable[str], branch: str, clock: Clock, ended_ns: int
) -> tuple[Migration, ...]:
    """Find the migrations in a log, in order.

    Args:
        lines: the log of one command, UTC time stamps as oslo.log writes them in the deployment.
        branch: `expand`, `migrate` or `contract`.
        clock: ties the stamps to CLOCK_MONOTONIC; read when the command began.
        ended_ns: when the command ended, for the length of its last migration.

    Where the wall clock was set meanwhile a stamp lies outside of that time: when the migration began, and
    how long it took, is not known then.
    """
    return tuple(_timed(list(lines), branch, clock, ended_ns))


def _timed(lines: list[str], branch: str, clock: Clock, ended_ns: int) -> Iterator[Migration]:
    for index, line in enumerate(lines):
        match = _ALEMBIC.match(line) or _MIGRATE.match(line)
        if match is None:
            continue
        title = match.groupdict().get("title") or f"{match['down']} -> {match['revision']}"
        started_ns = _mono_ns(match["stamp"], clock)
        following = (_ANY_LINE.match(later) for later in lines[index + 1 :])
        next_ns = next((_mono_ns(found["stamp"], clock) for found in following if found), None)
        until_ns = ended_ns if next_ns is None else next_ns
        migration = Migration(branch, match["revision"], title.strip())
        if clock.mono_ns - _SLACK_NS <= started_ns <= until_ns <= ended_ns + _SLACK_NS:
            lasted_s = round((until_ns - started_ns) / 1e9, 3)
            migration = replace(migration, started_ns=started_ns, duration_s=lasted_s, to_end=next_ns is None)
        yield migration


def error_lines(lines: Iterable[str]) -> list[str]:
    """Lines that report an error, each printable and cut at 300 characters, without what may be a secret.

    At most `ERROR_LINES_MAX`, the last among them: it names what stopped the command.
    """
    found = [redacted(line)[:300] for line in lines if _TROUBLE.match(line)]
    return found if len(found) <= ERROR_LINES_MAX else [*found[: ERROR_LINES_MAX - 1], found[-1]]


def _mono_ns(stamp: str, clock: Clock) -> int:
    """oslo.log stamps are local time of the process that wrote them; the deployment's processes have UTC."""
    moment = datetime.strptime(stamp, "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC)
    wall_ns = round(moment.timestamp() * 1_000) * 1_000_000
    return clock.mono_ns + wall_ns - clock.wall_ns
