"""The identity operations: what each sends, and what its answer must hold to count as a success."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Protocol, TypeVar, runtime_checkable

import orjson

from harness.evidence.ledger import PASSWORD, Change, Value
from harness.evidence.names import REFERENCE_BODY, Operation
from harness.keystone.api import Request
from harness.load.client import Answer
from harness.load.spec import Account

Value_co = TypeVar("Value_co", covariant=True)

DOMAIN_ID = "default"
"""Where everything is made."""


class BadAnswerError(Exception):
    """The status was right and the body was not: says what is missing or about whom it is instead."""


class Call(Protocol[Value_co]):
    """One request of one operation."""

    op: ClassVar[Operation]
    status_due: ClassVar[int]

    def request(self) -> Request:
        """What to send."""

    def check(self, answer: Answer) -> Value_co:
        """What the answer holds, once it is about the right thing.

        Raises:
            BadAnswerError: it is not.
        """


@runtime_checkable
class LedgerCall(Protocol):
    """A call that writes what can be read back afterwards."""

    def change(self) -> Change:
        """What it asks for, as the ledger tells it."""


@dataclass(frozen=True, slots=True)
class Role:
    """A role that somebody has."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token that Keystone issued."""

    token: str
    lifetime_s: float
    """From issue to expiry."""
    roles: tuple[Role, ...] = ()
    """Those of its user on its project, implied ones included."""


@dataclass(frozen=True, slots=True)
class MadeUser:
    """A user whose creation Keystone acknowledged."""

    user_id: str
    name: str


@dataclass(frozen=True, slots=True)
class MadeProject:
    """A project whose creation Keystone acknowledged."""

    project_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Password:
    """One version of a user's password."""

    version: int
    """Counts from 1; all that the ledger tells."""
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TokenIssue:
    """Log in with a password, scoped to the account's project."""

    op: ClassVar = Operation.TOKEN_ISSUE
    status_due: ClassVar = 201

    account: Account

    def request(self) -> Request:
        """POST /v3/auth/tokens."""
        account = self.account
        user = {
            "name": account.username,
            "password": account.password,
            "domain": {"name": account.user_domain},
        }
        scope = {"project": {"name": account.project, "domain": {"name": account.project_domain}}}
        identity = {"methods": ["password"], "password": {"user": user}}
        return Request(
            "POST", "/v3/auth/tokens", (), orjson.dumps({"auth": {"identity": identity, "scope": scope}})
        )

    def check(self, answer: Answer) -> IssuedToken:
        """The token, of the right user in the right project."""
        token = answer.header("X-Subject-Token")
        if not token:
            raise BadAnswerError("the answer has no X-Subject-Token")
        body = _object(answer.body)
        _same("token.user.id", _at(body, "token", "user", "id"), self.account.user_id)
        _same("token.project.id", _at(body, "token", "project", "id"), self.account.project_id)
        issued, expires = _time(body, "issued_at"), _time(body, "expires_at")
        if expires <= issued:
            raise BadAnswerError("the token had expired when it was issued")
        return IssuedToken(token, (expires - issued).total_seconds(), _roles(body))


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

    def request(self) -> Request:
        """GET /v3/auth/tokens."""
        return Request(
            "GET", "/v3/auth/tokens", (("X-Auth-Token", self.token), ("X-Subject-Token", self.subject))
        )

    def check(self, answer: Answer) -> None:
        """It is the right user's."""
        _same("token.user.id", _at(_object(answer.body), "token", "user", "id"), self.user_id)


@dataclass(frozen=True, slots=True)
class UserCreate:
    """Make a user of a given, unique name."""

    op: ClassVar = Operation.USER_CREATE
    status_due: ClassVar = 201

    token: str
    name: str
    attributes: tuple[tuple[str, str], ...] = ()
    """`description`, `email`."""
    password: Password | None = None
    """None for the probes: hashing it would measure bcrypt, which `token_issue` does already."""

    def request(self) -> Request:
        """POST /v3/users."""
        user: dict[str, object] = {"name": self.name, "domain_id": DOMAIN_ID, **self._asked}
        if self.password is not None:
            user["password"] = self.password.text
        return Request("POST", "/v3/users", (("X-Auth-Token", self.token),), orjson.dumps({"user": user}))

    def check(self, answer: Answer) -> MadeUser:
        """The user of that name, with an id and everything that was asked for."""
        body = _object(answer.body)
        _same("user.name", _at(body, "user", "name"), self.name)
        made = MadeUser(_text("user.id", _at(body, "user", "id")), self.name)
        _same("user.domain_id", _at(body, "user", "domain_id"), DOMAIN_ID)
        _same_attributes(body, "user", self._asked)
        return made

    def change(self) -> Change:
        """A user who was not there before."""
        version = {} if self.password is None else {PASSWORD: self.password.version}
        return Change(self.op, self.name, None, {**self._asked, **version})

    @property
    def _asked(self) -> dict[str, Value]:
        return {"enabled": True, **dict(self.attributes)}


