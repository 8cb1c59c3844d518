"""Operations on users."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from harness.evidence.ledger import PASSWORD, Change, Value
from harness.evidence.names import Operation
from harness.keystone import api
from harness.load.client import Answer
from harness.load.operations.body import document, same, same_attributes, text_at
from harness.load.operations.call import Acknowledged


@dataclass(frozen=True, slots=True)
class MadeUser:
    """A user whose creation Keystone acknowledged."""

    user_id: str
    name: str

    @property
    def entity_id(self) -> str:
        """As the ledger identifies it."""
        return self.user_id


@dataclass(frozen=True, slots=True)
class Password:
    """One version of a user's password."""

    version: int
    """Counts from 1; all that the ledger tells."""
    text: str = field(repr=False)


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

    def request(self) -> api.Request:
        """A user in the default domain."""
        user: dict[str, object] = {"name": self.name, "domain_id": api.DEFAULT_DOMAIN_ID, **self._asked}
        if self.password is not None:
            user["password"] = self.password.text
        return api.create_user(self.token, user)

    def check(self, answer: Answer) -> MadeUser:
        """The user of that name, with an id and everything that was asked for."""
        told = document(answer.body)
        same(told, self.name, "user", "name")
        made = MadeUser(text_at(told, "user", "id"), self.name)
        same(told, api.DEFAULT_DOMAIN_ID, "user", "domain_id")
        same_attributes(told, "user", self._asked)
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

    def request(self) -> api.Request:
        """These attributes and no others."""
        return api.update_user(self.token, self.user_id, dict(self.attributes))

    def check(self, answer: Answer) -> None:
        """The right user, with everything that was asked for."""
        told = document(answer.body)
        same(told, self.user_id, "user", "id")
        same(told, self.name, "user", "name")
        same_attributes(told, "user", dict(self.attributes))

    def change(self) -> Change:
        """These attributes and no others."""
        return Change(self.op, self.name, self.user_id, dict(self.attributes))


@dataclass(frozen=True, slots=True)
class PasswordChange(Acknowledged):
    """A user changes its own password."""

    op: ClassVar = Operation.PASSWORD_CHANGE

    token: str
    user_id: str
    name: str
    old: Password
    new: Password

    def request(self) -> api.Request:
        """The old password and the new one."""
        return api.change_password(self.token, self.user_id, self.old.text, self.new.text)

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

    def request(self) -> api.Request:
        """By its id."""
        return api.read_user(self.token, self.user_id)

    def check(self, answer: Answer) -> None:
        """It is the right one."""
        told = document(answer.body)
        same(told, self.user_id, "user", "id")
        same(told, self.name, "user", "name")


@dataclass(frozen=True, slots=True)
class UserDelete(Acknowledged):
    """Delete a user."""

    op: ClassVar = Operation.USER_DELETE

    token: str
    user_id: str
    name: str

    def request(self) -> api.Request:
        """By its id."""
        return api.delete_user(self.token, self.user_id)

    def change(self) -> Change:
        """The user is gone, and its grants with it."""
        return Change(self.op, self.name, self.user_id)
