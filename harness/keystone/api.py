"""Keystone's requests: their paths, bodies and headers, each written once. Nothing is sent here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import quote

import orjson

AUTH_TOKEN = "X-Auth-Token"  # noqa: S105 - the name of a header
"""By whose token a request is made."""
SUBJECT_TOKEN = "X-Subject-Token"  # noqa: S105 - likewise
"""Which token a request is about; of an answer: which one was issued."""
REQUEST_ID_SENT = "X-OpenStack-Request-ID"
"""The caller's own id of a request, `req-<uuid4>`, which Keystone logs beside its own."""
REQUEST_ID = "x-openstack-request-id"
"""Keystone's id of a request, in its answer."""
NODE_HEADER = "X-Keystone-Node"
"""Who answered. This and the next two the lab's nodes add; Keystone itself tells no such thing."""
RELEASE_HEADER = "X-Keystone-Release"
WORKER_HEADER = "X-Keystone-Worker"
"""Number of the process that answered; only where a node has more than one."""
BALANCER_SERVER_HEADER = "X-Balancer-Server"
"""Which server the balancer had chosen; stands on the balancer's own error answers too."""

DEFAULT_DOMAIN_ID = "default"
DEFAULT_DOMAIN = "Default"

PAGE_MEMBERS = 1000
"""Members asked for at once: what Keystone gives at the most (`max_db_limit`, from 27.0.0). Who asks for no
page gets so many as well, and no word that there are more; releases without pages give the whole list."""

_TOKENS = "/v3/auth/tokens"


@dataclass(frozen=True, slots=True)
class Request:
    """What to send."""

    method: str
    path: str
    """With its leading slash, behind the base URL."""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Tokens stand here, so they are never shown."""
    body: bytes | None = field(default=None, repr=False)
    """JSON, or None; likewise."""


class Login(Protocol):
    """Whoever logs in by name and password, for one project."""

    @property
    def username(self) -> str:
        """Its name."""

    @property
    def password(self) -> str:
        """A secret."""

    @property
    def user_domain(self) -> str:
        """Name of its domain."""

    @property
    def project(self) -> str:
        """Name of the project that the token is for."""

    @property
    def project_domain(self) -> str:
        """Name of that project's domain."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What a trustor lets a trustee do on a project."""

    trustor_id: str
    trustee_id: str
    project_id: str
    role: str
    """Name of the role."""


# --- tokens


def log_in(account: Login) -> Request:
    """A token by password, scoped to the account's project."""
    user = {
        "name": account.username,
        "password": account.password,
        "domain": {"name": account.user_domain},
    }
    scope = {"project": {"name": account.project, "domain": {"name": account.project_domain}}}
    return _by_password(user, scope)


def log_in_by_id(
    user_id: str, password: str, *, project_id: str | None = None, trust_id: str | None = None
) -> Request:
    """A token by password of a user by its id; scoped to a project or to a trust where one is given."""
    scope: Mapping[str, object] | None = None
    if trust_id is not None:
        scope = {"OS-TRUST:trust": {"id": trust_id}}
    elif project_id is not None:
        scope = {"project": {"id": project_id}}
    return _by_password({"id": user_id, "password": password}, scope)


def log_in_by_application_credential(credential_id: str, secret: str) -> Request:
    """A token by application credential, which has a scope of its own."""
    method = "application_credential"
    identity = {"methods": [method], method: {"id": credential_id, "secret": secret}}
    return Request("POST", _TOKENS, (), orjson.dumps({"auth": {"identity": identity}}))


def validate_token(token: str, subject: str) -> Request:
    """Whether `subject` is valid, and whose it is."""
    return Request("GET", _TOKENS, ((AUTH_TOKEN, token), (SUBJECT_TOKEN, subject)))


def revoke_token(token: str, subject: str) -> Request:
    """Let `subject` be no token any more."""
    return Request("DELETE", _TOKENS, ((AUTH_TOKEN, token), (SUBJECT_TOKEN, subject)))


def read_catalog(token: str) -> Request:
    """The catalog as this token has it."""
    return read(token, "/v3/auth/catalog")


def _by_password(user: Mapping[str, object], scope: Mapping[str, object] | None) -> Request:
    auth: dict[str, object] = {"identity": {"methods": ["password"], "password": {"user": user}}}
    if scope is not None:
        auth["scope"] = scope
    return Request("POST", _TOKENS, (), orjson.dumps({"auth": auth}))


# --- users


def create_user(token: str, attributes: Mapping[str, object]) -> Request:
    """A user with these attributes, `name` and `domain_id` among them."""
    return _write("POST", token, "/v3/users", {"user": attributes})


def read_user(token: str, user_id: str) -> Request:
    """A user by its id."""
    return read(token, f"/v3/users/{user_id}")


def update_user(token: str, user_id: str, attributes: Mapping[str, object]) -> Request:
    """Other values for some attributes of a user."""
    return _write("PATCH", token, f"/v3/users/{user_id}", {"user": attributes})


def change_password(token: str, user_id: str, old: str, new: str) -> Request:
    """The user's own change of its password.

    Keystone asks for no token here, the old password is proof enough; its releases before Pike did.
    """
    body = {"user": {"password": new, "original_password": old}}
    return _write("POST", token, f"/v3/users/{user_id}/password", body)