@dataclass(frozen=True, slots=True)
class UserUpdate:
    """Change attributes of a user."""

    op: ClassVar = Operation.USER_UPDATE
    status_due: ClassVar = 200

    token: str
    user_id: str
    name: str
    attributes: tuple[tuple[str, str | bool], ...]
    """`description`, `email`, `enabled`."""

    def request(self) -> Request:
        """PATCH /v3/users/{id}."""
        body = orjson.dumps({"user": dict(self.attributes)})
        return Request("PATCH", f"/v3/users/{self.user_id}", (("X-Auth-Token", self.token),), body)

    def check(self, answer: Answer) -> None:
        """The right user, with everything that was asked for."""
        body = _object(answer.body)
        _same("user.id", _at(body, "user", "id"), self.user_id)
        _same("user.name", _at(body, "user", "name"), self.name)
        _same_attributes(body, "user", dict(self.attributes))

    def change(self) -> Change:
        """These attributes and no others."""
        return Change(self.op, self.name, self.user_id, dict(self.attributes))


@dataclass(frozen=True, slots=True)
class PasswordChange:
    """A user changes its own password."""

    op: ClassVar = Operation.PASSWORD_CHANGE
    status_due: ClassVar = 204

    token: str
    """Keystone asks for none here, the old password is proof enough; its releases before Pike did."""
    user_id: str
    name: str
    old: Password
    new: Password

    def request(self) -> Request:
        """POST /v3/users/{id}/password."""
        body = orjson.dumps({"user": {"password": self.new.text, "original_password": self.old.text}})
        return Request("POST", f"/v3/users/{self.user_id}/password", (("X-Auth-Token", self.token),), body)

    def check(self, answer: Answer) -> None:
        """204 says all."""

    def change(self) -> Change:
        """The next version of the password."""
        return Change(self.op, self.name, self.user_id, {PASSWORD: self.new.version})


@dataclass(frozen=True, slots=True)
class UserGet:
    """Read a user."""

    op: ClassVar = Operation.USER_GET
    status_due: ClassVar = 200

    token: str
    user_id: str
    name: str

    def request(self) -> Request:
        """GET /v3/users/{id}."""
        return Request("GET", f"/v3/users/{self.user_id}", (("X-Auth-Token", self.token),))

    def check(self, answer: Answer) -> None:
        """It is the right one."""
        body = _object(answer.body)
        _same("user.id", _at(body, "user", "id"), self.user_id)
        _same("user.name", _at(body, "user", "name"), self.name)


@dataclass(frozen=True, slots=True)
class UserDelete:
    """Delete a user."""

    op: ClassVar = Operation.USER_DELETE
    status_due: ClassVar = 204

    token: str
    user_id: str
    name: str

    def request(self) -> Request:
        """DELETE /v3/users/{id}."""
        return Request("DELETE", f"/v3/users/{self.user_id}", (("X-Auth-Token", self.token),))

    def check(self, answer: Answer) -> None:
        """204 says all."""

    def change(self) -> Change:
        """The user is gone, and its grants with it."""
        return Change(self.op, self.name, self.user_id)


@dataclass(frozen=True, slots=True)
class ProjectList:
    """List the projects: policy-checked."""

    op: ClassVar = Operation.PROJECT_LIST
    status_due: ClassVar = 200

    token: str
    project_id: str
    """One that must be among them."""

    def request(self) -> Request:
        """GET /v3/projects."""
        return Request("GET", "/v3/projects", (("X-Auth-Token", self.token),))

    def check(self, answer: Answer) -> None:
        """The own project is in the list."""
        projects = _at(_object(answer.body), "projects")
        if not isinstance(projects, list):
            raise BadAnswerError("projects is not a list")
        if not any(
            isinstance(project, dict) and project.get("id") == self.project_id for project in projects
        ):
            raise BadAnswerError(f"the own project is not among the {len(projects)} listed")


@dataclass(frozen=True, slots=True)
class ProjectCreate:
    """Make a project of a given, unique name."""

    op: ClassVar = Operation.PROJECT_CREATE
    status_due: ClassVar = 201

    token: str
    name: str
    description: str

    def request(self) -> Request:
        """POST /v3/projects."""
        project = {"name": self.name, "domain_id": DOMAIN_ID, **self._asked}
        return Request(
            "POST", "/v3/projects", (("X-Auth-Token", self.token),), orjson.dumps({"project": project})
        )

    def check(self, answer: Answer) -> MadeProject:
        """The project of that name, with an id and everything that was asked for."""
        body = _object(answer.body)
        _same("project.name", _at(body, "project", "name"), self.name)
        _same("project.domain_id", _at(body, "project", "domain_id"), DOMAIN_ID)
        _same_attributes(body, "project", self._asked)
        return MadeProject(_text("project.id", _at(body, "project", "id")), self.name)

    def change(self) -> Change:
        """A project that was not there before."""
        return Change(self.op, self.name, None, self._asked)

    @property
    def _asked(self) -> dict[str, Value]:
        return {"enabled": True, "description": self.description}


