"""The probes: which call each lane makes at each arrival."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from harness.evidence.names import Error, Operation, Role
from harness.evidence.records import Lane
from harness.load.client import Client
from harness.load.operations import (
    Call,
    IssuedToken,
    MadeUser,
    Ping,
    ProjectList,
    TokenIssue,
    TokenValidate,
    UserCreate,
    UserDelete,
    UserGet,
)
from harness.load.sender import Sender
from harness.load.spec import Accounts
from harness.load.tokens import KeptToken

FRESH_TOKENS_MAX = 16
"""Tokens of recent `token_issue` probes kept for validation."""
MADE_USERS_MAX = 10_000
"""Users kept for `user_delete`; those beyond are simply not deleted."""


class NothingDueError(Exception):
    """The call of an arrival cannot be made, through no fault of Keystone: says why."""


class ProbeCalls:
    """Makes the call of each operation, from what earlier calls left behind."""

    def __init__(
        self, accounts: Accounts, operator: KeptToken, subject: KeptToken, new_name: Callable[[], str]
    ) -> None:
        """`subject` is the long-lived token that validation asks about."""
        self._accounts = accounts
        self._operator = operator
        self._subject = subject
        self._new_name = new_name
        self._fresh: deque[str] = deque(maxlen=FRESH_TOKENS_MAX)
        self._made: deque[MadeUser] = deque(maxlen=MADE_USERS_MAX)
        self._validations = 0
        self._makers: dict[Operation, Callable[[], Call[Any]]] = {
            Operation.TOKEN_ISSUE: self._token_issue,
            Operation.TOKEN_VALIDATE: self._token_validate,
            Operation.USER_CREATE: self._user_create,
            Operation.USER_GET: self._user_get,
            Operation.USER_DELETE: self._user_delete,
            Operation.PROJECT_LIST: self._project_list,
            Operation.PING: Ping,
        }

    def make(self, op: Operation) -> Call[Any]:
        """The next call of `op`.

        Raises:
            NothingDueError: there is no acknowledged user to delete.
        """
        return self._makers[op]()

    def learn(self, value: object) -> None:
        """Remember what a successful call brought: a token to validate, a user to delete."""
        if isinstance(value, IssuedToken):
            self._fresh.append(value.token)
        elif isinstance(value, MadeUser):
            self._made.append(value)

    def _token_issue(self) -> TokenIssue:
        return TokenIssue(self._accounts.probes[0])

    def _token_validate(self) -> TokenValidate:
        """In turn the long-lived token, from before the upgrade, and the newest, issued by any node."""
        self._validations += 1
        fresh = self._fresh[-1] if self._fresh and self._validations % 2 == 0 else None
        user_id = self._accounts.probes[0].user_id
        return TokenValidate(self._operator.text, fresh or self._subject.text, user_id)

    def _user_create(self) -> UserCreate:
        return UserCreate(self._operator.text, self._new_name())

    def _user_get(self) -> UserGet:
        account = self._accounts.probes[0]
        return UserGet(self._operator.text, account.user_id, account.username)

    def _user_delete(self) -> UserDelete:
        if not self._made:
            raise NothingDueError("no acknowledged user is left to delete")
        user = self._made.popleft()
        return UserDelete(self._operator.text, user.user_id, user.name)

    def _project_list(self) -> ProjectList:
        return ProjectList(self._operator.text, self._accounts.operator.project_id)


class Prober:
    """Sends the arrivals of all lanes, each lane over connections of its own."""

    def __init__(
        self,
        lanes: tuple[Lane, ...],
        address: tuple[str, int],
        sender: Sender,
        reference: tuple[str, int] | None = None,
    ) -> None:
        """`reference` is where the lanes of that role go; they need one."""
        self._lanes = lanes
        self._sender = sender
        beside = reference or address
        self.clients = tuple(
            Client(beside if lane.role is Role.REFERENCE else address, lane.connection) for lane in lanes
        )
        self.calls: ProbeCalls | None = None
        """Set once the first tokens are there."""

    def send(self, lane_index: int, due_ns: int) -> None:
        """Make the arrival's call and send it; runs in the arrival's greenlet and swallows what fails."""
        lane = self._lanes[lane_index]
        try:
            self._send(lane, self.clients[lane_index], due_ns)
        except NothingDueError as nothing:
            self._sender.recorder.unsent(lane, due_ns, Error.OTHER, str(nothing))
        except Exception as error:  # noqa: BLE001 - the recorder has it; the other lanes go on
            self._sender.recorder.fault(f"{lane.lane}: {type(error).__name__} inside the generator: {error}")

    def refuse(self, lane_index: int, due_ns: int) -> None:
        """Record an arrival for which no greenlet was free."""
        self._sender.recorder.unsent(self._lanes[lane_index], due_ns, Error.POOL_FULL)

    def _send(self, lane: Lane, client: Client, due_ns: int) -> None:
        assert self.calls is not None  # noqa: S101 - the warm-up comes first
        result = self._sender.send(lane, client, self.calls.make(lane.op), due_ns)
        if result is not None and result.ok:
            self.calls.learn(result.value)
