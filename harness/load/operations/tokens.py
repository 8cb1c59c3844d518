"""Operations on tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from harness.evidence.names import Operation
from harness.keystone import api
from harness.load.client import Answer
from harness.load.operations.body import BadAnswerError, document, same, time_at
from harness.load.operations.grants import RoleHeld
from harness.load.spec import Account


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token that Keystone issued."""

    token: str
    lifetime_s: float
    """From issue to expiry."""
    roles: tuple[RoleHeld, ...] = ()
    """Those of its user on its project, implied ones included."""


@dataclass(frozen=True, slots=True)
class TokenIssue:
    """Log in with a password, scoped to the account's project."""

    op: ClassVar = Operation.TOKEN_ISSUE
    status_due: ClassVar = 201

    account: Account

    def request(self) -> api.Request:
        """A login."""
        return api.log_in(self.account)

    def check(self, answer: Answer) -> IssuedToken:
        """The token, of the right user in the right project."""
        token = answer.header(api.SUBJECT_TOKEN)
        if not token:
            raise BadAnswerError(f"the answer has no {api.SUBJECT_TOKEN}")
        told = document(answer.body)
        same(told, self.account.user_id, "token", "user", "id")
        same(told, self.account.project_id, "token", "project", "id")
        issued, expires = time_at(told, "token", "issued_at"), time_at(told, "token", "expires_at")
        if expires <= issued:
            raise BadAnswerError("the token had expired when it was issued")
        return IssuedToken(token, (expires - issued).total_seconds(), _roles(told))


@dataclass(frozen=True, slots=True)
class TokenValidate:
    """Ask whether a token is valid, and whose it is."""

    op: ClassVar = Operation.TOKEN_VALIDATE
    status_due: ClassVar = 200

    token: str
    subject: str
    """The token that is validated."""
    user_id: str
    """Whose it is."""

    def request(self) -> api.Request:
        """A validation."""
        return api.validate_token(self.token, self.subject)

    def check(self, answer: Answer) -> None:
        """It is the right user's."""
        same(document(answer.body), self.user_id, "token", "user", "id")


def _roles(told: Mapping[str, Any]) -> tuple[RoleHeld, ...]:
    """What it tells of them; whoever needs one looks whether it is there."""
    roles = told["token"].get("roles")
    rows = [row for row in roles if isinstance(row, dict)] if isinstance(roles, list) else []
    return tuple(RoleHeld(str(row["id"]), str(row["name"])) for row in rows if row.keys() >= {"id", "name"})
