"""Operations on roles that a user has on a project."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.evidence.ledger import Change
from harness.evidence.names import Operation
from harness.keystone import api
from harness.load.operations.call import Acknowledged
from harness.load.operations.projects import MadeProject
from harness.load.operations.users import MadeUser


@dataclass(frozen=True, slots=True)
class RoleHeld:
    """A role that somebody has."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Grant:
    """A role of a user on a project."""

    user: MadeUser
    project: MadeProject
    role: RoleHeld

    @property
    def name(self) -> str:
        """As the ledger names it."""
        return f"{self.user.name}/{self.project.name}/{self.role.name}"

    @property
    def ids(self) -> tuple[str, str, str]:
        """Of its project, its user and its role: the order of Keystone's path."""
        return self.project.project_id, self.user.user_id, self.role.id

    @property
    def entity_id(self) -> str:
        """As the ledger identifies it."""
        return f"{self.user.user_id}/{self.project.project_id}/{self.role.id}"


@dataclass(frozen=True, slots=True)
class _GrantWrite(Acknowledged):
    """The shape of both writes: the ledger tells by the operation whether the grant is there after it."""

    op: ClassVar[Operation]

    token: str
    grant: Grant

    def change(self) -> Change:
        """The grant is there, or is gone."""
        return Change(self.op, self.grant.name, self.grant.entity_id)


@dataclass(frozen=True, slots=True)
class RoleGrant(_GrantWrite):
    """Give a user a role on a project."""

    op: ClassVar = Operation.ROLE_GRANT

    def request(self) -> api.Request:
        """By the three ids."""
        return api.grant_role(self.token, *self.grant.ids)


@dataclass(frozen=True, slots=True)
class RoleRevoke(_GrantWrite):
    """Take it away again."""

    op: ClassVar = Operation.ROLE_REVOKE

    def request(self) -> api.Request:
        """By the three ids."""
        return api.revoke_role(self.token, *self.grant.ids)
