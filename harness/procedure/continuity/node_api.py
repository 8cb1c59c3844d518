"""One node's identity service, in the words of the checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from harness.evidence.continuity import Place, Refusal
from harness.keystone import api
from harness.keystone.credentials import Credentials
from harness.keystone.reply import Reply
from harness.redact import redacted


class Sends(Protocol):
    """The way to a node; `PacedChannel` is one."""

    def send(self, request: api.Request) -> Reply:
        """Send one request, once."""


_REFUSED = range(400, 600)


class NotMadeError(Exception):
    """What a check was to look for could not be made, so the check says nothing."""

    def __init__(self, what: str, node: str, reply: Reply, *, valid: bool = True) -> None:
        """`valid` says whether a Keystone in good health would have done what was asked."""
        super().__init__(f"{node} {reply.words} when asked to {what}")
        self.refused = _refusal(what, node, reply) if valid and reply.status in _REFUSED else None
        """None where no answer came, or one that refuses nothing."""


def _refusal(asked: str, node: str, reply: Reply) -> Refusal:
    said = redacted(reply.said)
    return Refusal(reply.sent_ns, node, reply.release, asked, reply.status, said, reply.request_id)


@dataclass(frozen=True, slots=True)
class Fixture:
    """What all checks share: a project, and two roles that allow nothing and imply no other."""

    project_id: str
    roles: Mapping[str, str]
    """Name -> id."""


@dataclass(frozen=True, slots=True)
class User:
    """A user of one check alone."""

    id: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ApplicationCredential:
    """An application credential of one check alone."""

    id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Made:
    """Something acknowledged, and by whom."""

    at: Place
    reply: Reply
    token: str = field(default="", repr=False)


class NodeApi:
    """One node, with an admin token that it issued itself."""

    def __init__(self, name: str, channel: Sends, admin: Credentials) -> None:
        self.name = name
        self._channel = channel
        self._admin = admin
        self._token = ""
        self.domain_id = ""

    def log_in_admin(self) -> None:
        """Take a fresh admin token of this node, so that nothing rests on what another one issued.

        Raises:
            NotMadeError: the node refused, or did not answer.
        """
        reply = self._channel.send(api.log_in(self._admin))
        if reply.status != 201 or not reply.token:
            raise NotMadeError("log the admin in", self.name, reply)
        self._token = reply.token
        self.domain_id = str(reply.at("token", "user", "domain", "id") or api.DEFAULT_DOMAIN_ID)

    def is_admin_accepted(self) -> bool:
        """Whether the node still takes its own admin token, so that a 401 was about something else."""
        return self.validate(self._token).status == 200

    def place(self, reply: Reply) -> Place:
        """This node, and the release it answered with."""
        return Place(self.name, reply.release)

    # --- making; each raises NotMadeError where it was not acknowledged

    def make_fixture(self, name: str, roles: tuple[str, ...]) -> Fixture:
        """A project of this name and roles of these names."""
        project = {"name": name, "domain_id": self.domain_id}
        made = self._make("create a project", api.create_project(self._token, project), 201)
        ids = {}
        for role in roles:
            reply = self._make("create a role", api.create_role(self._token, role), 201)
            ids[role] = str(reply.at("role", "id"))
        return Fixture(str(made.at("project", "id")), ids)

    def make_user(self, name: str, password: str) -> tuple[User, Made]:
        """A user of this name in the admin's domain."""
        user = {"name": name, "password": password, "domain_id": self.domain_id}
        reply = self._make("create a user", api.create_user(self._token, user), 201)
        user_id = reply.at("user", "id")
        if not isinstance(user_id, str):
            raise NotMadeError("create a user (no id came back)", self.name, reply)
        return User(user_id, password), self._made(reply)

    def make_token(self, user: User, project_id: str | None = None) -> Made:
        """A token by password."""
        reply = self.log_in(user, project_id)
        if reply.status != 201 or not reply.token:
            raise NotMadeError("issue a token", self.name, reply)
        return self._made(reply)

    def grant(self, fixture: Fixture, user: User, role: str) -> Made:
        """A role on the project."""
        request = api.grant_role(self._token, fixture.project_id, user.id, fixture.roles[role])
        return self._made(self._make(f"grant the role {role}", request, 204))

    def take_away(self, fixture: Fixture, user: User, role: str) -> Made:
        """Revoke a role; Keystone drops every cached token with it."""
        request = api.revoke_role(self._token, fixture.project_id, user.id, fixture.roles[role])
        return self._made(self._make(f"revoke the role {role}", request, 204))

    def change_password(self, user: User, new: str) -> Made:
        """The user's own change of password."""
        request = api.change_password(self._token, user.id, user.password, new)
        return self._made(self._make("change a password", request, 204))

    def disable(self, user: User) -> Made:
        """Disable a user."""
        request = api.update_user(self._token, user.id, {"enabled": False})
        return self._made(self._make("disable a user", request, 200))

    def delete(self, user: User) -> Made:
        """Delete a user."""
        return self._made(self._make("delete a user", api.delete_user(self._token, user.id), 204))

    def revoke(self, token: str) -> Made:
        """Revoke a token."""
        return self._made(self._make("revoke a token", api.revoke_token(self._token, token), 204))

    def make_application_credential(
        self, user: User, token: str, name: str
    ) -> tuple[ApplicationCredential, Made]:
        """An application credential made with the user's own token, and who made it."""
        what = "create an application credential"
        reply = self._make(what, api.create_application_credential(token, user.id, name), 201)
        made = reply.at("application_credential")
        if not isinstance(made, dict):
            raise NotMadeError(what, self.name, reply)
        return ApplicationCredential(str(made.get("id")), str(made.get("secret"))), self._made(reply)

    def make_trust(
        self, fixture: Fixture, trustor: User, token: str, trustee: User, role: str
    ) -> tuple[str, Made]:
        """A trust of one role on the project, made with the trustor's own token: its id, and who made it."""
        trust = api.Trust(trustor.id, trustee.id, fixture.project_id, role)
        reply = self._make("create a trust", api.create_trust(token, trust), 201)
        trust_id = reply.at("trust", "id")
        if not isinstance(trust_id, str):
            raise NotMadeError("create a trust", self.name, reply)
        return trust_id, self._made(reply)

    # --- looking; every answer is data

    def log_in(self, user: User, project_id: str | None = None, password: str | None = None) -> Reply:
        """Ask for a token by password, scoped to a project where one is given."""
        return self._channel.send(api.log_in_by_id(user.id, password or user.password, project_id=project_id))

    def log_in_by_trust(self, user: User, trust_id: str) -> Reply:
        """Ask for a token scoped to a trust."""
        return self._channel.send(api.log_in_by_id(user.id, user.password, trust_id=trust_id))

    def log_in_by_application_credential(self, credential: ApplicationCredential) -> Reply:
        """Ask for a token by application credential."""
        return self._channel.send(api.log_in_by_application_credential(credential.id, credential.secret))

    def validate(self, token: str) -> Reply:
        """Ask whose token it is, as admin."""
        return self._channel.send(api.validate_token(self._token, token))

    def read_user(self, user: User) -> Reply:
        """Read a user, as admin."""
        return self._channel.send(api.read_user(self._token, user.id))

    def read_catalog(self) -> Reply:
        """Read the catalog, as admin."""
        return self._channel.send(api.read_catalog(self._token))

    # --- either, by requests that are told what token to go with

    def make(self, what: str, request: Callable[[str], api.Request], status: int = 201) -> Made:
        """Have something made as admin; `what` says it in the error.

        Raises:
            NotMadeError: it was not acknowledged.
        """
        return self._made(self._make(what, request(self._token), status))

    def ask(self, request: Callable[[str], api.Request]) -> Reply:
        """Ask something as admin."""
        return self._channel.send(request(self._token))

    # --- below

    def _make(self, what: str, request: api.Request, status: int) -> Reply:
        reply = self._channel.send(request)
        if reply.status != status:
            raise NotMadeError(what, self.name, reply)
        return reply

    def _made(self, reply: Reply) -> Made:
        return Made(self.place(reply), reply, reply.token or "")
