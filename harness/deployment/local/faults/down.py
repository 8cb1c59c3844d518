"""A node taken down under load, and started again on the release it had."""

from __future__ import annotations

import http.client
import signal
import socket
from collections.abc import Callable, Mapping

from harness.deployment.local.node import LocalNode
from harness.deployment.local.ports import LOOPBACK
from harness.deployment.local.processes import Processes
from harness.deployment.waiting import wait_until
from harness.evidence.clock import now_ns

_STOPS_S_MAX = 30.0
_BACK_S_MAX = 60.0
_POLL_S = 0.005
_LOOK_S_MAX = 1.0


class TakenDown:
    """A node ended by a signal, until it is seen to be back."""

    def __init__(
        self, node: LocalNode, end: Callable[[], int], back: Callable[[LocalNode], str | None]
    ) -> None:
        self._node = node
        self._end = end
        self._back = back
        self._is_down = False
        self.detail: Mapping[str, object] = {"nodes": [node.name]}

    def begin(self) -> int:
        """End it; when it was told, and it is gone on return.

        Raises:
            WaitTimeoutError: it does not end.
        """
        self._is_down = True
        return self._end()

    def end(self) -> int:
        """Start it again and wait until it is back.

        Raises:
            WaitTimeoutError: it does not come back.
        """
        if not self._is_down:
            return now_ns()
        self._is_down = False
        if not self._node.is_running():
            self._node.start()
        label = f"{self._node.name} to be back"
        wait_until(label, _BACK_S_MAX, lambda: self._back(self._node), poll_s=_POLL_S)
        return now_ns()


def kill(node: LocalNode, processes: Processes) -> TakenDown:
    """SIGKILL to a node; it is over once the node answers again.

    Its port accepts connections seconds earlier, as soon as its server is up: requests wait then until
    Keystone is loaded, and those that wait longer than their deadline have failed.
    """
    return TakenDown(node, lambda: processes.kill([node.name]), _does_not_answer)


def stop(node: LocalNode, processes: Processes) -> TakenDown:
    """SIGTERM to a node; it is over once its port accepts connections again.

    From the signal on it takes no request, and those that wait are cut as it ends. Who comes once its port
    accepts waits until Keystone is loaded, and is answered where the deadline lets that pass.
    """
    return TakenDown(node, lambda: processes.stop(node.name, signal.SIGTERM, _STOPS_S_MAX), _does_not_accept)


def _does_not_answer(node: LocalNode) -> str | None:
    connection = http.client.HTTPConnection(LOOPBACK, node.port, timeout=_LOOK_S_MAX)
    try:
        connection.request("GET", "/v3")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException) as error:
        return str(error)
    else:
        return None
    finally:
        connection.close()


def _does_not_accept(node: LocalNode) -> str | None:
    try:
        socket.create_connection((LOOPBACK, node.port), timeout=_LOOK_S_MAX).close()
    except OSError as error:
        return str(error)
    return None
