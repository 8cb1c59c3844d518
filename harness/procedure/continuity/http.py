"""One request to one node, sent once, whose failure is an answer too."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from harness.evidence.clock import now_ns
from harness.keystone.api import RELEASE_HEADER
from harness.procedure.continuity.pace import Pace

REQUEST_DEADLINE_S = 5.0
"""For each read of an answer. A node that answers in 350 ms under full load is far from it; a longer one
would let a hung node hold the roll."""
_BODY_BYTES_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    sent_ns: int
    ended_ns: int
    """When it had been read whole, or given up."""
    status: int
    """0 where no answer came."""
    release: str | None
    request_id: str | None
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Empty where it was no JSON object. May hold secrets, so it is never shown."""
    token: str | None = field(default=None, repr=False)
    error: str | None = None
    """Why no answer came; None where one did."""

    @property
    def words(self) -> str:
        """`answered 401`, or why there was no answer."""
        return f"answered {self.status}" if self.status else f"did not answer ({self.error})"


class Channel:
    """Sends requests to one node, past the balancer, each over a connection of its own.

    Nothing is retried, redirected or logged in again, and no proxy is used.
    """

    def __init__(self, url: str, pace: Pace, deadline_s: float = REQUEST_DEADLINE_S) -> None:
        self._address = urlsplit(url)
        self._pace = pace
        self._deadline_s = deadline_s

    def send(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, **headers: str | None
    ) -> Answer:
        """Send one request; headers by name with `_` for `-`, None for none."""
        given = {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
        with self._pace.turn():
            sent_ns = now_ns()
            try:
                return self._send(sent_ns, method, path, body, given)
            except TimeoutError:
                why = f"no answer within {self._deadline_s:g} s"
            except (OSError, http.client.HTTPException) as error:
                why = type(error).__name__
            return Answer(sent_ns, now_ns(), 0, None, None, error=why)

    def _send(
        self, sent_ns: int, method: str, path: str, body: Mapping[str, Any] | None, headers: dict[str, str]
    ) -> Answer:
        connection = http.client.HTTPConnection(
            self._address.hostname or "", self._address.port, timeout=self._deadline_s
        )
        try:
            text = None if body is None else json.dumps(body)
            headers = {"Accept": "application/json", "Content-Type": "application/json", **headers}
            connection.request(method, self._address.path.rstrip("/") + path, text, headers)
            response = connection.getresponse()
            raw = response.read(_BODY_BYTES_MAX)
            return Answer(
                sent_ns,
                now_ns(),
                response.status,
                response.getheader(RELEASE_HEADER),
                response.getheader("x-openstack-request-id"),
                _object(raw),
                response.getheader("X-Subject-Token"),
            )
        finally:
            connection.close()


def _object(raw: bytes) -> Mapping[str, Any]:
    try:
        body = json.loads(raw)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
