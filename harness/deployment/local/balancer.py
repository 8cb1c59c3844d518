"""The balancer as the procedure sees it: states, sessions and counters, through HAProxy's admin socket."""

from __future__ import annotations

import csv
import socket
from collections.abc import Mapping
from pathlib import Path

from harness.deployment.local.haproxy import BACKEND
from harness.errors import StepError

_ANSWER_S_MAX = 5.0
STATES = frozenset({"drain", "maint", "ready"})


class LocalBalancer:
    """HAProxy, asked over its admin socket; each question has a connection of its own."""

    def __init__(self, admin_socket: Path) -> None:
        self._socket = admin_socket

    def set_state(self, node: str, state: str) -> None:
        """Put a node's server into `drain`, `maint` or `ready`.

        Raises:
            StepError: HAProxy does not answer, or knows no such server.
        """
        if state not in STATES:
            raise StepError(f"the balancer knows the states {', '.join(sorted(STATES))}, not {state!r}")
        answer = self._ask(f"set server {BACKEND}/{node} state {state}").strip()
        if answer:  # HAProxy says nothing where it did as told
            raise StepError(f"HAProxy did not put {node} into {state}: {answer}")

    def sessions(self, node: str) -> int:
        """Sessions that the balancer still has with the node, queued ones included.

        Raises:
            StepError: HAProxy does not answer, or knows no such server.
        """
        counters = self._server(node)
        return int(counters["scur"]) + int(counters["qcur"])

    def is_up(self, node: str) -> bool:
        """Whether the balancer now sends new sessions to the node, because its health check passed.

        A server is `UP 1/3` on its way down and still gets sessions, so that counts; `DOWN 1/2` on its way up
        does not. Before its first check HAProxy takes a server for up: that does not count.

        Raises:
            StepError: HAProxy does not answer, or knows no such server.
        """
        counters = self._server(node)
        status = str(counters["status"])
        checked = str(counters["check_status"]).strip("* ") not in ("", "INI")
        return checked and (status == "UP" or status.startswith("UP "))

    def counters(self) -> Mapping[str, Mapping[str, int | str]]:
        """Counters per server and for `FRONTEND` and `BACKEND`; those that are numbers as numbers.

        Raises:
            StepError: HAProxy does not answer.
        """
        rows = csv.DictReader(self._ask("show stat").removeprefix("# ").splitlines())
        found = {
            row["svname"]: {key: _number(value) for key, value in row.items() if key and value}
            for row in rows
            if row["pxname"] == BACKEND or row["svname"] == "FRONTEND"
        }
        for counters in found.values():
            for needed in ("scur", "qcur"):
                counters.setdefault(needed, 0)
            for words in ("status", "check_status"):
                counters.setdefault(words, "")
        return found

    def answers(self) -> bool:
        """Whether HAProxy answers at all."""
        try:
            self.counters()
        except StepError:
            return False
        return True

    def _server(self, node: str) -> Mapping[str, int | str]:
        counters = self.counters()
        if node not in counters:
            raise StepError(f"HAProxy knows no server {node}; it knows {', '.join(sorted(counters))}")
        return counters[node]

    def _ask(self, command: str) -> str:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(_ANSWER_S_MAX)
                connection.connect(str(self._socket))
                connection.sendall(command.encode("ascii") + b"\n")
                parts = []
                while part := connection.recv(65_536):
                    parts.append(part)
        except OSError as error:
            raise StepError(f"HAProxy does not answer {command!r} on its admin socket: {error}") from error
        return b"".join(parts).decode("utf-8", errors="replace")


def _number(text: str) -> int | str:
    return int(text) if text.isdecimal() else text