def delete_user(token: str, user_id: str) -> Request:
    """Delete a user."""
    return _delete(token, f"/v3/users/{user_id}")


def find_users(token: str, name: str) -> Request:
    """The users of a name: policy-checked."""
    return read(token, f"/v3/users?name={quote(name)}")


def list_users(token: str, domain_id: str) -> Request:
    """The users of a domain, the first page of them where the release has pages."""
    return read(token, f"/v3/users?domain_id={domain_id}&limit={PAGE_MEMBERS}")


def create_application_credential(
    token: str, user_id: str, name: str, access_rules: Sequence[Mapping[str, str]] = ()
) -> Request:
    """An application credential of a user, made with the user's own token; each rule has `path`, `method` and
    `service`.
    """
    path = f"/v3/users/{user_id}/application_credentials"
    rules = {"access_rules": list(access_rules)} if access_rules else {}
    return _write("POST", token, path, {"application_credential": {"name": name, **rules}})


def create_group(token: str, attributes: Mapping[str, object]) -> Request:
    """A group with these attributes, `name` and `domain_id` among them."""
    return _write("POST", token, "/v3/groups", {"group": attributes})


def add_to_group(token: str, group_id: str, user_id: str) -> Request:
    """Make a user a member of a group."""
    return Request("PUT", f"/v3/groups/{group_id}/users/{user_id}", ((AUTH_TOKEN, token),))


# --- credentials


def create_credential(token: str, attributes: Mapping[str, object]) -> Request:
    """A credential: `type`, `blob`, `user_id`, and `project_id` where it has one."""
    return _write("POST", token, "/v3/credentials", {"credential": attributes})


def find_credentials(token: str, user_id: str, kind: str) -> Request:
    """The credentials of one type of a user: read from the database, where one by its id may be cached."""
    return read(token, f"/v3/credentials?user_id={user_id}&type={kind}")


# --- domains and projects


def create_domain(token: str, name: str) -> Request:
    """A domain of this name."""
    return _write("POST", token, "/v3/domains", {"domain": {"name": name}})


def list_projects(token: str, domain_id: str) -> Request:
    """The projects of a domain, as a client asks that knows of no pages."""
    return read(token, f"/v3/projects?domain_id={domain_id}")


def list_projects_of(token: str, domain_id: str) -> Request:
    """The projects of a domain, the first page of them where the release has pages."""
    return read(token, f"/v3/projects?domain_id={domain_id}&limit={PAGE_MEMBERS}")


def create_project(token: str, attributes: Mapping[str, object]) -> Request:
    """A project with these attributes, `name` and `domain_id` among them."""
    return _write("POST", token, "/v3/projects", {"project": attributes})


def read_project(token: str, project_id: str) -> Request:
    """A project by its id."""
    return read(token, f"/v3/projects/{project_id}")


def delete_project(token: str, project_id: str) -> Request:
    """Delete a project."""
    return _delete(token, f"/v3/projects/{project_id}")


# --- roles


def create_role(token: str, name: str, domain_id: str | None = None) -> Request:
    """A role that allows nothing, until a policy names it; of one domain alone where one is given."""
    domain = {"domain_id": domain_id} if domain_id else {}
    return _write("POST", token, "/v3/roles", {"role": {"name": name, **domain}})


def imply_role(token: str, prior_id: str, implied_id: str) -> Request:
    """Let whoever has the first role have the other as well."""
    return Request("PUT", f"/v3/roles/{prior_id}/implies/{implied_id}", ((AUTH_TOKEN, token),))


def grant_role(token: str, project_id: str, user_id: str, role_id: str) -> Request:
    """Give a user a role on a project."""
    return Request("PUT", _assignment(project_id, user_id, role_id), ((AUTH_TOKEN, token),))


def grant_role_to_group(token: str, project_id: str, group_id: str, role_id: str) -> Request:
    """Give the members of a group a role on a project."""
    path = f"/v3/projects/{project_id}/groups/{group_id}/roles/{role_id}"
    return Request("PUT", path, ((AUTH_TOKEN, token),))


def revoke_role(token: str, project_id: str, user_id: str, role_id: str) -> Request:
    """Take it away again."""
    return _delete(token, _assignment(project_id, user_id, role_id))


def list_role_assignments(token: str) -> Request:
    """Every role that somebody has on something."""
    return read(token, "/v3/role_assignments")


def create_trust(token: str, trust: Trust) -> Request:
    """A trust, made with the trustor's own token."""
    body = {
        "trustor_user_id": trust.trustor_id,
        "trustee_user_id": trust.trustee_id,
        "impersonation": False,
        "project_id": trust.project_id,
        "roles": [{"name": trust.role}],
    }
    return _write("POST", token, "/v3/OS-TRUST/trusts", {"trust": body})


def _assignment(project_id: str, user_id: str, role_id: str) -> str:
    return f"/v3/projects/{project_id}/users/{user_id}/roles/{role_id}"


# --- any


def read(token: str, path: str) -> Request:
    """What stands at a path, such as the next page of a list."""
    return Request("GET", path, ((AUTH_TOKEN, token),))


def _write(method: str, token: str, path: str, body: Mapping[str, object]) -> Request:
    return Request(method, path, ((AUTH_TOKEN, token),), orjson.dumps(body))


def _delete(token: str, path: str) -> Request:
    return Request("DELETE", path, ((AUTH_TOKEN, token),))
