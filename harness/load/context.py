"""What the Locust users of one process share: accounts, lanes, pace, and how to send."""

from __future__ import annotations

import random
import secrets
from collections import deque
from typing import Protocol

from harness.evidence.ledger import derived_password
from harness.evidence.names import Operation, Role
from harness.evidence.records import Lane
from harness.keystone.endpoint import Endpoint
from harness.load.operations import Password
from harness.load.sender import Sender
from harness.load.spec import Account, load_lanes


class Operator(Protocol):
    """Whoever has a token of the admin role."""

    @property
    def text(self) -> str:
        """The token itself; a secret."""


class LoadContext:
    """What the users of one process share."""

    def __init__(
        self,
        sender: Sender,
        endpoint: Endpoint,
        accounts: dict[Role, tuple[Account, ...]],
        operator: Operator | None,
        *,
        pace_s: float,
        deadline_s: float,
        renew_s: float,
        seed: int,
        secret: str = "",
    ) -> None:
        """`accounts` holds one for each user of a role; where users outnumber them they take turns.

        `operator` is None where every account has the admin role itself. Passwords of users made on the way
        are derived from `secret`; without one they are nobody's to know.
        """
        self.sender = sender
        self.endpoint = endpoint
        self.operator = operator
        self.pace_s = pace_s
        self.deadline_s = deadline_s
        self.renew_s = renew_s
        self._secret = secret or secrets.token_hex(32)
        self.stopping = False
        self.started = 0
        """Users that have made their first login, whatever became of it."""
        self._accounts = {role: deque(found) for role, found in accounts.items()}
        self._lanes = {(lane.role, lane.op): lane for lane in load_lanes(deadline_s)}
        self._seeds = random.Random(seed)  # noqa: S311 - the same pacing for the same seed, not a secret

    def account(self, role: Role) -> Account:
        """The next account of a role."""
        accounts = self._accounts[role]
        accounts.rotate(-1)
        return accounts[-1]

    def lane(self, role: Role, op: Operation) -> Lane:
        """The lane in which users of a role carry out an operation."""
        return self._lanes[role, op]

    def password(self, name: str, version: int) -> Password:
        """One version of the password of a user that the load makes."""
        return Password(version, derived_password(self._secret, name, version))

    def random(self) -> random.Random:
        """A user's own source of jitter, from the run's seed."""
        return random.Random(self._seeds.getrandbits(64))  # noqa: S311 - see above
