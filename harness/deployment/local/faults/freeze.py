"""Servers frozen: every process of theirs stopped where it stands, and continued."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence

from harness.deployment.local.identity import ProcessIdentity
from harness.deployment.local.processes import Processes, send_signal
from harness.errors import HarnessError
from harness.evidence.clock import now_ns


class Freeze:
    """SIGSTOP to each process that the lab's records name for these servers, workers included; then SIGCONT.

    Sockets stay open: the kernel accepts connections for a frozen server, so nobody is refused, all wait.
    """

    def __init__(self, processes: Processes, names: Sequence[str]) -> None:
        """Look the processes up.

        Raises:
            HarnessError: a server has none.
        """
        self._members: list[ProcessIdentity] = []
        for name in names:
            found = processes.all_of([name])
            if not found:
                raise HarnessError(f"{name} can not be frozen: it does not run")
            self._members += found
        self.detail: Mapping[str, object] = {"servers": list(names), "processes": len(self._members)}

    def begin(self) -> int:
        """Freeze; when the last process had been told."""
        send_signal(self._members, signal.SIGSTOP)
        return now_ns()

    def end(self) -> int:
        """Continue; when the first process was about to be told. Harmless to processes that run."""
        ended_ns = now_ns()
        send_signal(self._members, signal.SIGCONT)
        return ended_ns
