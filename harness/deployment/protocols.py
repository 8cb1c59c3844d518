"""What a step needs of the thing that is upgraded; a step says *what*, a back-end says *how*."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from harness.deployment.abilities import Abilities
from harness.deployment.command import CommandResult
from harness.keystone.credentials import Credentials
from harness.releases.catalogue import Release
from harness.scenario import StopSignal


@dataclass(frozen=True, slots=True)
class Death:
    """A server that ended although nobody here ended it."""

    server: str
    """Its name, a node's the one that the node has elsewhere."""
    signal: str | None = None
    """Name of the signal that ended it."""
    exit_code: int | None = None
    """Where it ended by itself; both are None where that is not known."""
    is_worker: bool = False
    """Only a worker of that server ended; the server itself goes on."""


class Node(Protocol):
    """One Keystone API server behind the balancer."""

    @property
    def name(self) -> str:
        """Name in the journal, in the balancer and in the header of every answer."""

    @property
    def url(self) -> str:
        """Base URL of the node itself, past the balancer, without `/v3`."""

    @property
    def workers(self) -> int:
        """How many processes serve it, each of which numbers its answers in the header X-Keystone-Worker.

        1 where answers do not tell.
        """

    def stop(self, signal: StopSignal, deadline_s: float) -> None:
        """End the server and return once it is gone.

        Raises:
            WaitTimeoutError: it is still there after `deadline_s`.
        """

    def switch(self, release: Release) -> None:
        """Make `release`, with its configuration, the one that the next start runs."""

    def start(self) -> None:
        """Start the server and return at once; whether it serves is for the caller to prove."""

    def is_running(self) -> bool:
        """Whether its process is alive."""

    def log_tail(self) -> str:
        """The last lines of its log, for an error message."""


class Database(Protocol):
    """The database server below Keystone."""

    def version_tables(self) -> dict[str, list[str]]:
        """Rows of the version tables that exist: `alembic_version` -> sorted revisions,
        `migrate_version` -> sorted `repository=version`.
        """


class UpgradeHost(Protocol):
    """Where the new release is installed and runs `keystone-manage`, but never serves."""

    def manage(self, release: Release, args: tuple[str, ...], log: Path, deadline_s: float) -> CommandResult:
        """Run `keystone-manage <args>` of `release`; whatever it exits with is data.

        Raises:
            WaitTimeoutError: it ran over `deadline_s` and was ended.
        """

    def status(self, release: Release, args: tuple[str, ...], log: Path, deadline_s: float) -> CommandResult:
        """Run `keystone-status <args>` of `release`, likewise."""


class Deployment(Protocol):
    """The thing upgraded: nodes, database, caches, balancer, and the upgrade host."""

    @property
    def url(self) -> str:
        """Base URL of the balancer, an IP literal, without `/v3`."""

    @property
    def admin(self) -> Credentials:
        """The account that `keystone-manage bootstrap` made."""

    @property
    def nodes(self) -> Sequence[Node]:
        """In the order in which they are rolled."""

    @property
    def database(self) -> Database:
        """The database server."""

    @property
    def upgrade_host(self) -> UpgradeHost:
        """Where `keystone-manage` runs."""

    @property
    def software(self) -> Mapping[str, str]:
        """Versions of the server programs, for `run.json`."""

    @property
    def abilities(self) -> Abilities:
        """What else it can do."""

    def deaths(self) -> Sequence[Death]:
        """Every server of it that has ended though nobody here ended it, in the order in which that was seen.

        None where it can not tell.
        """

    def down(self) -> Sequence[str]:
        """End what was brought up and nothing else; returns names of what ran. Harmless where it is down.

        Raises:
            HarnessError: something could not be ended.
        """
