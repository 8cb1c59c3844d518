"""Writes at which Keystone drops a whole region of its cache, with all that others have in it.

The one place that says which they are. Source: Keystone 23.0.2 to 30.0.0, `token/provider.py`
(`_register_callback_listeners`, `_drop_token_cache`), `identity/core.py` (`update_user`, `delete_user`,
`change_password`), `assignment/core.py` (`create_grant`, `delete_grant`) and `resource/core.py`
(`create_project`, `_delete_project`, `_post_delete_cleanup_project`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from harness.evidence.continuity import Cell, CellOutcome, Check
from harness.evidence.ledger import PASSWORD, Value, Write
from harness.evidence.names import Operation, Outcome


class Region(StrEnum):
    """A part of Keystone's cache that is only ever dropped as a whole; in words."""

    TOKENS = "tokens"  # what a token holds, and from 25 on that it is not revoked
    ASSIGNMENTS = "role assignments"  # which roles a user has on a project


WATCHED: Mapping[str, Region] = {
    Check.TOKEN_VALIDATES: Region.TOKENS,
    Check.REVOKED_TOKEN_REFUSED: Region.TOKENS,
    Check.DISABLED_TOKEN_REFUSED: Region.TOKENS,
    Check.DELETED_TOKEN_REFUSED: Region.TOKENS,
    Check.ROLE_GRANTED: Region.ASSIGNMENTS,
    Check.ROLE_REVOKED: Region.ASSIGNMENTS,
}
"""Checks of what stands in a region, stale entries above all; of tokens only where they are to be cached. A
login reads the user, whose entry is dropped one by one, and so is not among them."""

_DROPPED: Mapping[str, frozenset[Region]] = {
    Operation.USER_DELETE: frozenset(Region),
    Operation.PROJECT_DELETE: frozenset(Region),
    Operation.ROLE_REVOKE: frozenset(Region),
    Operation.ROLE_GRANT: frozenset({Region.ASSIGNMENTS}),
    Operation.PROJECT_CREATE: frozenset({Region.ASSIGNMENTS}),
}
_PASSWORD_DROPS_SINCE = 25
"""Major version from which a user's own change of password drops the tokens of everybody."""
_OPEN_S = 10.0
"""How long a write of which no end was noted may have been under way: the usual deadline of a request."""
_LONGEST_NS = 600 * 10**9
"""No write is under way for longer: a scenario allows deadlines of some minutes."""


@dataclass(frozen=True, slots=True)
class Drop:
    """A write that dropped a region, or may have; times of CLOCK_MONOTONIC."""

    op: str
    lane: str
    from_ns: int
    """When it was sent."""
    until_ns: int
    """When it had been answered, or given up."""
    regions: frozenset[Region]


def dropped_by(op: str, asked: Mapping[str, Value], release: str | None) -> frozenset[Region]:
    """The regions that a release drops at a write; an unknown release is taken for one of today."""
    if op == Operation.USER_UPDATE:
        ends_tokens = asked.get("enabled") is False or PASSWORD in asked
        return frozenset({Region.TOKENS}) if ends_tokens else frozenset()
    if op == Operation.PASSWORD_CHANGE:
        return frozenset({Region.TOKENS}) if _drops_at_passwords(release) else frozenset()
    return _DROPPED.get(op, frozenset())


def _drops_at_passwords(release: str | None) -> bool:
    major = (release or "").partition(".")[0]
    return not major.isdecimal() or int(major) >= _PASSWORD_DROPS_SINCE


def drops(writes: Iterable[Write]) -> tuple[Drop, ...]:
    """The writes that dropped something, in their order; those that were certainly not done are left out."""
    return tuple(
        Drop(write.op, write.lane, write.invoked_ns, _end_ns(write), regions)
        for write in writes
        if write.outcome != Outcome.FAILED and (regions := dropped_by(write.op, write.asked, write.release))
    )


def _end_ns(write: Write) -> int:
    return write.completed_ns or write.invoked_ns + round(_OPEN_S * 1e9)


def hidden_by(cell: Cell, dropped: Sequence[Drop]) -> Drop | None:
    """The write of somebody else behind which a stale answer would have been hidden; None where none was.

    From the look before the change on the checked node may have what it saw in its cache. Where no look
    after the change saw the state before, a region that was dropped meanwhile takes the proof away.
    """
    looks = cell.looks
    if cell.outcome != CellOutcome.OK or looks is None or looks.stale_ns is not None:
        return None
    return between(dropped, cell.check, looks.prepared_ns, looks.ended_ns)


def healed_by(cell: Cell, dropped: Sequence[Drop]) -> Drop | None:
    """The write of somebody else that came between a stale answer and one that honoured the change."""
    looks = cell.looks
    if cell.outcome != CellOutcome.OK or looks is None or looks.stale_ns is None:
        return None
    return between(dropped, cell.check, looks.stale_ns, looks.ended_ns)


def between(dropped: Sequence[Drop], check: str, from_ns: int, until_ns: int) -> Drop | None:
    """The last drop of the region that a check looks behind which was under way in that time.

    `dropped` is in the order in which the writes were sent.
    """
    region = WATCHED.get(check)
    for number in range(bisect_right(dropped, until_ns, key=lambda drop: drop.from_ns) - 1, -1, -1):
        drop = dropped[number]
        if drop.from_ns < from_ns - _LONGEST_NS:
            break
        if region in drop.regions and drop.until_ns >= from_ns:
            return drop
    return None
