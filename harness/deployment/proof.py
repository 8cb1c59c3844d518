"""Proves that one node serves, by a login and a policy-checked request that go to this node alone."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from harness.deployment.protocols import Credentials
from harness.deployment.waiting import wait_until
from harness.errors import StepError

RELEASE_HEADER = "X-Keystone-Release"
NODE_HEADER = "X-Keystone-Node"

_POLL_S = 0.2
_REQUEST_S_MAX = 10.0
"""For one read of one request. uWSGI accepts connections before it has loaded Keystone, so the first request
hangs until then; if a later start does not come to it, the next attempt gets its own connection."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A node answered by itself, with the release that was expected."""

    release_seen: str
    requests: int
    """How many were sent until the last one, which succeeded."""
    duration_s: float


def prove_node(
    url: str,
    admin: Credentials,
    release: str,
    deadline_s: float,
    *,
    is_running: Callable[[], bool] = lambda: True,
) -> Proof:
    """Wait until the node at `url` (without `/v3`) serves `release`.

    That is: a password login scoped to the project answers 201, then a policy-checked read of users answers
    200, both with `release` in the header X-Keystone-Release. A 200 from `/v3` or `/healthcheck` would prove
    nothing: they touch neither the database nor the policy. One request at a time: the first policy-checked
    requests that reach a fresh Keystone at the same moment may be refused with 403, a lone first one is not.

    Nothing is retried, redirected or logged in again below this function, and no proxy is used: each request
    that is sent is counted. `is_running` is asked before each attempt: nobody waits for a dead server.

    Raises:
        WaitTimeoutError: not within `deadline_s`; says what the node answered last.
        StepError: `is_running` says that the server has ended.
    """
    prover = _Prover(url, admin, release, time.monotonic() + deadline_s, is_running)
    duration_s = wait_until(
        f"{url} to serve Keystone {release} by itself", deadline_s, prover.look, poll_s=_POLL_S
    )
    return Proof(prover.release_seen, prover.requests, duration_s)


class _Prover:
    """Logs in and reads, once a look."""

    def __init__(
        self, url: str, admin: Credentials, release: str, until_s: float, is_running: Callable[[], bool]
    ) -> None:
        self._address = urlsplit(url)
        self._admin = admin
        self._release = release
        self._until_s = until_s
        self._is_running = is_running
        self.release_seen = ""
        self.requests = 0

    def look(self) -> str | None:
        """Return None where the node proved itself, otherwise what stood in the way."""
        if not self._is_running():
            raise StepError(f"the server behind {self._address.netloc} ended by itself before it had served")
        try:
            return self._login_and_read()
        except TimeoutError:
            return "no answer in time"
        except (OSError, http.client.HTTPException) as error:
            return f"{type(error).__name__}: {error}"

    def _login_and_read(self) -> str | None:
        answer = self._send("POST", "/v3/auth/tokens", json.dumps(_login(self._admin)), {})
        wrong = self._wrong(answer, 201, "the login")
        if wrong:
            return wrong
        token = answer.getheader("X-Subject-Token")
        if not token:
            return "the login was answered 201 without a token"
        path = f"/v3/users?name={quote(self._admin.username)}"
        answer = self._send("GET", path, None, {"X-Auth-Token": token})
        return self._wrong(answer, 200, "the read of users")

    def _wrong(self, answer: http.client.HTTPResponse, status: int, what: str) -> str | None:
        self.release_seen = answer.getheader(RELEASE_HEADER) or "unknown"
        if answer.status != status:
            return f"{what} was answered {answer.status} by release {self.release_seen}"
        if self.release_seen != self._release:
            return f"release {self.release_seen} answered {what}"
        return None

    def _send(
        self, method: str, path: str, body: str | None, headers: dict[str, str]
    ) -> http.client.HTTPResponse:
        """Send one request over a connection of its own and read the whole answer."""
        timeout_s = min(_REQUEST_S_MAX, max(0.5, self._until_s - time.monotonic()))
        connection = http.client.HTTPConnection(
            self._address.hostname or "", self._address.port, timeout=timeout_s
        )
        self.requests += 1
        try:
            headers = {"Accept": "application/json", "Content-Type": "application/json", **headers}
            connection.request(method, self._address.path.rstrip("/") + path, body, headers)
            answer = connection.getresponse()
            answer.read()
            return answer
        finally:
            connection.close()


def _login(admin: Credentials) -> dict[str, Any]:
    user = {"name": admin.username, "domain": {"name": admin.user_domain}, "password": admin.password}
    project = {"name": admin.project, "domain": {"name": admin.project_domain}}
    return {
        "auth": {
            "identity": {"methods": ["password"], "password": {"user": user}},
            "scope": {"project": project},
        }
    }
