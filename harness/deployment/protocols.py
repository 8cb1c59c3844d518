"""What a step needs of the thing that is upgraded; a step says *what*, a back-end says *how*."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from harness.keystone.credentials import Credentials
from harness.releases.catalogue import Release
from harness.scenario import StopSignal
from harness.scenario.fault import FaultSettings


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What became of one command of the procedure."""

    argv: tuple[str, ...]
    """Program name and arguments, without secrets and without the folder of the program."""
    exit_code: int
    duration_s: float
    log: Path
    """Everything it printed, and what it logged."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A database thread that waits for a lock."""

    thread: int
    account: str
    state: str
    """The database's own words, such as `Waiting for table metadata lock`."""
    waited_s: float
    """Since its statement began, so the wait is no longer than this."""
    statement: str
    """What it wants to run, without its literals: `harness.deployment.statement`."""


@dataclass(frozen=True, slots=True)
class Activity:
    """What goes on in the database at one instant."""

    waiting: tuple[Waiting, ...]
    """Longest wait first."""
    transactions: int
    oldest_transaction_s: float
    """0 where there is none."""


class Balancer(Protocol):
    """The load balancer in front of the nodes."""

    def set_state(self, node: str, state: str) -> None:
        """Put a node's server into `drain`, `maint` or `ready`."""

    def sessions(self, node: str) -> int:
        """Sessions that the balancer still has with the node, queued ones included."""

    def is_up(self, node: str) -> bool:
        """Whether the balancer now sends new sessions to the node."""

    def counters(self) -> Mapping[str, Mapping[str, int | str]]:
        """Counters per server and for `FRONTEND` and `BACKEND`: `scur`, `stot`, `econ`, `eresp`, `wretr`,
        `wredis`, `hrsp_5xx`, `status`, ...
        """


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

    def needs_trust(self) -> bool:
        """Whether it writes a binary log, so that creating triggers needs the trust flag."""

    def trust_function_creators(self) -> bool:
        """Current global value of `log_bin_trust_function_creators`."""

    def set_trust_function_creators(self, value: bool) -> None:
        """Set the global `log_bin_trust_function_creators`."""

    def watch(self) -> AbstractContextManager[Callable[[], Activity]]:
        """A connection kept open to look often at what goes on; the look itself waits for no lock.

        Raises:
            StepError: the database does not answer; so does each look.
        """

    def backup(self, target: Path, deadline_s: float) -> CommandResult:
        """Dump the Keystone database to `target`, readable by its owner only."""


class UpgradeHost(Protocol):
    """Where the new release is installed and runs `keystone-manage`, but never serves."""

    def manage(self, release: Release, args: tuple[str, ...], log: Path, deadline_s: float) -> CommandResult:
        """Run `keystone-manage <args>` of `release`; whatever it exits with is data.

        Raises:
            WaitTimeoutError: it ran over `deadline_s` and was ended.
        """

    def status(self, release: Release, args: tuple[str, ...], log: Path, deadline_s: float) -> CommandResult:
        """Run `keystone-status <args>` of `release`, likewise."""


class Injection(Protocol):
    """One fault, made ready but not begun."""

    def begin(self) -> int:
        """Do it and return at once; CLOCK_MONOTONIC nanoseconds at which it was in force.

        Raises:
            HarnessError: it could not be done; `end` undoes what was done of it.
        """

    def end(self) -> int:
        """Undo it; CLOCK_MONOTONIC nanoseconds until which it was in force.

        Harmless where nothing was begun, and when called again.

        Raises:
            HarnessError: it could not be undone.
        """

    @property
    def detail(self) -> Mapping[str, object]:
        """For the journal: what was hit. No secrets."""


class Faults(Protocol):
    """Does harm on purpose, to one deployment and to nothing else; not every back-end has it."""

    def prepare(self, fault: FaultSettings) -> Injection:
        """Make a fault ready, so that beginning it takes no time.

        Raises:
            HarnessError: it is not possible now, e.g. there is nothing to hit.
        """


class Deployment(Protocol):
    """The thing upgraded: nodes, database, caches, balancer, and the upgrade host."""

    @property
    def url(self) -> str:
        """Base URL of the balancer, an IP literal, without `/v3`."""

    @property
    def reference_url(self) -> str | None:
        """Base URL of a target on the same machine that has nothing to do but answer `REFERENCE_BODY`; None
        where there is none.
        """

    @property
    def admin(self) -> Credentials:
        """The account that `keystone-manage bootstrap` made."""

    @property
    def nodes(self) -> tuple[Node, ...]:
        """In the order in which they are rolled."""

    @property
    def balancer(self) -> Balancer:
        """The load balancer."""

    @property
    def database(self) -> Database:
        """The database server."""

    @property
    def upgrade_host(self) -> UpgradeHost:
        """Where `keystone-manage` runs."""

    @property
    def software(self) -> Mapping[str, str]:
        """Versions of the server programs, for `run.json`."""
