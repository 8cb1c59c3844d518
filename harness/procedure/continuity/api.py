"""Keystone's identity requests to one node, in the words of the checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.evidence.continuity import Place
from harness.keystone.credentials import Credentials
from harness.procedure.continuity.http import Answer, Channel


class NotMadeError(Exception):
    """What a check was to look for could not be made, so the check says nothing."""

    def __init__(self, what: str, node: str, answer: Answer) -> None:
        super().__init__(f"{node} {answer.words} when asked to {what}")
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Stand:
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
class Made:
    """Something acknowledged, and by whom."""

    at: Place
    answer: Answer
    token: str = field(default="", repr=False)


class NodeApi:
    """One node, with an admin token that it issued itself."""

    def __init__(self, name: str, channel: Channel, admin: Credentials) -> None:
        self.name = name
        self._channel = channel
        self._admin = admin
        self._token: str | None = None
        self.domain_id = ""

    def log_in_admin(self) -> None:
        """Take a fresh admin token of this node, so that nothing rests on what another one issued.

        Raises:
            NotMadeError: the node refused, or did not answer.
        """
        user = {"name": self._admin.username, "domain": {"name": self._admin.user_domain}}
        project = {"name": self._admin.project, "domain": {"name": self._admin.project_domain}}
        answer = self._log_in({**user, "password": self._admin.password}, {"project": project})
        if answer.status != 201 or not answer.token:
            raise NotMadeError("log the admin in", self.name, answer)
        self._token = answer.token
        self.domain_id = str(at(answer.body, "token", "user", "domain", "id") or "default")

    def is_admin_accepted(self) -> bool:
        """Whether the node still takes its own admin token, so that a 401 was about something else."""
        answer = self._ask("GET", "/v3/auth/tokens", None, X_Subject_Token=self._token)
        return answer.status == 200

    def place(self, answer: Answer) -> Place:
        """This node, and the release it answered with."""
        return Place(self.name, answer.release)

    # --- making; each raises NotMadeError where it was not acknowledged

    def make_stand(self, name: str, roles: tuple[str, ...]) -> Stand:
        """A project of this name and roles of these names."""
        body = {"project": {"name": name, "domain_id": self.domain_id}}
        made = self._make("create a project", "POST", "/v3/projects", body, 201)
        ids = {}
        for role in roles:
            answer = self._make("create a role", "POST", "/v3/roles", {"role": {"name": role}}, 201)
            ids[role] = str(at(answer.body, "role", "id"))
        return Stand(str(at(made.body, "project", "id")), ids)

    def make_user(self, name: str, password: str) -> tuple[User, Made]:
        """A user of this name in the admin's domain."""
        body = {"user": {"name": name, "password": password, "domain_id": self.domain_id}}
        answer = self._make("create a user", "POST", "/v3/users", body, 201)
        user_id = at(answer.body, "user", "id")
        if not isinstance(user_id, str):
            raise NotMadeError("create a user (no id came back)", self.name, answer)
        return User(user_id, password), self._made(answer)

    def make_token(self, user: User, project_id: str | None = None) -> Made:
        """A token by password."""
        answer = self.log_in(user, project_id)
        if answer.status != 201 or not answer.token:
            raise NotMadeError("issue a token", self.name, answer)
        return self._made(answer)

    def grant(self, stand: Stand, user: User, role: str) -> Made:
        """A role on the project."""
        path = f"/v3/projects/{stand.project_id}/users/{user.id}/roles/{stand.roles[role]}"
        return self._made(self._make(f"grant the role {role}", "PUT", path, None, 204))

    def take_away(self, stand: Stand, user: User, role: str) -> Made:
        """Revoke a role; Keystone drops every cached token with it."""
        path = f"/v3/projects/{stand.project_id}/users/{user.id}/roles/{stand.roles[role]}"
        return self._made(self._make(f"revoke the role {role}", "DELETE", path, None, 204))

    def change_password(self, user: User, new: str) -> Made:
        """The user's own change of password."""
        body = {"user": {"password": new, "original_password": user.password}}
        path = f"/v3/users/{user.id}/password"
        return self._made(self._make("change a password", "POST", path, body, 204))

    def disable(self, user: User) -> Made:
        """Disable a user."""
        body = {"user": {"enabled": False}}
        return self._made(self._make("disable a user", "PATCH", f"/v3/users/{user.id}", body, 200))

    def delete(self, user: User) -> Made:
        """Delete a user."""
        return self._made(self._make("delete a user", "DELETE", f"/v3/users/{user.id}", None, 204))

    def revoke(self, token: str) -> Made:
        """Revoke a token."""
        return self._made(
            self._make("revoke a token", "DELETE", "/v3/auth/tokens", None, 204, X_Subject_Token=token)
        )

    def make_application_credential(self, user: User, token: str, name: str) -> tuple[dict[str, str], Made]:
        """An application credential made with the user's own token: `id` and `secret`, and who made it."""
        path = f"/v3/users/{user.id}/application_credentials"
        body = {"application_credential": {"name": name}}
        answer = self._channel.send("POST", path, body, X_Auth_Token=token)
        made = answer.body.get("application_credential")
        if answer.status != 201 or not isinstance(made, dict):
            raise NotMadeError("create an application credential", self.name, answer)
        return {key: str(made.get(key)) for key in ("id", "secret")}, self._made(answer)

    def make_trust(
        self, stand: Stand, trustor: User, token: str, trustee: User, role: str
    ) -> tuple[str, Made]:
        """A trust of one role on the project, made with the trustor's own token: its id, and who made it."""
        body = {
            "trust": {
                "trustor_user_id": trustor.id,
                "trustee_user_id": trustee.id,
                "impersonation": False,
                "project_id": stand.project_id,
                "roles": [{"name": role}],
            }
        }
        answer = self._channel.send("POST", "/v3/OS-TRUST/trusts", body, X_Auth_Token=token)
        trust_id = at(answer.body, "trust", "id")
        if answer.status != 201 or not isinstance(trust_id, str):
            raise NotMadeError("create a trust", self.name, answer)
        return trust_id, self._made(answer)

    # --- looking; every answer is data

    def log_in(self, user: User, project_id: str | None = None, password: str | None = None) -> Answer:
        """Ask for a token by password, scoped to a project where one is given."""
        scope = {"project": {"id": project_id}} if project_id else None
        return self._log_in({"id": user.id, "password": password or user.password}, scope)

    def log_in_by_trust(self, user: User, trust_id: str) -> Answer:
        """Ask for a token scoped to a trust."""
        return self._log_in({"id": user.id, "password": user.password}, {"OS-TRUST:trust": {"id": trust_id}})

    def log_in_by_application_credential(self, credential: Mapping[str, str]) -> Answer:
        """Ask for a token by application credential."""
        identity = {"methods": ["application_credential"], "application_credential": dict(credential)}
        return self._channel.send("POST", "/v3/auth/tokens", {"auth": {"identity": identity}})

    def validate(self, token: str) -> Answer:
        """Ask whose token it is, as admin."""
        return self._ask("GET", "/v3/auth/tokens", None, X_Subject_Token=token)

    def read_user(self, user: User) -> Answer:
        """Read a user, as admin."""
        return self._ask("GET", f"/v3/users/{user.id}", None)

    def read_catalog(self) -> Answer:
        """Read the catalog, as admin."""
        return self._ask("GET", "/v3/auth/catalog", None)

    # --- below

    def _log_in(self, user: Mapping[str, Any], scope: Mapping[str, Any] | None) -> Answer:
        auth: dict[str, Any] = {"identity": {"methods": ["password"], "password": {"user": user}}}
        if scope is not None:
            auth["scope"] = scope
        return self._channel.send("POST", "/v3/auth/tokens", {"auth": auth})

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None, **headers: str | None) -> Answer:
        return self._channel.send(method, path, body, X_Auth_Token=self._token, **headers)

    def _make(
        self,
        what: str,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        status: int,
        **headers: str | None,
    ) -> Answer:
        answer = self._ask(method, path, body, **headers)
        if answer.status != status:
            raise NotMadeError(what, self.name, answer)
        return answer

    def _made(self, answer: Answer) -> Made:
        return Made(self.place(answer), answer, answer.token or "")


def at(body: Mapping[str, Any], *keys: str) -> Any:
    """What stands there in an answer's body; None where nothing does."""
    value: Any = body
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
