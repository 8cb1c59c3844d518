"""The probes: which call each lane makes at each arrival."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from harness.evidence.names import Error, Operation, Role
from harness.evidence.records import Lane
from harness.keystone.endpoint import Endpoint
from harness.load.client import Client
from harness.load.operations import Call, IssuedToken, MadeUser
from harness.load.operations.registry import PROBED
from harness.load.sender import Sender
from harness.load.spec import Account, Accounts
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

    def make(self, op: Operation) -> Call[Any]:
        """The next call of `op`.

        Raises:
            NothingDueError: there is no acknowledged user to delete.
        """
        return PROBED[op](self)

    def learn(self, value: object) -> None:
        """Remember what a successful call brought: a token to validate, a user to delete."""
        if isinstance(value, IssuedToken):
            self._fresh.append(value.token)
        elif isinstance(value, MadeUser):
            self._made.append(value)

    # --- what `registry.Known` asks for

    @property
    def account(self) -> Account:
        """The first of the probes' accounts."""
        return self._accounts.probes[0]

    @property
    def operator(self) -> Account:
        """Who has the admin role."""
        return self._accounts.operator

    @property
    def admin_token(self) -> str:
        """The operator's; a secret."""
        return self._operator.text

    @property
    def own_token(self) -> str:
        """The probes' long-lived one; a secret."""
        return self._subject.text

    def next_subject(self) -> str:
        """In turn the long-lived token, from before the upgrade, and the newest, issued by any node."""
        self._validations += 1
        fresh = self._fresh[-1] if self._fresh and self._validations % 2 == 0 else None
        return fresh or self._subject.text

    def next_name(self) -> str:
        """A name that no user has."""
        return self._new_name()

    def next_doomed(self) -> MadeUser:
        """The oldest user that these probes made."""
        if not self._made:
            raise NothingDueError("no acknowledged user is left to delete")
        return self._made.popleft()


class Prober:
    """Sends the arrivals of all lanes, each lane over connections of its own."""

    def __init__(
        self,
        lanes: tuple[Lane, ...],
        endpoint: Endpoint,
        sender: Sender,
        reference: Endpoint | None = None,
    ) -> None:
        """`reference` is where the lanes of that role go; they need one."""
        self._lanes = lanes
        self._sender = sender
        beside = reference or endpoint
        self.clients = tuple(
            Client(beside if lane.role is Role.REFERENCE else endpoint, lane.connection) for lane in lanes
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
