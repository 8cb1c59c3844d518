"""The one operation that Keystone is never asked: that of the known-good target beside the balancer."""

from __future__ import annotations

from typing import ClassVar

from harness.evidence.names import REFERENCE_BODY, Operation
from harness.keystone.api import Request
from harness.load.client import Answer
from harness.load.operations.body import BadAnswerError


class Ping:
    """Ask the known-good target, which has nothing to do but answer."""

    op: ClassVar = Operation.PING
    status_due: ClassVar = 200

    def request(self) -> Request:
        """GET /."""
        return Request("GET", "/")

    def check(self, answer: Answer) -> None:
        """Its whole answer, to the letter."""
        if answer.body != REFERENCE_BODY:
            raise BadAnswerError(f"the body is {answer.body[:64]!r} instead of {REFERENCE_BODY!r}")
