"""A node that answers what a test wrote down."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from tests.keystone_double.server import DoubleServer
from tests.keystone_double.wire import Reply, Seen

T = TypeVar("T")


@dataclass
class Script:
    """What a node answers: to each login, then to each read, the last answer for ever."""

    logins: list[int] = field(default_factory=lambda: [201])
    reads: list[int] = field(default_factory=lambda: [200])
    releases: list[str] = field(default_factory=lambda: ["29.1.0"])
    token: str | None = "token"
    workers: list[str] = field(default_factory=lambda: ["1"])
    asked: list[str] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)


class ScriptedNode(DoubleServer):
    """Follows its script, and writes down in it what was asked."""

    def __init__(self, script: Script) -> None:
        self.script = script
        super().__init__()

    def honest(self, seen: Seen) -> Reply:
        """The next line of the script."""
        self.script.asked.append(f"{seen.method} {seen.path}")
        if seen.method == "POST":
            self.script.bodies.append(seen.body.decode())
            return self._reply(_next_of(self.script.logins), self.script.token or "")
        self.script.tokens.append(seen.headers.get("x-auth-token"))
        return self._reply(_next_of(self.script.reads), "")

    def _reply(self, status: int, token: str) -> Reply:
        headers = {
            "X-Keystone-Release": _next_of(self.script.releases),
            "X-Keystone-Worker": _next_of(self.script.workers),
            "X-Subject-Token": token,
        }
        return Reply(status, {}, headers)


def _next_of(answers: list[T]) -> T:
    return answers.pop(0) if len(answers) > 1 else answers[0]
