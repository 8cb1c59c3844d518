"""A server that ended although nobody of the run ended it: what is journalled, and whose doing it is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from harness.evidence import told
from harness.evidence.outcomes import READ, Result

FROM_OUTSIDE = "SIGKILL"
"""Keystone's own server never sends it to itself: the kernel does where memory runs out, or somebody else."""


@dataclass(frozen=True, slots=True)
class ServerDied(Result):
    """A note of the journal."""

    server: str | None = field(default=None, metadata={READ: told.text})
    """Its name: `mariadb`, `node-1`."""
    signal: str | None = field(default=None, metadata={READ: told.text})
    """The signal that ended it; None where it ended by itself, or nobody knows."""
    exit_code: int | None = field(default=None, metadata={READ: told.whole})
    worker: bool | None = field(default=None, metadata={READ: told.flag})
    """True: only a worker of it, for which another was started."""
    alive_ns: int | None = field(default=None, metadata={READ: told.instant_ns})
    """When it was last seen alive."""
    dead_ns: int | None = field(default=None, metadata={READ: told.instant_ns})
    """When it was first seen dead."""

    def is_of_the_machine(self, nodes: Collection[str]) -> bool:
        """Whether Keystone can not have done it: no server of Keystone, or one that was killed from outside.

        A node that ends by itself, or crashes, may do so because of what was upgraded.
        """
        return self.server not in nodes or self.signal == FROM_OUTSIDE

    @property
    def since_ns(self) -> int | None:
        """From when on it may have been dead."""
        return self.alive_ns if self.alive_ns is not None else self.dead_ns

    @property
    def words(self) -> str:
        """How it ended, as a sentence without its end."""
        name = f"a worker of {self.server}" if self.worker else self.server or "a server"
        if self.signal is not None:
            return f"{name} was ended by {self.signal}"
        if self.exit_code is not None:
            return f"{name} ended with exit status {self.exit_code}"
        return f"{name} ended, nobody knows how"
