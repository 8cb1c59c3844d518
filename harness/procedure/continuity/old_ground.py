"""What old data is made on: a domain of its own, with a project and whoever has a role there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from harness.deployment.abilities import OldRows
from harness.evidence.continuity import Place
from harness.keystone import api
from harness.procedure.continuity.node_api import Made, NodeApi, NotMadeError, User
from harness.procedure.continuity.passwords import PasswordKind, new_password


class LeftOutError(Exception):
    """A kind of old data that this deployment, or the release it serves, can not have."""


@dataclass(frozen=True, slots=True)
class Ground:
    """At which node it is made, and in what."""

    node: NodeApi
    name: Callable[[], str]
    """A name that nothing has yet."""
    domain_id: str
    project_id: str
    projects: int
    """How many projects there are to be."""
    able: OldRows | None

    @classmethod
    def make(cls, node: NodeApi, name: Callable[[], str], projects: int, able: OldRows | None) -> Self:
        """A fresh one.

        Raises:
            NotMadeError: the node refused, or did not answer.
        """
        node.log_in_admin()
        domain = node.make("create a domain", lambda token: api.create_domain(token, name()))
        domain_id = made_id(node, domain, "domain")
        return cls(node, name, domain_id, make_project(node, name(), domain_id), projects, able)

    @property
    def rows(self) -> OldRows:
        """What writes rows behind the API.

        Raises:
            LeftOutError: there is no such thing here.
        """
        if self.able is None:
            raise LeftOutError("this deployment gives no way to write rows behind its API")
        return self.able

    def user(self) -> tuple[User, Place]:
        """A user who has nothing yet, and who made it."""
        password = new_password(PasswordKind.ORDINARY)
        user = {"name": self.name(), "password": password, "domain_id": self.domain_id}
        made = self.node.make("create a user", lambda token: api.create_user(token, user))
        return User(made_id(self.node, made, "user"), password), made.at

    def role(self, domain_id: str | None = None) -> tuple[str, str]:
        """Name and id of a role that allows nothing; of a domain alone where one is given."""
        name = self.name()
        made = self.node.make("create a role", lambda token: api.create_role(token, name, domain_id))
        return name, made_id(self.node, made, "role")

    def user_with_role(self) -> tuple[User, Place, str]:
        """A user with a role on the project, who made it, and the role's name."""
        user, at = self.user()
        name, role_id = self.role()
        self.grant(user, role_id)
        return user, at, name

    def grant(self, user: User, role_id: str) -> None:
        """A role on the project."""
        project_id = self.project_id
        self.node.make(
            "grant a role", lambda token: api.grant_role(token, project_id, user.id, role_id), status=204
        )

    def imply(self, prior_id: str, implied_id: str) -> None:
        """Let one role imply another."""
        self.node.make("imply a role", lambda token: api.imply_role(token, prior_id, implied_id))

    def log_in(self, user: User) -> str:
        """A token of the user for the project."""
        return self.node.make_token(user, self.project_id).token


def make_project(node: NodeApi, name: str, domain_id: str) -> str:
    """Id of a new project of a domain.

    Raises:
        NotMadeError: it was not acknowledged.
    """
    project = {"name": name, "domain_id": domain_id}
    made = node.make("create a project", lambda token: api.create_project(token, project))
    return made_id(node, made, "project")


def made_id(node: NodeApi, made: Made, what: str) -> str:
    """The id that an acknowledgement tells.

    Raises:
        NotMadeError: it tells none.
    """
    found = made.reply.at(what, "id")
    if not isinstance(found, str):
        raise NotMadeError(f"create a {what} (no id came back)", node.name, made.reply)
    return found
