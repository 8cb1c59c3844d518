"""The identity operations: what each sends, and what its answer must hold to count as a success."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol, TypeVar

import orjson

from harness.evidence.names import REFERENCE_BODY, Operation
from harness.load.client import Answer, Request
from harness.load.spec import Account

Value_co = TypeVar("Value_co", covariant=True)


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


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token that Keystone issued."""

    token: str
    lifetime_s: float
    """From issue to expiry."""


@dataclass(frozen=True, slots=True)
class MadeUser:
    """A user whose creation Keystone acknowledged."""

    user_id: str
    name: str


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
        return IssuedToken(token, (expires - issued).total_seconds())


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

    def request(self) -> Request:
        """POST /v3/users. No password: hashing it would measure bcrypt, which `token_issue` does already."""
        body = orjson.dumps({"user": {"name": self.name, "domain_id": "default", "enabled": True}})
        return Request("POST", "/v3/users", (("X-Auth-Token", self.token),), body)

    def check(self, answer: Answer) -> MadeUser:
        """The user of that name, with an id."""
        body = _object(answer.body)
        _same("user.name", _at(body, "user", "name"), self.name)
        return MadeUser(_text("user.id", _at(body, "user", "id")), self.name)


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


def _same(name: str, seen: object, due: str) -> None:
    if seen != due:
        raise BadAnswerError(f"{name} is {str(seen)[:64]!r} instead of {due!r}")


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
