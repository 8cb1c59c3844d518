"""A channel to one node whose requests wait for their turn."""

from __future__ import annotations

from harness.keystone.api import Request
from harness.keystone.channel import Channel
from harness.keystone.endpoint import Endpoint
from harness.keystone.reply import Reply
from harness.procedure.continuity.pace import Pace

REQUEST_DEADLINE_S = 5.0
"""For a whole answer. A node that answers in 350 ms under full load is far from it; a longer one would let a
hung node hold the roll."""


class PacedChannel:
    """Sends requests to one node, past the balancer; the pace is shared with the channels to the others."""

    def __init__(self, url: str, pace: Pace, deadline_s: float = REQUEST_DEADLINE_S) -> None:
        self._channel = Channel(Endpoint.parse(url), deadline_s)
        self._pace = pace

    def send(self, request: Request) -> Reply:
        """Wait for a turn and send one request, once."""
        with self._pace.turn():
            return self._channel.send(request)
