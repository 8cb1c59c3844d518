"""The base of the Locust users of the load: logs in, paces itself, and records each request."""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

import gevent
from locust import User
from locust.env import Environment
from locust.exception import RescheduleTask, StopUser

from harness.evidence.clock import now_ns
from harness.evidence.names import Connection, Error, Operation, Role
from harness.evidence.records import Lane
from harness.load.client import Client
from harness.load.context import LoadContext
from harness.load.operations import Call, Password, RoleHeld, TokenIssue
from harness.load.result import Result
from harness.load.tokens import renewal_due_s

_PLAIN_ROLE = "member"

Value = TypeVar("Value")


class PacedUser(User):
    """A user with an account, a mean pace and jitter of its own, so that no two fire in lockstep."""

    abstract = True
    role: ClassVar[Role] = Role.LOAD

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.harness = load_context(environment)
        self.account = self.harness.account(self.role)
        self.random = self.harness.random()
        self._due_ns = now_ns()
        self._renew_at_ns: int | None = None
        """None while there is no token."""
        self._login_failure = "not logged in yet"

    def on_start(self) -> None:
        """Wait for a part of the pace, then log in."""
        gevent.sleep(self.random.uniform(0, self.harness.pace_s))
        self._due_ns = now_ns()
        self.log_in()
        self.harness.started += 1

    def wait_time(self) -> float:
        """Seconds until the next task: the pace, up to half of it more or less, after the last was due.

        A user that fell behind starts afresh instead of catching up: this is a closed model.
        """
        self._due_ns += round(self.harness.pace_s * self.random.uniform(0.5, 1.5) * 1e9)
        self._due_ns = max(self._due_ns, now_ns())
        return (self._due_ns - now_ns()) / 1e9

    def log_in(self) -> bool:
        """Get a token of one's own and use it from now on; whether it succeeded.

        A failed login is recorded like any request, and leaves the user with the token it had, if any.
        """
        result = self.issue_own_token()
        if result is None or result.value is None:
            why = f"{result.request_id}: {result.error}" if result is not None else "not sent"
            self._login_failure = f"its login failed ({why})"
            return False
        life_s = renewal_due_s(result.value, self.harness.renew_s)
        self._renew_at_ns = now_ns() + round(life_s * 1e9)
        return True

    def with_token(self, op: Operation) -> bool:
        """Whether this user has a token for a task that begins with `op`; logs in first where one is due.

        Where it has none and that login fails too, the login counts as the failure, and the operation that
        could not be attempted is recorded as `unsent`, `no_token`, naming the login.
        """
        if self._renew_at_ns is not None and now_ns() < self._renew_at_ns:
            return True
        if self.log_in() or self._renew_at_ns is not None:
            return True  # after a failed renewal the old token has half its life yet
        self.harness.sender.recorder.unsent(self.lane(op), now_ns(), Error.NO_TOKEN, self._login_failure)
        return False

    def issue_own_token(self) -> Result[float] | None:
        """Send and record one login, keep its token; the value is the token's lifetime in seconds."""
        raise NotImplementedError

    def stop_if_told(self) -> None:
        """Between two requests of a task: end the user if the load is to end.

        Raises:
            StopUser: it is.
        """
        if self.harness.stopping:
            raise StopUser

    def lane(self, op: Operation) -> Lane:
        """The lane in which this user carries out an operation."""
        return self.harness.lane(self.role, op)


class KeystoneUser(PacedUser):
    """A user whose requests go through the harness's own client: one attempt each, kept-alive connections.

    Subclass it with tasks that call `perform`; see `scenarios/identity.py`.
    """

    abstract = True

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.client = Client(self.harness.endpoint, Connection.REUSED)
        self._token: str | None = None
        self._roles: tuple[RoleHeld, ...] = ()

    @property
    def token(self) -> str:
        """This user's own token; a secret."""
        if self._token is None:
            raise RuntimeError("a task used a token without asking `with_token` first")
        return self._token

    @property
    def admin_token(self) -> str:
        """A token of the admin role: the operator's, or the user's own with plain locust."""
        return self.harness.operator.text if self.harness.operator else self.token

    def issue_own_token(self) -> Result[float] | None:
        """Log in over this user's connection."""
        result = self.perform(TokenIssue(self.account))
        if result is not None and result.value is not None:
            self._token = result.value.token
            self._roles = result.value.roles
        return None if result is None else result.map(lambda issued: issued.lifetime_s)

    def perform(self, call: Call[Value]) -> Result[Value] | None:
        """Carry out one call and record it; None where it never left the generator."""
        self.stop_if_told()
        return self.harness.sender.send(self.lane(call.op), self.client, call)

    def achieve(self, call: Call[Value]) -> Value:
        """Carry out one call and return what its answer held.

        Raises:
            RescheduleTask: it did not certainly succeed; the task ends here, because what follows in it rests
                on this, and the user goes on with another.
        """
        result = self.perform(call)
        if result is None or not result.ok:
            raise RescheduleTask
        return result.value  # type: ignore[return-value]  # an ok result holds its call's value

    @property
    def plain_role(self) -> RoleHeld | None:
        """A role of no great power that this user has itself, so that it exists; None where it has none."""
        member = [role for role in self._roles if role.name == _PLAIN_ROLE]
        return next(iter([*member, *self._roles]), None)

    def password(self, name: str, version: int) -> Password:
        """A version of the password of a user that is made on the way."""
        return self.harness.password(name, version)

    def new_user_name(self) -> str:
        """A name no user has."""
        return self.harness.sender.user_name()


def load_context(environment: Any) -> LoadContext:
    """What the users of `environment` share; set by the harness, or made here for plain `locust -f`.

    Raises:
        UsageError: a variable is missing, the host is not on this machine, or Keystone refused the account.
    """
    context: LoadContext | None = getattr(environment, "harness", None)
    if context is None:
        # Only here: it brings keystoneclient, a second of imports that the probes need not wait for.
        from harness.load.plain import plain_context

        context = environment.harness = plain_context(environment)
    return context