@dataclass(frozen=True, slots=True)
class ProjectDelete:
    """Delete a project."""

    op: ClassVar = Operation.PROJECT_DELETE
    status_due: ClassVar = 204

    token: str
    project_id: str
    name: str

    def request(self) -> Request:
        """DELETE /v3/projects/{id}."""
        return Request("DELETE", f"/v3/projects/{self.project_id}", (("X-Auth-Token", self.token),))

    def check(self, answer: Answer) -> None:
        """204 says all."""

    def change(self) -> Change:
        """The project is gone, and the grants on it."""
        return Change(self.op, self.name, self.project_id)


@dataclass(frozen=True, slots=True)
class Grant:
    """A role of a user on a project."""

    user: MadeUser
    project: MadeProject
    role: Role

    @property
    def name(self) -> str:
        """As the ledger names it."""
        return f"{self.user.name}/{self.project.name}/{self.role.name}"

    @property
    def entity_id(self) -> str:
        """As the ledger identifies it."""
        return f"{self.user.user_id}/{self.project.project_id}/{self.role.id}"

    @property
    def path(self) -> str:
        """Where Keystone keeps it."""
        return f"/v3/projects/{self.project.project_id}/users/{self.user.user_id}/roles/{self.role.id}"


@dataclass(frozen=True, slots=True)
class RoleGrant:
    """Give a user a role on a project."""

    op: ClassVar = Operation.ROLE_GRANT
    status_due: ClassVar = 204

    token: str
    grant: Grant

    def request(self) -> Request:
        """PUT /v3/projects/{project}/users/{user}/roles/{role}."""
        return Request("PUT", self.grant.path, (("X-Auth-Token", self.token),))

    def check(self, answer: Answer) -> None:
        """204 says all."""

    def change(self) -> Change:
        """The grant is there."""
        return Change(self.op, self.grant.name, self.grant.entity_id)


@dataclass(frozen=True, slots=True)
class RoleRevoke:
    """Take it away again."""

    op: ClassVar = Operation.ROLE_REVOKE
    status_due: ClassVar = 204

    token: str
    grant: Grant

    def request(self) -> Request:
        """DELETE /v3/projects/{project}/users/{user}/roles/{role}."""
        return Request("DELETE", self.grant.path, (("X-Auth-Token", self.token),))

    def check(self, answer: Answer) -> None:
        """204 says all."""

    def change(self) -> Change:
        """The grant is gone."""
        return Change(self.op, self.grant.name, self.grant.entity_id)


class Ping:
    """Ask the known-good target beside the balancer, which has nothing to do but answer."""

    op: ClassVar = Operation.PING
    status_due: ClassVar = 200

    def request(self) -> Request:
        """GET /."""
        return Request("GET", "/")

    def check(self, answer: Answer) -> None:
        """Its whole answer, to the letter."""
        if answer.body != REFERENCE_BODY:
            raise BadAnswerError(f"the body is {answer.body[:64]!r} instead of {REFERENCE_BODY!r}")


OPERATIONS: dict[Operation, type[Call[object]]] = {
    Operation.TOKEN_ISSUE: TokenIssue,
    Operation.TOKEN_VALIDATE: TokenValidate,
    Operation.USER_CREATE: UserCreate,
    Operation.USER_GET: UserGet,
    Operation.USER_DELETE: UserDelete,
    Operation.PROJECT_LIST: ProjectList,
    Operation.USER_UPDATE: UserUpdate,
    Operation.PASSWORD_CHANGE: PasswordChange,
    Operation.PROJECT_CREATE: ProjectCreate,
    Operation.PROJECT_DELETE: ProjectDelete,
    Operation.ROLE_GRANT: RoleGrant,
    Operation.ROLE_REVOKE: RoleRevoke,
    Operation.PING: Ping,
}
"""Every operation a lane can drive."""


def _object(body: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise BadAnswerError(f"the body of {len(body)} bytes is not JSON") from None
    if not isinstance(document, dict):
        raise BadAnswerError("the body is not a JSON object")
    return document


def _at(document: dict[str, Any], *keys: str) -> object:
    value: object = document
    for depth, key in enumerate(keys, start=1):
        if not isinstance(value, dict) or key not in value:
            raise BadAnswerError(f"{'.'.join(keys[:depth])} is missing")
        value = value[key]
    return value


def _same(name: str, seen: object, due: Value) -> None:
    if seen != due or type(seen) is not type(due):
        raise BadAnswerError(f"{name} is {str(seen)[:64]!r} instead of {due!r}")


def _same_attributes(document: dict[str, Any], kind: str, due: dict[str, Any]) -> None:
    for key, value in due.items():
        _same(f"{kind}.{key}", _at(document, kind, key), value)


def _roles(body: dict[str, Any]) -> tuple[Role, ...]:
    """What it tells of them; whoever needs one looks whether it is there."""
    told = body["token"].get("roles")
    rows = [row for row in told if isinstance(row, dict)] if isinstance(told, list) else []
    return tuple(Role(str(row["id"]), str(row["name"])) for row in rows if row.keys() >= {"id", "name"})


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise BadAnswerError(f"{name} is not a text")
    return value


def _time(body: dict[str, Any], key: str) -> datetime:
    value = _text(f"token.{key}", _at(body, "token", key))
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise BadAnswerError(f"token.{key} is not a time: {value[:40]!r}") from None
