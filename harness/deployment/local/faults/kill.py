"""A node killed, and started again on the release it had."""

from __future__ import annotations

import http.client
from collections.abc import Mapping

from harness.deployment.local.node import LocalNode
from harness.deployment.local.ports import LOOPBACK
from harness.deployment.waiting import wait_until
from harness.evidence.clock import now_ns
from harness.scenario import StopSignal

_ANSWERS_S_MAX = 60.0
_POLL_S = 0.005


class Kill:
    """SIGKILL to a node; it is over once the node answers again.

    Its port accepts connections seconds earlier, as soon as its server is up: requests wait then until
    Keystone is loaded, and those that wait longer than their deadline have failed.
    """

    def __init__(self, node: LocalNode) -> None:
        self._node = node
        self._killed = False
        self.detail: Mapping[str, object] = {"nodes": [node.name]}

    def begin(self) -> int:
        """Kill; when the processes were gone or going."""
        begun_ns = now_ns()
        self._killed = True
        self._node.stop(StopSignal.KILL, 0.0)
        return begun_ns

    def end(self) -> int:
        """Start it again and wait until it answers.

        Raises:
            WaitTimeoutError: it does not.
        """
        if not self._killed:
            return now_ns()
        self._killed = False
        if not self._node.is_running():
            self._node.start()
        wait_until(f"{self._node.name} to answer again", _ANSWERS_S_MAX, self._look, poll_s=_POLL_S)
        return now_ns()

    def _look(self) -> str | None:
        connection = http.client.HTTPConnection(LOOPBACK, self._node.port, timeout=1.0)
        try:
            connection.request("GET", "/v3")
            connection.getresponse().read()
        except (OSError, http.client.HTTPException) as error:
            return str(error)
        else:
            return None
        finally:
            connection.close()
