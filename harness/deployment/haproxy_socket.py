"""The balancer as the procedure sees it: states, sessions and counters, through HAProxy's admin socket."""

from __future__ import annotations

import csv
import socket
from collections.abc import Mapping
from pathlib import Path

from harness.errors import StepError

_ANSWER_S_MAX = 5.0
STATES = frozenset({"drain", "maint", "ready"})


class HaproxyBalancer:
    """HAProxy, asked over its admin socket; each question has a connection of its own.

    Satisfies `abilities.Drain` and `abilities.BalancerCounters` for any HAProxy whose socket is at hand.
    """

    def __init__(self, admin_socket: Path, backend: str) -> None:
        """`backend` is the name of the proxy that holds the nodes."""
        self._socket = admin_socket
        self.backend = backend

    def set_state(self, node: str, state: str) -> None:
        """Put a node's server into `drain`, `maint` or `ready`.

        Raises:
            StepError: HAProxy does not answer, or knows no such server.
        """
        if state not in STATES:
            raise StepError(f"the balancer knows the states {', '.join(sorted(STATES))}, not {state!r}")
        answer = self._ask(f"set server {self.backend}/{node} state {state}").strip()
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
        """Whether the balancer now sends new sessions to the node, and its health check says that it may.

        HAProxy sends sessions before it has checked: to every server when it starts, and to one that comes
        out of `maint` at once, as `UP 1/5` (`rise` counts only after `DOWN`). Such a server is not called up
        here, nor one that is losing checks; it takes one check interval until it is plain `UP`.

        Raises:
            StepError: HAProxy does not answer, or knows no such server.
        """
        counters = self._server(node)
        checked = str(counters["check_status"]).removeprefix("* ")  # with a star while a check is under way
        return counters["status"] == "UP" and checked.startswith("L7OK")

    def counters(self) -> Mapping[str, Mapping[str, int | str]]:
        """Counters per server and for `FRONTEND` and `BACKEND`; those that are numbers as numbers.

        Raises:
            StepError: HAProxy does not answer.
        """
        rows = csv.DictReader(self._ask("show stat").removeprefix("# ").splitlines())
        found = {
            row["svname"]: {key: _number(value) for key, value in row.items() if key and value}
            for row in rows
            if row["pxname"] == self.backend or row["svname"] == "FRONTEND"
        }
        for counters in found.values():
            for needed in ("scur", "qcur"):
                counters.setdefault(needed, 0)
            for words in ("status", "check_status"):
                counters.setdefault(words, "")
        return found

    def tell(self, command: str) -> None:
        """Give a command that says nothing where it is carried out.

        Raises:
            StepError: HAProxy does not answer, or refuses.
        """
        answer = self._ask(command).strip()
        if answer:
            raise StepError(f"HAProxy did not carry out {command!r}: {answer}")

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
