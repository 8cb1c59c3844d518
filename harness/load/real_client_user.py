"""The base of the Locust users that go through keystoneauth1 and python-keystoneclient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from locust.env import Environment

from harness.evidence.ledger import Change
from harness.evidence.names import Operation, Role
from harness.keystone.api import DEFAULT_DOMAIN_ID
from harness.load.operations import BadAnswerError, MadeUser
from harness.load.operations.body import need_same
from harness.load.personas import PacedUser
from harness.load.real_client import RealClient
from harness.load.result import Result

Value = TypeVar("Value")


class RealClientUser(PacedUser):
    """A user with the admin role and a real client; each method below is one request."""

    abstract = True
    role = Role.CLIENT

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._client = RealClient(self.harness.endpoint, self.account, self.harness.deadline_s)

    @property
    def api(self) -> Any:
        """The python-keystoneclient API, logged in."""
        return self._client.api

    def issue_own_token(self) -> Result[float] | None:
        """Log in through keystoneauth1."""
        self.stop_if_told()
        sender = self.harness.sender
        request_id = sender.request_id()
        return sender.record(
            self.lane(Operation.TOKEN_ISSUE), request_id, lambda: self._client.log_in(request_id)
        )

    def validate_own_token(self) -> None:
        """Validate the own token and see that it is one's own."""

        def work() -> None:
            access = self.api.tokens.validate(self._client.token)
            need_same(("token", "user", "id"), access.user_id, self.account.user_id)

        self._perform(Operation.TOKEN_VALIDATE, 200, work)

    def list_all_projects(self) -> None:
        """List the projects of the own domain and see the own one."""

        def work() -> None:
            listed = {_field(project, "id") for project in self.api.projects.list(domain=DEFAULT_DOMAIN_ID)}
            if self.account.project_id not in listed:
                raise BadAnswerError(f"the own project is not among the {len(listed)} listed")

        self._perform(Operation.PROJECT_LIST, 200, work)

    def create_user(self, name: str) -> str | None:
        """Make a user; its id, or None where that is not certain."""

        def work() -> MadeUser:
            user = self.api.users.create(name=name, domain=DEFAULT_DOMAIN_ID, enabled=True)
            need_same(("user", "name"), _field(user, "name"), name)
            return MadeUser(str(_field(user, "id")), name)

        change = Change(Operation.USER_CREATE, name, None, {"enabled": True})
        result = self._perform(Operation.USER_CREATE, 201, work, change)
        return result.value.user_id if result is not None and result.value is not None else None

    def get_user(self, user_id: str, name: str) -> None:
        """Read a user."""

        def work() -> None:
            user = self.api.users.get(user_id)
            need_same(("user", "id"), _field(user, "id"), user_id)
            need_same(("user", "name"), _field(user, "name"), name)

        self._perform(Operation.USER_GET, 200, work)

    def delete_user(self, user_id: str, name: str) -> None:
        """Delete a user."""
        change = Change(Operation.USER_DELETE, name, user_id)
        self._perform(Operation.USER_DELETE, 204, lambda: self.api.users.delete(user_id), change)

    def _perform(
        self, op: Operation, status_due: int, work: Callable[[], Value], change: Change | None = None
    ) -> Result[Value] | None:
        self.stop_if_told()
        sender = self.harness.sender
        request_id = sender.request_id()
        return sender.record(
            self.lane(op),
            request_id,
            lambda: self._client.call(op, status_due, request_id, work),
            change=change,
        )


def _field(resource: Any, name: str) -> object:
    """A field of an answer.

    Not as an attribute: for one that is missing keystoneclient sends another request, unasked.

    Raises:
        BadAnswerError: the answer has no such field.
    """
    fields = resource.to_dict()
    if name not in fields:
        raise BadAnswerError(f"{name} is missing")
    return fields[name]
