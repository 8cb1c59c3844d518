"""Proves that one node serves, by a login and a policy-checked request that go to this node alone."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from harness.deployment.waiting import wait_until
from harness.errors import StepError
from harness.keystone import api
from harness.keystone.channel import Channel
from harness.keystone.credentials import Credentials
from harness.keystone.endpoint import Endpoint
from harness.keystone.reply import Reply

_POLL_S = 0.2
_REQUEST_S_MAX = 10.0
"""For one request. uWSGI accepts connections before it has loaded Keystone, so the first request
hangs until then; if a later start does not come to it, the next attempt gets its own connection."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A node answered by itself, with the release that was expected."""

    release_seen: str
    requests: int
    """How many were sent until the last one, which succeeded."""
    duration_s: float


class Provable(Protocol):
    """What is known of a node that is to be proven; `protocols.Node` has it."""

    @property
    def url(self) -> str:
        """Its base URL, past the balancer, without `/v3`."""

    @property
    def workers(self) -> int:
        """How many processes serve it; 1 where its answers do not tell them apart."""

    def is_running(self) -> bool:
        """Whether a process of it is alive."""


def prove_node(node: Provable, admin: Credentials, release: str, deadline_s: float) -> Proof:
    """Wait until each worker of the node serves `release`.

    That is: a password login scoped to the project answers 201, then a policy-checked read of users answers
    200, both with `release` in the header X-Keystone-Release. A 200 from `/v3` or `/healthcheck` would prove
    nothing: they touch neither the database nor the policy. One request at a time until one has succeeded:
    the first that reach a fresh Keystone at the same moment on several threads may be refused with 403, a
    lone first one is not. Then as many at a time as there are workers, since idle workers share what comes at
    once, until each has answered: the first request of each is the slow one, and it is not to be a user's.

    Nothing is retried, redirected or logged in again below this function, and no proxy is used: each request
    that is sent is counted. Nobody waits for a dead server: whether it runs is asked before each attempt.

    Raises:
        WaitTimeoutError: not within `deadline_s`; says what the node answered last.
        StepError: the server has ended.
    """
    prover = _Prover(node, admin, release, time.monotonic() + deadline_s)
    duration_s = wait_until(
        f"{node.url} to serve Keystone {release} by itself", deadline_s, prover.look, poll_s=_POLL_S
    )
    return Proof(prover.release_seen, prover.requests, duration_s)


class _Prover:
    """Logs in and reads, once a look."""

    def __init__(self, node: Provable, admin: Credentials, release: str, until_s: float) -> None:
        self._node = node
        self._endpoint = Endpoint.parse(node.url)
        self._channel = Channel(self._endpoint, _REQUEST_S_MAX)
        self._admin = admin
        self._release = release
        self._until_s = until_s
        self._lock = threading.Lock()
        self._served: set[str] = set()
        """Workers that answered the read, which the policy is loaded for."""
        self.release_seen = ""
        self.requests = 0

    def look(self) -> str | None:
        """Return None where the node proved itself, otherwise what stood in the way."""
        if not self._node.is_running():
            raise StepError(
                f"the server behind {self._endpoint.authority} ended by itself before it had served"
            )
        if not self._served:
            wrong = self._login_and_read()
            if wrong or self._node.workers == 1:
                return wrong
        with ThreadPoolExecutor(self._node.workers) as pool:
            for wrong in list(pool.map(lambda _: self._login_and_read(), range(self._node.workers))):
                if wrong:
                    return wrong
        missing = self._node.workers - len(self._served)
        return f"{missing} of its {self._node.workers} workers have not answered yet" if missing > 0 else None

    def _login_and_read(self) -> str | None:
        reply = self._send(api.log_in(self._admin))
        wrong = self._wrong(reply, 201, "the login")
        if wrong:
            return wrong
        if not reply.token:
            return "the login was answered 201 without a token"
        reply = self._send(api.find_users(reply.token, self._admin.username))
        wrong = self._wrong(reply, 200, "the read of users")
        if not wrong:
            with self._lock:
                self._served.add(reply.worker or "")
        return wrong

    def _wrong(self, reply: Reply, status: int, what: str) -> str | None:
        if reply.error is not None:
            return "no answer in time" if reply.is_late else f"{reply.error}: {reply.detail}"
        seen = reply.release or "unknown"
        with self._lock:
            self.release_seen = seen
        if reply.status != status:
            return f"{what} was answered {reply.status} by release {seen}"
        if seen != self._release:
            return f"release {seen} answered {what}"
        return None

    def _send(self, request: api.Request) -> Reply:
        with self._lock:
            self.requests += 1
        return self._channel.send(request, min(_REQUEST_S_MAX, max(0.5, self._until_s - time.monotonic())))
