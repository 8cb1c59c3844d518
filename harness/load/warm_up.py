"""The requests before the evidence begins: first tokens, one success in each lane, users to delete."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

from gevent.event import Event

from harness.errors import HarnessError, RefusedError
from harness.evidence.clock import now_ns
from harness.evidence.names import Connection, Operation
from harness.evidence.records import Lane
from harness.load.client import Client
from harness.load.operations import Call, TokenIssue
from harness.load.probes import ProbeCalls, Prober
from harness.load.result import Result
from harness.load.sender import Sender
from harness.load.spec import Account, ChildSpec
from harness.load.tokens import KeptToken

PAUSE_S = 0.5
"""Between two attempts: long enough for a starting node, short beside the deadline."""
STOCK_MAX = 200
_REFUSED = 400
"""The lowest status of an answer that refuses."""

Value = TypeVar("Value")


class StoppedEarlyError(Exception):
    """The child was told to stop before it was ready."""


class WarmUp:
    """Repeats calls until each has succeeded once; nothing of it is recorded."""

    def __init__(self, spec: ChildSpec, sender: Sender, stopping: Event) -> None:
        self._spec = spec
        self._sender = sender
        self._stopping = stopping
        self._client = Client(spec.endpoint, Connection.NEW)
        self._until_ns = now_ns() + round(spec.warm_up_deadline_s * 1e9)
        self.attempts = 0

    def token(self, account: Account) -> KeptToken:
        """The first token of an account."""
        issued = self.insist(
            f"the first token of {account.username}", self._client, lambda: TokenIssue(account)
        )
        return KeptToken(account, issued, self._spec.token_renew_s)

    def lanes(self, prober: Prober, calls: ProbeCalls) -> None:
        """One success in each lane, over its own kind of connection, one lane at a time.

        One at a time because a node that has just started may refuse callers who come together (cold start
        race); `user_delete` comes last because it needs the others' users.
        """
        self._stock(calls)
        order = sorted(
            range(len(self._spec.lanes)), key=lambda i: self._spec.lanes[i].op == Operation.USER_DELETE
        )
        for index in order:
            lane = self._spec.lanes[index]
            calls.learn(
                self.insist(f"a first success of {lane.lane}", prober.clients[index], _maker(calls, lane))
            )

    def insist(self, label: str, client: Client, make: Callable[[], Call[Value]]) -> Value:
        """Repeat a call until it succeeds; returns what its answer held.

        Raises:
            StoppedEarlyError: told to stop meanwhile.
            RefusedError: it was still refused at the deadline.
            HarnessError: it did not succeed before it, for another reason.
        """
        while True:
            self.attempts += 1
            result = self._sender.try_once(client, make(), self._spec.deadline_s)
            if result.ok:
                return result.value  # type: ignore[return-value]  # an ok result holds its call's value
            if now_ns() > self._until_ns:
                raise _not_had(label, self._spec.warm_up_deadline_s, result)
            if self._stopping.wait(PAUSE_S):
                raise StoppedEarlyError

    def _stock(self, calls: ProbeCalls) -> None:
        """Users for `user_delete`, enough to outlast a deadline in which none can be made."""
        deletes = [lane for lane in self._spec.lanes if lane.op == Operation.USER_DELETE]
        if not deletes:
            return
        wanted = sum((lane.rate_hz or 0) * (lane.deadline_s + 1) for lane in deletes) + 2 * len(deletes)
        make = _maker(calls, next(lane for lane in self._spec.lanes if lane.op == Operation.USER_CREATE))
        for number in range(min(math.ceil(wanted), STOCK_MAX)):
            calls.learn(self.insist(f"user {number} to delete", self._client, make))


def _not_had(label: str, within_s: float, last: Result[object]) -> HarnessError:
    sentence = f"warm-up: {label} was not to be had in {within_s:g} s; last seen: {last.error}, {last.detail}"
    return HarnessError(sentence) if last.status < _REFUSED else RefusedError(sentence, last.status)


def _maker(calls: ProbeCalls, lane: Lane) -> Callable[[], Call[object]]:
    return lambda: calls.make(lane.op)
