"""Rows changed behind the API's back."""

from __future__ import annotations

from typing import Any

from harness.deployment.local.database import LocalDatabase
from harness.deployment.local.faults.injection import Instant
from harness.errors import HarnessError

_ACKNOWLEDGED = (
    "SELECT user.id, local_user.name FROM user JOIN local_user ON local_user.user_id = user.id"
    # As the load names the users it makes: a prefix with the seed, and a UUID.
    " WHERE local_user.name RLIKE '^kuh-[0-9]+-[0-9a-f]{8}-[0-9a-f-]{27}$'"
    " AND user.created_at < UTC_TIMESTAMP() - INTERVAL 2 SECOND"
    " ORDER BY user.created_at DESC, user.id LIMIT 1"
)
"""Made over 2 s ago, so that its request was answered, and the newest of those: the oldest are of the warm-up
of the probes, which no ledger knows."""


_PBKDF2 = "$pbkdf2-sha512$%"


def delete_user(database: LocalDatabase) -> Instant:
    """Delete a user that the load made; what refers to it goes with it, as foreign keys say."""
    detail: dict[str, object] = {}

    def act() -> None:
        user_id, name = _settled(database)
        detail.update(user_id=user_id, name=name)
        database.ask("DELETE FROM user WHERE id = %s", (user_id,))

    return Instant(act, detail)


def alter_row(database: LocalDatabase) -> Instant:
    """Change the name of a user that the load made."""
    detail: dict[str, object] = {}

    def act() -> None:
        user_id, name = _settled(database)
        detail.update(user_id=user_id, name=name)
        database.ask("UPDATE local_user SET name = CONCAT(name, '-altered') WHERE user_id = %s", (user_id,))

    return Instant(act, detail)


def spoil_hash(database: LocalDatabase) -> Instant:
    """Change some letters of a hash that no user of the load has: the kind of old data by pbkdf2_sha512."""
    detail: dict[str, object] = {"kind": "pbkdf2_sha512"}

    def act() -> None:
        if not database.ask("SELECT id FROM password WHERE password_hash LIKE %s", (_PBKDF2,)):
            raise HarnessError("no password is hashed by pbkdf2_sha512; continuity.old_data makes one")
        spoilt = "UPDATE password SET password_hash = INSERT(password_hash, 100, 4, 'AAAA')"
        database.ask(f"{spoilt} WHERE password_hash LIKE %s", (_PBKDF2,))

    return Instant(act, detail)


def _settled(database: LocalDatabase) -> tuple[Any, Any]:
    rows = database.ask(_ACKNOWLEDGED)
    if not rows:
        raise HarnessError("no user of the load is older than 2 s; probe user_create, and inject later")
    user_id, name = rows[0]
    return user_id, name
