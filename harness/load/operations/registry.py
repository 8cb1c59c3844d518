"""The operations that a schedule can demand, each with how a probe comes by its next call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from harness.evidence.names import Operation
from harness.load.operations.application_credentials import ApplicationCredentialCreate
from harness.load.operations.call import Call
from harness.load.operations.projects import ProjectList
from harness.load.operations.reference import Ping
from harness.load.operations.tokens import TokenIssue, TokenValidate
from harness.load.operations.users import MadeUser, UserCreate, UserDelete, UserGet
from harness.load.spec import Account


class Known(Protocol):
    """What the probes have at hand when a call is due."""

    @property
    def account(self) -> Account:
        """Who logs in, whose tokens are validated, and who is read."""

    @property
    def operator(self) -> Account:
        """Who has the admin role."""

    @property
    def admin_token(self) -> str:
        """The operator's token of this moment; a secret."""

    @property
    def own_token(self) -> str:
        """The long-lived token of `account`; a secret."""

    def next_subject(self) -> str:
        """A token of `account` to validate."""

    def next_name(self) -> str:
        """A name that no user has."""

    def next_doomed(self) -> MadeUser:
        """A user to delete, whose creation was acknowledged.

        Raises:
            NothingDueError: there is none.
        """


PROBED: Mapping[Operation, Callable[[Known], Call[Any]]] = {
    Operation.TOKEN_ISSUE: lambda known: TokenIssue(known.account),
    Operation.TOKEN_VALIDATE: lambda known: TokenValidate(
        known.admin_token, known.next_subject(), known.account.user_id
    ),
    Operation.USER_CREATE: lambda known: UserCreate(known.admin_token, known.next_name()),
    Operation.USER_GET: lambda known: UserGet(
        known.admin_token, known.account.user_id, known.account.username
    ),
    Operation.USER_DELETE: lambda known: _delete(known.admin_token, known.next_doomed()),
    Operation.PROJECT_LIST: lambda known: ProjectList(known.admin_token, known.operator.project_id),
    Operation.APPLICATION_CREDENTIAL_CREATE: lambda known: ApplicationCredentialCreate(
        known.own_token, known.account.user_id, known.account.project_id, known.next_name()
    ),
    Operation.PING: lambda _: Ping(),
}
"""Where an operation to probe is added. `evidence.names` has its name, and that scenarios may ask for it."""


def _delete(token: str, user: MadeUser) -> UserDelete:
    return UserDelete(token, user.user_id, user.name)
