"""A token kept fresh: renewed well before it expires, each renewal a recorded request."""

from __future__ import annotations

from gevent.event import Event

from harness.evidence.clock import now_ns
from harness.evidence.records import Lane
from harness.load.client import Client
from harness.load.operations import IssuedToken, TokenIssue
from harness.load.sender import Sender
from harness.load.spec import Account

RETRY_S = 1.0
"""Pause after a failed renewal. The old token is valid for half its life yet, so there is no hurry."""


class KeptToken:
    """The current token of one account.

    A failed renewal keeps the old token and is tried again as a request of its own, recorded like the first.
    """

    def __init__(self, account: Account, first: IssuedToken, renew_s: float) -> None:
        self.account = account
        self._renew_s = renew_s
        self._take(first)

    @property
    def text(self) -> str:
        """The token itself; a secret."""
        return self._token

    def keep(self, sender: Sender, client: Client, lane: Lane, stopping: Event) -> None:
        """Renew until `stopping` is set; run it in a greenlet. A renewal under way is finished first."""
        while not stopping.wait(max((self._renew_at_ns - now_ns()) / 1e9, 0.0)):
            result = sender.send(lane, client, TokenIssue(self.account))
            if result is not None and result.value is not None:
                self._take(result.value)
            else:
                stopping.wait(RETRY_S)

    def _take(self, issued: IssuedToken) -> None:
        self._token = issued.token
        self._renew_at_ns = now_ns() + round(renewal_due_s(issued.lifetime_s, self._renew_s) * 1e9)


def renewal_due_s(lifetime_s: float, renew_s: float) -> float:
    """Seconds after its issue at which a token is renewed: at half its life, or earlier if so wished."""
    return min(lifetime_s / 2, renew_s)
