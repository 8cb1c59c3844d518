"""Harm at the balancer: no server left, what is under way cut, or a maintenance forgotten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.deployment.haproxy_socket import HaproxyBalancer
from harness.deployment.local.faults.injection import Instant, Repeated
from harness.evidence.clock import now_ns

_RESET_PAUSE_S = 0.005
"""Short beside any request: each one under way meets a cut."""


class NoServer:
    """Every server put into maintenance, so that HAProxy answers 503 itself; then ready again.

    HAProxy sends sessions to a server that comes out of maintenance at once, before it has checked it.
    """

    def __init__(self, balancer: HaproxyBalancer, nodes: Sequence[str]) -> None:
        self._balancer = balancer
        self._nodes = nodes
        self._begun = False
        self.detail: Mapping[str, object] = {"nodes": list(nodes)}

    def begin(self) -> int:
        """Take the last server away; when it was gone."""
        self._begun = True
        for node in self._nodes:
            self._balancer.set_state(node, "maint")
        return now_ns()

    def end(self) -> int:
        """Give the servers back; when the first was about to be."""
        ended_ns = now_ns()
        if self._begun:
            for node in self._nodes:
                self._balancer.set_state(node, "ready")
            self._begun = False
        return ended_ns


def forget_maintenance(balancer: HaproxyBalancer, node: str) -> Instant:
    """The balancer sends to a node again that was put into maintenance, as after a reload."""
    return Instant(lambda: balancer.set_state(node, "ready"), {"nodes": [node]})


class Resets:
    """The balancer told, again and again, to shut down every session it has with the nodes."""

    def __init__(self, balancer: HaproxyBalancer, nodes: Sequence[str]) -> None:
        self._balancer = balancer
        self._commands = [f"shutdown sessions server {balancer.backend}/{node}" for node in nodes]
        self._repeated = Repeated(self._cut, _RESET_PAUSE_S)
        self.detail: Mapping[str, object] = {"nodes": list(nodes)}

    def begin(self) -> int:
        """Start cutting; when the first cut began."""
        begun_ns = now_ns()
        self._repeated.start()
        return begun_ns

    def end(self) -> int:
        """Stop cutting; when the last cut was over."""
        self._repeated.stop()
        return now_ns()

    def _cut(self) -> None:
        for command in self._commands:
            self._balancer.tell(command)
